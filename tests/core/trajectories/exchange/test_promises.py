"""What is said to be lost before an export is what is missing in the file when it is read again."""

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import StudioError
from core.geometry import encode_mask
from core.trajectories.exchange import FORMATS, WRITTEN, export_clip, import_tracks
from core.trajectories.exchange.omissions import omissions
from core.trajectories.model import EndReason, ObjectTrajectory, PointTrajectories
from tests.core.trajectories.exchange import random_tracks
from tests.core.trajectories.exchange.every_format import EVERY_FORMAT

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
CLIPS = (
    CLIP,
    replace(CLIP, start=7, step=3),
    replace(CLIP, name='a/b: "ñ 猫" <&>, %d'),
    replace(CLIP, files=("film.mp4",), timestamps=tuple(range(0, 12 * 512, 512))),
)
NOTHING = PointTrajectories.pack([], [])

SAID = {
    "points": r"([\d,]+) point trajector\w+ (?:is|are) left out",
    "objects": r"([\d,]+) object trajector\w+ (?:is|are) left out",
    "masks": r"([\d,]+) masks? becomes? (?:boxes|a box)",
    "boxes": r"([\d,]+) box(?:es)? without a mask (?:is|are) left out",
    "pixels": r"([\d,]+) pixels? where masks overlap goe?s? to",
    "polygons": r"([\d,]+) box(?:es)? of objects with masks become polygons",
    "labels": "labels are not kept|labels such as .* kept|every label",
    "origins": "propagated is not distinguished|keyframes are distinguished only",
    "confidences": "how sure the boxes are is not kept",
    "links": "how well links fit and why tracks end is not kept",
    "reviews": "accepted and rejected trajectories are not distinguished",
}


def promised(sentences: list[str]) -> dict[str, int]:
    """What is lost by the sentences: how many of each, or 1."""
    found = {}
    for what, words in SAID.items():
        for match in re.finditer(words, " ".join(sentences), re.DOTALL):
            found[what] = int(match[1].replace(",", "")) if match.groups() else 1
    return found


def lost(points, objects, read, seen) -> dict[str, int]:
    """What is missing in what was read, counted as `promised` counts."""
    pairs = [*_same(objects, seen)]
    rows = [
        (one, again, place, again.place(frame))
        for one, again in pairs
        for place, frame in enumerate(one.frames.tolist())
    ]
    kept = [(one, again, a, b) for one, again, a, b in rows if b is not None]
    count = {
        "points": len(points) - len(read),
        "objects": 0 if seen else len(objects),
        "masks": sum(one.masks[a] is not None and again.masks[b] is None for one, again, a, b in kept),
        "polygons": sum(one.masks[a] is None and again.masks[b] is not None for one, again, a, b in kept),
        "labels": any(one.label not in ("", again.label) for one, again in pairs),
        "origins": any(one.origin[a] != again.origin[b] for one, again, a, b in kept),
        "confidences": any(abs(one.confidence[a] - again.confidence[b]) > 1e-4 for one, again, a, b in kept),
        "reviews": any(one.review != again.review for one, again in pairs),
    }
    if len(read):
        known = np.nan_to_num(points.error) > 0
        count["labels"] |= read.labels != points.labels
        count["origins"] |= (read.origin != points.origin).any()
        count["reviews"] |= (read.review != points.review).any()
        count["links"] = bool((read.error[known] != points.error[known]).any())
        reasons = points.end_reason > EndReason.CLIP_END
        count["links"] |= bool((read.end_reason[reasons] != points.end_reason[reasons]).any())
    return {what: int(number) for what, number in count.items() if number}


def _same(objects, seen):
    """Each object and what was read of it: in order, or by the number in its name where some are missing."""
    if len(objects) == len(seen):
        return zip(objects, seen, strict=True)
    numbers = [int(one.label.removeprefix("object ")) - 1 for one in seen]
    return ((objects[number], one) for number, one in zip(numbers, seen, strict=True))


def with_boxes_of_masks(objects):
    """As the studio has them: a box is that of its mask."""
    return [
        replace(
            one,
            boxes=np.array(
                [
                    box if mask is None else random_tracks.box_of(mask)
                    for box, mask in zip(one.boxes, one.masks, strict=True)
                ],
                np.float32,
            ),
        )
        for one in objects
    ]


def drawn(label: str, frames: range, left: int, **changes) -> ObjectTrajectory:
    """A ring of pixels with a hole, and a speck that touches nothing, the same in all frames."""
    mask = np.zeros((14, 20), bool)
    mask[2:8, left : left + 6] = mask[12, left] = True
    mask[4:6, left + 2 : left + 4] = False
    count = len(frames)
    one = ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=np.tile(random_tracks.box_of(encode_mask(mask)), (count, 1)).astype(np.float32),
        origin=np.zeros(count, np.uint8),
        confidence=np.ones(count, np.float32),
        masks=(encode_mask(mask),) * count,
        label=label,
    )
    return replace(one, **changes)


@pytest.mark.parametrize("format", EVERY_FORMAT)
@given(
    points=random_tracks.points(),
    objects=random_tracks.objects().map(with_boxes_of_masks),
    clip=st.sampled_from(CLIPS),
)
@example(points=NOTHING, objects=[], clip=CLIP)
@example(points=NOTHING, objects=[drawn("car", range(12), 1)], clip=CLIP)
@example(points=NOTHING, objects=[drawn("object 1", range(4), 1), drawn("object 2", range(4), 9)], clip=CLIP)
@example(points=NOTHING, objects=[drawn("car", range(0, 12, 5), 1), drawn("", range(3), 1)], clip=CLIP)
@example(points=NOTHING, objects=[drawn("unnamed", range(2), 1), drawn("object", range(2), 9)], clip=CLIP)
@example(points=NOTHING, objects=[drawn("", range(9, 12), 1, masks=(None,) * 3, review=2)], clip=CLIP)
@example(
    points=PointTrajectories.pack([0, 3], [np.ones((12, 2)), np.ones((2, 2))]),
    objects=[drawn("car", range(3), 1, masks=(None,) * 3), drawn("object 2", range(3), 9)],
    clip=CLIP,
)
@settings(max_examples=40)
def test_nothing_else_is_lost_than_was_said(format, points, objects, clip):
    said = omissions(format, clip, points, objects)
    with TemporaryDirectory() as folder:
        path = export_clip(format, clip, points, objects, Path(folder))
        try:
            read, seen, warnings = import_tracks(format, path, clip)
        except StudioError:
            assert any("there is nothing left to write" in text for text in said)
            return
    assert warnings == []
    told = promised(said)
    gone = lost(points, objects, read, seen)
    if format == "davis":  # pixels and boxes are missing where whole observations are
        assert told.pop("pixels", 0) == pixels(objects) - pixels(seen)
        boxes = told.pop("boxes", 0)
        assert boxes == sum(runs is None for one in objects for runs in one.masks)
        if pixels(objects) - pixels(seen):  # what is hidden cannot be compared
            assert told.keys() >= gone.keys() - {"objects"}
            return
        told.pop("objects", 0)
        gone.pop("objects", 0)
    assert gone == told
    assert any("nothing left" in text for text in said) == (not len(read) and not seen)


def pixels(objects) -> int:
    """Of all masks."""
    counts = [np.frombuffer(runs, "<u4") for one in objects for runs in one.masks if runs is not None]
    return sum(int(runs[1::2].sum()) for runs in counts)


def test_more_objects_than_a_format_can_number_are_said_beforehand(tmp_path):
    objects = [drawn("", range(1), 1)] * 255
    for format in WRITTEN:
        said = any(
            "255" in text for text in omissions(format, CLIP, NOTHING, objects) if "left out" not in text
        )
        if format == "davis":
            assert said
            with pytest.raises(StudioError, match="DAVIS can number 254"):
                export_clip(format, CLIP, NOTHING, objects, tmp_path)
        elif format not in ("brox", "tapvid"):
            _, seen, _ = import_tracks(format, export_clip(format, CLIP, NOTHING, objects, tmp_path), CLIP)
            assert len(seen) == 255


def test_the_page_of_help_says_what_each_format_keeps():
    page = (Path(__file__).parents[4] / "resources" / "help" / "formats.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in FORMATS)
    rows = [re.split(r" *\| *", line)[1:-1] for line in page.splitlines() if line.startswith("|")]
    head = next(row for row in rows if row[1] == "points")
    words = (
        *("", "points", "boxes", "masks", "labels", "origins", "confidences"),
        *("occlusions", "sights", "reviews"),
    )
    assert len(head) == len(words)
    told = {}
    for row in rows:
        for name in re.findall("`([^`]+)`", row[0]) if len(row) == len(head) else ():
            told[name] = {what for what, cell in zip(words[1:], row[1:], strict=True) if cell != "–"}
    told["mot-results"].remove("origins")  # which its scores tell
    assert told == {name: set(one.holds) - {"errors", "ends"} for name, one in WRITTEN.items()}
