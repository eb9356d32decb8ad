"""Lists and label pictures whose structure is odd: refused with a sentence, or read; never anything else."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.datasets.clip import Clip
from core.datasets.frame_matching import matched
from core.datasets.label_pictures import LabelPictures
from core.datasets.readers import find_clips, read_labels
from core.errors import StudioError

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "twice", "swap", "blank", "text", "number", "join"]),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=6,
)


def edited(lines: list[str], edits: list[tuple[str, int, int]]) -> list[str]:
    lines = list(lines)
    for kind, first, second in edits:
        if not lines:
            break
        first, second = first % len(lines), second % len(lines)
        match kind:
            case "drop":
                del lines[first]
            case "twice":
                lines.insert(second, lines[first])
            case "swap":
                lines[first], lines[second] = lines[second], lines[first]
            case "blank":
                lines[first] = " \t"
            case "text":
                lines[first] = "Frame number: nought \u2028 \x0c"
            case "number":
                lines[first] = ["-1", "99999999999999999999", "1e9", "0x10", "\u0663"][second % 5]
            case "join":
                lines[first] = lines[first] + lines[second]
    return lines


@pytest.mark.parametrize("name", ["cars.bmf", "carsDef.dat"])
@settings(max_examples=60)
@given(edits=EDITS, encoding=st.sampled_from(["utf-8-sig", "utf-16", "utf-8"]))
def test_lists_of_moseg_with_lines_repeated_reordered_and_left_out(moseg, name, edits, encoding):
    path = moseg / "cars" / name
    own = path.read_bytes()
    path.write_text("\n".join(edited(path.read_text().splitlines(), edits)), encoding=encoding)
    try:
        with contextlib.suppress(StudioError):
            for one in find_clips(moseg, "moseg").clips:
                for frame in read_labels(one):
                    assert frame.labels.shape == (24, 32)
                    assert 0 <= frame.labels.max() < len(one.regions)
    finally:
        path.write_bytes(own)


@settings(max_examples=100)
@given(
    modes=st.lists(st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "JPEG", "WEBP"]), max_size=4),
    seed=st.integers(0, 2**32),
    values=st.sampled_from([2, 3, 6, 40, 256]),
    block=st.sampled_from([1, 3, 8]),
)
def test_pictures_of_any_mix_of_kinds(tmp_path, modes, seed, values, block):
    rng = np.random.default_rng(seed)
    paths = []
    for number, mode in enumerate(modes):
        suffix = {"JPEG": ".jpg", "WEBP": ".webp"}.get(mode, ".png")
        paths.append(tmp_path / f"{number}{suffix}")
        channels = {"LA": 2, "RGB": 3, "RGBA": 4, "JPEG": 3, "WEBP": 3}.get(mode, 1)
        table = rng.integers(0, 256, (values, channels), np.uint8)
        small = rng.integers(0, values, (24 // block, 32 // block))
        pixels = np.kron(small, np.ones((block, block), int))[:24, :32]
        pixels = np.pad(pixels, ((0, 24 - pixels.shape[0]), (0, 32 - pixels.shape[1])))
        shown = table[pixels].squeeze() if mode != "I;16" else (pixels * 251).astype(np.uint16)
        image = Image.fromarray(shown > 127 if mode == "1" else shown)
        if mode == "P":
            image.putpalette(rng.integers(0, 256, 3 * int(rng.integers(1, 257)), np.uint8).tobytes())
        image.save(paths[-1])
    clip = Clip(name="a", dataset="davis", width=32, height=24, root=tmp_path, files=("0.jpg",))
    try:
        labels = LabelPictures(paths, clip)
    except StudioError:
        return
    for picture in labels:
        assert (picture.shape, picture.dtype, picture.min() >= 0) == ((24, 32), np.int32, True)


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12), min_size=1, max_size=8
    ),
    st.lists(st.text("0123456789_-a\u0301\u0663\u00b2.", min_size=1, max_size=25), min_size=1, max_size=30),
    st.booleans(),
)
def test_any_names_belong_to_frames_or_are_refused(names, files, video):
    times = tuple(range(9)) if video else ()
    clip = Clip(
        name="a",
        dataset="x",
        width=8,
        height=6,
        root=Path("/r"),
        files=tuple(files),
        timestamps=times,
        step=2,
    )
    try:
        matches, _ = matched([Path("m") / f"{name}.png" for name in names], clip)
    except StudioError:
        return
    frames = [frame for frame, _ in matches]
    assert frames == sorted(set(frames))
    assert all(0 <= frame < clip.frames for frame in frames)
