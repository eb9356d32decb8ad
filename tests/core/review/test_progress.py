"""Where a review was left is found again."""

import pytest

from core.errors import StudioError
from core.review.progress import (
    FILE,
    PAUSE,
    Progress,
    ReviewProgress,
    as_bytes,
    read_progress,
    write_progress,
)


def test_what_is_kept_is_read_again(tmp_path):
    progress = ReviewProgress("births")
    of = progress.of("births")
    of.threshold, of.current = 0.25, "1:4"
    of.skip("1:4")
    of.skip("1:5")
    of.decide("1:3", "accepted", 12.0)
    write_progress(tmp_path, as_bytes(progress))
    assert read_progress(tmp_path) == progress
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_nothing_kept_is_a_fresh_start_and_a_damaged_file_is_said(tmp_path):
    assert read_progress(tmp_path) == ReviewProgress()
    for text in ("{", "[]", '{"recipe": "births", "recipes": {"births": {"skipped": 5}}}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(StudioError, match="your decisions are not"):
            read_progress(tmp_path)


def test_the_pace_is_a_persons_own_without_pauses():
    one = Progress()
    assert one.pace is None
    for seconds in (10, 30, PAUSE + 1, 20):
        one.decide(str(seconds), "accepted", seconds)
    assert one.pace == 20


def test_what_is_decided_is_skipped_no_more_and_what_is_skipped_again_comes_last():
    one = Progress()
    for key in ("a", "b", "a"):
        one.skip(key)
    assert one.skipped == ["b", "a"]
    one.decide("b", "rejected", 1)
    assert one.skipped == ["a"]
