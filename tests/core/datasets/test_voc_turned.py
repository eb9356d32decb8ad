"""Pictures that EXIF data turn, annotated as they are stored or as they are seen."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.annotated_picture import read_as_annotated, stored_boxes, upright_boxes
from core.datasets.image import read_image
from core.datasets.voc import CLASSES, read_split
from core.datasets.voc_remarks import remarks_on
from core.detection.predict import Detected
from core.jobs.detect import detections_of_class

WIDTH, HEIGHT = 48, 32  # as stored
BOX = (6, 4, 20, 12)  # bright, as stored
ORIENTATIONS = (6, 8, 5, 7)


def write(folder: Path, orientation: int, size: tuple[int, int], box: tuple[int, ...]) -> Path:
    """A data set of one picture."""
    for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(folder / "JPEGImages" / "a.png", exif=exif)
    corners = zip(("xmin", "ymin", "xmax", "ymax"), np.add(box, (1, 1, 0, 0)), strict=True)
    bndbox = "".join(f"<{name}>{value}</{name}>" for name, value in corners)
    (folder / "Annotations" / "a.xml").write_text(
        f"<annotation><size><width>{size[0]}</width><height>{size[1]}</height></size>"
        f"<object><name>car</name><bndbox>{bndbox}</bndbox></object></annotation>"
    )
    (folder / "ImageSets" / "Main" / "test.txt").write_text("a\n")
    return folder


def bright(pixels: np.ndarray) -> tuple[int, ...]:
    rows, columns = np.nonzero(pixels[..., 0] > 128)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_of_the_stored_picture_is_turned_with_it(tmp_path, orientation):
    voc = write(tmp_path, orientation, (WIDTH, HEIGHT), BOX)
    (image,) = images = read_split(voc, 2007, "test")
    assert (image.width, image.height) == (HEIGHT, WIDTH)
    assert tuple(image.objects[0].box) == bright(read_image(image.path))
    (said,) = remarks_on(images, "test", CLASSES)
    assert said.startswith(
        "Annotations of test made on the picture as it is stored, while its EXIF data turn it: 1"
    )
    back = stored_boxes(image.objects[0].box[None], image.width, image.height, image.orientation)
    assert tuple(back[0]) == BOX
    found = Detected(np.ones(1, np.float32), image.objects[0].box[None], np.ones(1, np.float32))
    assert (
        tuple(detections_of_class(images, [found], 10).boxes[0]) == BOX
    )  # so comp4 files fit the annotation
    (as_annotated,) = read_split(voc, 2007, "test", pictures=False)  # to be measured, as the devkit does
    assert tuple(as_annotated.objects[0].box) == BOX
    shown = read_as_annotated(as_annotated.path, as_annotated.width, as_annotated.height)
    assert bright(shown) == BOX


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_of_the_upright_picture_stays(tmp_path, orientation):
    (box,) = upright_boxes(np.array([BOX]), HEIGHT, WIDTH, orientation)
    voc = write(tmp_path, orientation, (HEIGHT, WIDTH), tuple(box.tolist()))
    (image,) = images = read_split(voc, 2007, "test")
    assert image.orientation == 1
    assert tuple(image.objects[0].box) == bright(read_image(image.path))
    assert remarks_on(images, "test", CLASSES) == []
    assert bright(read_as_annotated(image.path, image.width, image.height)) == tuple(image.objects[0].box)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_a_box_is_turning_its_pixels(tmp_path, orientation):
    write(tmp_path, orientation, (WIDTH, HEIGHT), BOX)
    pixels = read_image(tmp_path / "JPEGImages" / "a.png")
    height, width = pixels.shape[:2]
    (box,) = upright_boxes(np.array([BOX]), width, height, orientation)
    assert tuple(box) == bright(pixels)
    assert tuple(stored_boxes(box[None], width, height, orientation)[0]) == BOX
