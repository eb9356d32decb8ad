import pytest

from core.datasets.clip import Use
from core.errors import StudioError
from core.pairs.split import drawn, split_clips

PINNED = {"a": Use.TRAIN, "b": Use.HELD_OUT, "c": Use.LEFT_OUT, "d": Use.TRAIN, "e": Use.TRAIN}
MANY = {f"clip{number}": Use.TRAIN for number in range(40)}


def test_by_default_everything_trains_but_what_the_project_pins():
    assert split_clips(MANY).training == tuple(MANY)
    split = split_clips(PINNED)
    assert (split.training, split.held_out, split.left_out) == (("a", "d", "e"), ("b",), ("c",))


def test_names_take_the_place_of_what_is_pinned_but_never_of_what_is_left_out():
    split = split_clips(PINNED, "d, a")
    assert (split.training, split.held_out, split.left_out) == (("b", "e"), ("a", "d"), ("c",))
    with pytest.raises(StudioError, match="'c' is left out"):
        split_clips(PINNED, "a, c")


@pytest.mark.parametrize("text", ['"x, y"', 'x, "x, y"', '"0.2", "x, y"'])
def test_names_with_commas_or_of_digits_are_put_in_quotes(text):
    clips = ("x", "x, y", "0.2", "z")
    held_out = split_clips(dict.fromkeys(clips, Use.TRAIN), text).held_out
    assert held_out == tuple(name for name in clips if f'"{name}"' in text or text.startswith(f"{name}, "))


@pytest.mark.parametrize(
    ("uses", "held_out", "sentence"),
    [
        (PINNED, "nobody", "There is no clip 'nobody' to hold out; the project holds a, b, c, d, e"),
        (PINNED, "a, b, d, e", "Every clip is held out; leave at least one"),
        ({"a": Use.HELD_OUT}, "", "Every clip is held out; leave at least one"),
        ({"a": Use.LEFT_OUT}, "", "Every clip is left out; choose Train on"),
        (PINNED, "0.95", "must be a share from 0 to 0.9 or names of clips, not 0.95"),
        (PINNED, "2", "must be a share from 0 to 0.9"),
        ({}, "a", "the project holds none yet"),
    ],
)
def test_what_cannot_be_is_one_sentence(uses, held_out, sentence):
    with pytest.raises(StudioError, match=sentence):
        split_clips(uses, held_out)


@pytest.mark.parametrize(("share", "count"), [("0", 0), ("0.0", 0), (".01", 1), ("0.2", 8), ("0.9", 36)])
def test_a_share_takes_so_many_and_the_seed_decides_which(share, count):
    held_out = [split_clips(MANY, share, seed).held_out for seed in range(20)]
    assert {len(names) for names in held_out} == {count}
    assert held_out[3] == split_clips(MANY, share, 3).held_out
    assert (len(set(held_out)) > 1) == (count > 0)


def test_of_two_clips_one_always_trains_and_of_one_clip_that_one():
    for seed in range(10):
        assert len(split_clips(dict.fromkeys("ab", Use.TRAIN), "0.9", seed).training) == 1
        assert split_clips({"a": Use.TRAIN}, "0.9", seed).training == ("a",)
    assert split_clips({}).training == ()


def test_a_share_is_the_same_on_every_machine():
    """As SHA-256 ranks them: computed with `printf 0/clipN | sha256sum`."""
    assert set(split_clips(MANY, "0.1").held_out) == {"clip16", "clip27", "clip17", "clip9"}


def test_a_clip_that_comes_moves_the_others_by_one_place_at_most():
    before = set(split_clips(MANY, "0.25").held_out)
    for number in range(40, 60):
        after = set(split_clips({**MANY, f"clip{number}": Use.TRAIN}, "0.25").held_out)
        assert len(before - after) <= 1


def test_a_share_is_taken_of_the_clips_that_are_not_left_out():
    first = ("clip16", "clip27", "clip17", "clip9")  # of all forty, in that order
    uses = {name: Use.LEFT_OUT if name in first[:2] else Use.TRAIN for name in MANY}
    split = split_clips(uses, "0.05")  # 1.9 of 38
    assert set(split.held_out) == set(first[2:])
    assert set(split.left_out) == set(first[:2])
    assert len(split.training) == 36


def test_what_is_pinned_does_not_move_a_share():
    pinned = {name: Use.HELD_OUT if name in ("clip1", "clip2") else Use.TRAIN for name in MANY}
    assert split_clips(pinned, "0.2", 5).held_out == split_clips(MANY, "0.2", 5).held_out


def test_names_that_are_no_text_are_ranked_too():
    assert len(drawn([f"\udce4{number}.jpg" for number in range(9)], 3, 0)) == 3
