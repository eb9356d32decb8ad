import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.image import encode_palette_png
from core.datasets.label_meaning import palette
from core.datasets.readers import find_clips, read_labels
from core.errors import StudioError


@pytest.fixture
def davis(tmp_path: Path, jpg) -> Path:
    """Two clips of three frames; `two` has a mask on frame 1 only."""
    root = tmp_path / "DAVIS"
    for name, masks in (("one", (0, 1, 2)), ("two", (1,))):
        for frame in range(3):
            jpg(root / "JPEGImages" / "480p" / name / f"{frame:05d}.jpg", 50 * frame)
        for frame in masks:
            path = root / "Annotations" / "480p" / name / f"{frame:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_palette_png(objects(), palette()))
    return root


def objects() -> np.ndarray:
    numbers = np.zeros((24, 32), np.uint8)
    numbers[2:5, 3:9], numbers[10:14, 3:9], numbers[20:22, 0:4] = 1, 2, 5
    return numbers


def test_the_palette_is_that_of_davis():
    colours = palette()
    assert colours[:5].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert colours[255].tolist() == [224, 224, 192]
    assert len(np.unique(colours, axis=0)) == 256


def test_palette_masks_are_read_as_numbers(davis):
    found = find_clips(davis)
    assert (found.format, [one.clip.name for one in found.clips]) == ("davis", ["one", "two"])
    assert found.clips[0].clip.files[2] == "JPEGImages/480p/one/00002.jpg"
    assert found.clips[0].clip.root == davis
    for frame in read_labels(found.clips[0]):
        np.testing.assert_array_equal(frame.labels, objects())
    assert [annotation.frame for annotation in found.clips[1].annotations] == [1]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_palette_masks_of_few_bits(davis, bits):
    """Other programs pack several indices into a byte."""
    numbers = np.minimum(objects(), 2**bits - 1)
    packed = np.packbits((numbers[:, :, None] >> np.arange(bits)[::-1]) & 1, axis=None).tobytes()
    path = davis / "Annotations" / "480p" / "two" / "00001.png"
    path.write_bytes(_png(32, 24, bits, 3, packed))
    (frame,) = read_labels(find_clips(davis).clips[1])
    np.testing.assert_array_equal(frame.labels, numbers)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_masks_of_2016_are_one_object(davis, channels):
    gray = np.where(objects() > 0, 255, 0).astype(np.uint8)
    stored = gray if channels == 1 else np.dstack([gray] * 3 + [np.full_like(gray, 255)] * (channels - 3))
    cv2.imwrite(str(davis / "Annotations" / "480p" / "two" / "00001.png"), stored)
    (frame,) = read_labels(find_clips(davis).clips[1])
    np.testing.assert_array_equal(frame.labels, objects() > 0)
    assert frame.warnings == ()


def test_void_is_background_and_soft_masks_are_cut_at_half(davis):
    path = davis / "Annotations" / "480p" / "two" / "00001.png"
    numbers = objects()
    numbers[0, :] = 255
    path.write_bytes(encode_palette_png(numbers, palette()))
    (frame,) = read_labels(find_clips(davis).clips[1])
    np.testing.assert_array_equal(frame.labels, objects())
    soft = np.arange(24 * 32).reshape(24, 32) % 256
    cv2.imwrite(str(path), soft.astype(np.uint8))
    (frame,) = read_labels(find_clips(davis).clips[1])
    np.testing.assert_array_equal(frame.labels, soft >= 128)
    assert "256 gray values" in frame.warnings[0]


def test_masks_whose_palette_was_spent_are_read_by_colour(davis):
    colours = palette()[objects()]
    colours[0, 0] = 3, 3, 3
    cv2.imwrite(str(davis / "Annotations" / "480p" / "two" / "00001.png"), colours[:, :, ::-1])
    (frame,) = read_labels(find_clips(davis).clips[1])
    np.testing.assert_array_equal(frame.labels, objects())
    assert frame.warnings == (
        "The masks of two have soft edges or noise (00001.png has 5 colours); 1 pixel of other colours "
        "went to what is nearest.",
    )


@pytest.mark.parametrize(
    ("place", "names"),
    [
        (".", ["one", "two"]),
        ("..", ["one", "two"]),
        ("JPEGImages", ["one", "two"]),
        ("JPEGImages/480p", ["one", "two"]),
        ("Annotations/480p", ["one", "two"]),
        ("JPEGImages/480p/two", ["two"]),
    ],
)
def test_is_found_from_above_and_within(davis, place, names):
    found = find_clips((davis / place).resolve())
    assert found.format == "davis"
    assert [one.clip.name for one in found.clips] == names
    assert found.clips[-1].annotations


def test_a_layout_without_resolutions(tmp_path: Path, jpg):
    jpg(tmp_path / "JPEGImages" / "0a1b" / "00005.jpg", 9)
    (tmp_path / "Annotations" / "0a1b").mkdir(parents=True)
    (tmp_path / "Annotations" / "0a1b" / "00005.png").write_bytes(encode_palette_png(objects(), palette()))
    (one,) = find_clips(tmp_path).clips
    assert one.clip.files == ("JPEGImages/0a1b/00005.jpg",)
    assert len(one.annotations) == 1


def test_broken_folders_are_refused(davis):
    (davis / "JPEGImages" / "480p" / "two" / "00001.jpg").unlink()
    with pytest.raises(StudioError, match=r"00001\.png belongs to no frame"):
        find_clips(davis)
    for path in (davis / "JPEGImages" / "480p" / "two").iterdir():
        path.unlink()
    with pytest.raises(StudioError, match="two holds no frames"):
        find_clips(davis)


@pytest.mark.data
def test_reads_the_real_clips(data_dir: Path):
    found = find_clips(data_dir / "DAVIS")
    assert [(one.clip.name, one.clip.frames, len(one.annotations)) for one in found.clips] == [
        ("blackswan", 50, 50),
        ("car-shadow", 40, 40),
        ("dog", 60, 60),
        ("libby", 49, 49),
    ]
    frame = next(read_labels(found.clips[0]))
    stored = cv2.imread(str(found.clips[0].annotations[0].path), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(frame.labels == 1, stored > 127)


def _png(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """A palette PNG of packed rows, put together chunk by chunk."""
    import struct
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    stride = width * bits // 8
    filtered = b"".join(b"\0" + rows[place : place + stride] for place in range(0, len(rows), stride))
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    plte = palette()[: 2**bits].tobytes()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, content)
        for kind, content in (
            (b"IHDR", header),
            (b"PLTE", plte),
            (b"IDAT", zlib.compress(filtered)),
            (b"IEND", b""),
        )
    )


def write_masks(folder: Path, names: Sequence[str], numbers: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(encode_palette_png(numbers, palette()))


def test_soft_masks_are_said_once_a_clip(davis):
    for frame in range(3):
        path = davis / "Annotations" / "480p" / "one" / f"{frame:05d}.png"
        cv2.imwrite(str(path), cv2.GaussianBlur((objects() > 0).astype(np.uint8) * 255, (3, 3), 0))
    frames = list(read_labels(find_clips(davis).clips[0]))
    assert [len(frame.warnings) for frame in frames] == [1, 0, 0]
    assert all(set(np.unique(frame.labels)) == {0, 1} for frame in frames)


def test_every_fifth_frame_of_youtube_vos_and_its_categories(tmp_path: Path, jpg):
    for frame in range(0, 20):
        jpg(tmp_path / "JPEGImages" / "0a1b" / f"{frame:05d}.jpg", 9)
    write_masks(tmp_path / "Annotations" / "0a1b", ["00000.png", "00005.png", "00015.png"], objects())
    seen = {"1": {"category": "penguin"}, "2": {"category": "penguin"}, "x": 3, "5": {"frames": []}}
    (tmp_path / "meta.json").write_text(json.dumps({"videos": {"0a1b": {"objects": seen}, "other": []}}))
    (one,) = find_clips(tmp_path).clips
    assert [item.frame for item in one.annotations] == [0, 5, 15]
    assert one.warnings == ()
    assert next(read_labels(one)).names == {1: "penguin", 2: "penguin"}
    for broken in ("[1", "[]", '{"videos": {"0a1b": []}}', '{"videos": 3}', "\x80"):
        (tmp_path / "meta.json").write_text(broken, encoding="latin-1")
        assert next(read_labels(one)).names == {}


def test_masks_in_full_resolution_are_fitted_to_frames_of_480p(davis):
    large = cv2.resize(objects(), (80, 60), interpolation=cv2.INTER_NEAREST)
    shutil.rmtree(davis / "Annotations" / "480p")
    write_masks(davis / "Annotations" / "Full-Resolution" / "one", ["00000.png"], large)
    one, two = find_clips(davis).clips
    (frame,) = read_labels(one)
    np.testing.assert_array_equal(frame.labels, objects())
    assert "80 x 60 pixels and its frames 32 x 24" in frame.warnings[0]
    assert two.warnings == ("two has no masks; it was taken without objects.",)


def test_masks_of_the_unsupervised_task_count_where_they_are_meant_or_alone(davis):
    other = np.where(objects() == 1, 9, 0).astype(np.uint8)
    write_masks(davis / "Annotations_unsupervised" / "480p" / "one", ["00000.png"], other)
    (davis / "Scribbles" / "one").mkdir(parents=True)

    def seen(place: str) -> set[int]:
        one = find_clips(davis / place).clips[0]
        return set(np.unique(next(read_labels(one)).labels).tolist())

    assert seen("") == {0, 1, 2, 5}
    assert seen("Annotations_unsupervised") == {0, 9}
    assert seen("Annotations_unsupervised/480p/one") == {0, 9}
    shutil.rmtree(davis / "Annotations")
    assert seen("") == {0, 9}


def test_frames_without_any_masks_and_masks_without_frames(davis):
    write_masks(davis / "Annotations" / "480p" / "lone", ["00000.png"], objects())
    assert find_clips(davis).warnings == ("Left out, having no frames: the masks of lone.",)
    shutil.rmtree(davis / "Annotations")
    found = find_clips(davis)
    assert found.format == "davis"
    assert all("without objects" in one.warnings[0] for one in found.clips)
    assert find_clips(davis / "JPEGImages" / "480p").format == "frames"


def test_accents_may_be_composed_in_one_tree_and_decomposed_in_the_other(tmp_path: Path, jpg):
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    jpg(tmp_path / "JPEGImages" / "480p" / decomposed / f"{decomposed}01.jpg", 9)
    write_masks(tmp_path / "Annotations" / "480p" / composed, [f"{composed}01.png"], objects())
    (one,) = find_clips(tmp_path).clips
    assert len(one.annotations) == 1


def test_a_folder_of_one_clip_is_a_clip_of_its_name(tmp_path: Path, jpg):
    for frame in range(3):
        jpg(tmp_path / "bear" / "JPEGImages" / f"{frame:05d}.jpg", 9)
    write_masks(tmp_path / "bear" / "Annotations", ["00001.png"], objects())
    (one,) = find_clips(tmp_path / "bear").clips
    assert (one.clip.name, one.clip.files[0]) == ("bear", "bear/JPEGImages/00000.jpg")
    assert [item.frame for item in one.annotations] == [1]
