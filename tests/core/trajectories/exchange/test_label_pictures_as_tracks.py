"""Folders of masks as people hand them over, read as tracks of a clip; what they show is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from core.datasets.label_meaning import palette
from core.datasets.readers import find_clips, read_labels
from core.geometry import decode_mask
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.model import ObjectTrajectory
from tests.core.trajectories.small_database import make_clip

CLIP = replace(make_clip("walk"), width=48, height=32, files=tuple(f"walk/{n:03d}.png" for n in range(12)))


def drawn() -> list[np.ndarray]:
    """Twelve pictures of a 10 x 12 thing, 1, that moves to the right, and one of 8 x 8, 2, that stays."""
    pictures = []
    for frame in range(12):
        picture = np.zeros((32, 48), np.uint8)
        picture[4:14, 2 + 2 * frame : 14 + 2 * frame] = 1
        picture[20:28, 30:38] = 2
        pictures.append(picture)
    return pictures


def same(objects: list[ObjectTrajectory], pictures: list[np.ndarray]) -> None:
    assert [one.frames.tolist() for one in objects] == [list(range(len(pictures)))] * 2
    for number, one in enumerate(objects, start=1):
        for picture, runs in zip(pictures, one.masks, strict=True):
            np.testing.assert_array_equal(decode_mask(runs, 32, 48), picture == number)


@pytest.mark.parametrize("opaque", [False, True])
def test_colours_are_read_by_import_and_by_import_tracks_alike(tmp_path, opaque):
    masks = tmp_path / "Annotations" / "walk"
    for place in (masks, tmp_path / "JPEGImages" / "walk"):
        place.mkdir(parents=True)
    for frame, picture in enumerate(drawn()):
        colours = palette()[picture]
        shown = np.dstack([colours, 255 * (picture > 0)]).astype(np.uint8) if opaque else colours
        Image.fromarray(shown).save(masks / f"{frame:03d}.png")
        Image.fromarray(colours).save(tmp_path / "JPEGImages" / "walk" / f"{frame:03d}.jpg")
    _, objects, warnings = import_tracks("davis", masks, CLIP)
    same(objects, drawn())
    assert warnings == []
    labels = [frame.labels for frame in read_labels(find_clips(tmp_path).clips[0])]
    np.testing.assert_array_equal(labels, drawn())


def test_soft_masks_give_no_specks_and_one_sentence(tmp_path):
    for frame, picture in enumerate(drawn()):
        soft = cv2.GaussianBlur((picture == 1).astype(np.uint8) * 255, (5, 5), 0)
        cv2.imwrite(str(tmp_path / f"{frame:03d}.jpg"), soft, [cv2.IMWRITE_JPEG_QUALITY, 80])
    _, (one,), warnings = import_tracks("davis", tmp_path, CLIP)
    assert one.frames.tolist() == list(range(12))
    assert min(decode_mask(runs, 32, 48).sum() for runs in one.masks) > 100
    assert len(warnings) == 1


def test_a_tiff_stack_is_a_picture_a_frame(tmp_path):
    path = tmp_path / "labels.tif"
    first, *rest = [Image.fromarray(picture) for picture in drawn()]
    first.save(path, save_all=True, append_images=rest)
    assert guess_format(path) == "davis"
    for clip in (CLIP, replace(CLIP, files=tuple(f"walk/{n:03d}.png" for n in range(1, 13)))):
        _, objects, _ = import_tracks("davis", path, clip)
        same(objects, drawn())


def test_the_folder_of_the_clip_is_found_in_what_was_exported(tmp_path):
    (tmp_path / "walk").mkdir()
    (tmp_path / "other").mkdir()
    for frame, picture in enumerate(drawn()):
        Image.fromarray(picture).save(tmp_path / "walk" / f"{frame:05d}.png")
    same(import_tracks("davis", tmp_path, CLIP)[1], drawn())


def test_the_export_of_cvat_goes_by_the_numbers_at_the_end(tmp_path):
    masks = tmp_path / "SegmentationClass"
    masks.mkdir()
    (tmp_path / "labelmap.txt").write_text("background:0,0,0::\nman:10,20,200::\nball:255,240,9::\n")
    colours = np.array([[0, 0, 0], [10, 20, 200], [255, 240, 9]], np.uint8)
    for frame, picture in enumerate(drawn()):
        Image.fromarray(colours[picture]).save(masks / f"frame_{frame:06d}.png")
    _, objects, warnings = import_tracks("davis", masks, CLIP)
    same(objects, drawn())
    assert [one.label for one in objects] == ["man", "ball"]
    assert warnings == [
        "The masks go by the numbers in their names, so that frame_000000 is frame 0 of walk."
    ]
    video = replace(CLIP, files=("film.mp4",), timestamps=tuple(range(12)))
    assert import_tracks("davis", masks, video)[2] == []


def test_an_object_that_may_be_the_background_is_named(tmp_path):
    for frame, picture in enumerate(drawn()):
        cv2.imwrite(str(tmp_path / f"{frame:03d}.png"), (picture == 1).astype(np.uint8) + 1)
    _, objects, (warning,) = import_tracks("davis", tmp_path, CLIP)
    assert len(objects) == 2
    assert warning == (
        "No pixel of the masks of walk is background (0), and object 1 takes nearly all of their border; "
        "if it is the background, remove it."
    )


def test_numbers_of_16_bits_in_a_stack_are_not_said_to_be_dark(tmp_path):
    cv2.imwritemulti(str(tmp_path / "a.tif"), [picture.astype(np.uint16) for picture in drawn()])
    _, objects, warnings = import_tracks("davis", tmp_path / "a.tif", CLIP)
    same(objects, drawn())
    assert not any("dark" in text for text in warnings)
