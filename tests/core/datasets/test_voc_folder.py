"""VOC sets as people make them: lists, names, pictures and folders of every kind."""

import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.voc import CLASSES, read_split
from core.datasets.voc_folder import VocFolder
from core.datasets.voc_remarks import remarks_on
from core.errors import StudioError

OBJECT = "<object><name>car</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>20</xmax><ymax>12</ymax></bndbox>"
XML = f"<annotation><size><width>24</width><height>16</height></size>{OBJECT}</object></annotation>"


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(path.suffix.lower(), np.full((16, 24, 3), 90, np.uint8))
    path.write_bytes(data.tobytes())


def write(
    folder: Path,
    ids: tuple[str, ...],
    suffix: str = ".jpg",
    annotations: str = "Annotations",
    pictures: str = "JPEGImages",
    lists: str | None = "ImageSets/Main",
) -> Path:
    """A data set with the list `test`, one id a line, unless there are to be no lists."""
    (folder / annotations).mkdir(parents=True, exist_ok=True)
    for id in ids:
        (folder / annotations / f"{id}.xml").parent.mkdir(exist_ok=True)
        (folder / annotations / f"{id}.xml").write_text(XML)
        picture(folder / pictures / f"{id}{suffix}")
    if lists is not None:
        (folder / lists).mkdir(parents=True, exist_ok=True)
        (folder / lists / "test.txt").write_text("".join(f"{id}\n" for id in ids), encoding="utf-8")
    return folder


def read(voc: Path, name: str = "test") -> list[str]:
    images = read_split(voc, 2007, name)
    assert all(image.path.is_file() and image.annotated for image in images)
    assert all(len(image.objects) == 1 and (image.width, image.height) == (24, 16) for image in images)
    assert remarks_on(images, name, CLASSES) == []
    return [image.id for image in images]


@pytest.mark.parametrize(
    "data",
    [
        b"a.b\nphoto 2\nc\n",
        b"\xef\xbb\xbfa.b\r\nphoto 2\r\n\r\nc",
        "\ufeffa.b\nphoto 2\nc\n".encode("utf-16-le"),
        "a.b\nphoto 2\nc\n".encode("utf-16-be"),
        b"a.b\rphoto 2\rc\r",
        b"a.b.jpg\nphoto 2.JPG\nc.jpeg\n",
        b"JPEGImages/a.b.jpg\n./JPEGImages/photo 2.jpg\n/data/VOC2007/JPEGImages/c.jpg\n",
        b"C:\\data\\a.b.jpg\nJPEGImages\\photo 2.jpg\nAnnotations\\c.xml\n",
        b"a.b -1\nphoto 2  1\nc\t0\n",
        b"a.b.jpg,1\nphoto 2.jpg;0\nc.jpg, -1\n",
        b"# made by hand\na.b\n\n  photo 2  \nc\na.b\n",
        b'"a.b"\n"photo 2"\n\'c\'\n',
        b"a.b.jpg a.b.xml\nphoto 2\nc 10,20,30,40,0\n",
    ],
)
def test_lists_of_every_kind(tmp_path, data):
    voc = write(tmp_path / "VOC2007", ("a.b", "photo 2", "c"))
    (voc / "ImageSets" / "Main" / "test.txt").write_bytes(data)
    assert read(voc) == ["a.b", "photo 2", "c"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPG", ".jpeg", ".png", ".PNG", ".bmp", ".webp", ".tif"])
def test_pictures_of_every_kind(tmp_path, suffix):
    assert read(write(tmp_path, ("000001", "ali(1)", "img.v2"), suffix)) == ["000001", "ali(1)", "img.v2"]


@pytest.mark.parametrize(("listed", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_composed_or_not(tmp_path, listed, stored):
    name = "café_é1"
    voc = write(tmp_path, (unicodedata.normalize(stored, name),))
    (voc / "ImageSets" / "Main" / "test.txt").write_text(
        unicodedata.normalize(listed, name), encoding="utf-8"
    )
    assert read(voc) == [unicodedata.normalize("NFC", name)]


@pytest.mark.parametrize("kept", ["._000001.jpg", ".DS_Store", "Thumbs.db"])
def test_leftovers_are_no_pictures(tmp_path, kept):
    voc = write(tmp_path, ("000001",))
    (voc / "JPEGImages" / kept).write_bytes(b"\0\5\x16\7")
    (voc / "Annotations" / "._000001.xml").write_bytes(b"\0\5\x16\7")
    assert read(voc) == ["000001"]
    assert read(voc, "all") == ["000001"]


@pytest.mark.parametrize(
    "places",
    [
        {"annotations": "annotations", "pictures": "jpegimages", "lists": "imagesets/main"},
        {"pictures": "images"},
        {"pictures": "Annotations"},
        {"pictures": "."},
        {"annotations": ".", "pictures": "."},
        {"annotations": ".", "pictures": "img"},
        {"lists": "ImageSets"},
        {"lists": "."},
        {"lists": None},
    ],
)
def test_folders_as_people_lay_them_out(tmp_path, places):
    voc = write(tmp_path / "helmets", ("10", "9"), **places)
    assert read(voc, "all") == ["9", "10"]  # in natural order
    if places.get("lists", "") is not None:
        assert read(voc) == ["10", "9"]
    for part in ("Annotations", "JPEGImages", "images"):
        if (voc / part).is_dir():
            assert read(voc / part, "all") == ["9", "10"]


def test_without_lists_it_is_said_how_to_read_it(tmp_path):
    voc = write(tmp_path / "helmets", ("1", "2"), annotations=".", pictures=".", lists=None)
    with pytest.raises(
        StudioError, match=r"no lists of images, but 2 annotations; take the set all, or write"
    ):
        read_split(voc, 2007, "trainval")
    with pytest.raises(StudioError, match="or a folder of annotations"):
        VocFolder.find(tmp_path, 2007)


def test_a_list_before_all_annotations(tmp_path):
    voc = write(tmp_path, ("1", "2"))
    (voc / "ImageSets" / "Main" / "all.txt").write_text("2\n")
    assert read(voc, "all") == ["2"]


def test_several_pictures_of_a_name_are_said_and_the_first_kind_is_taken(tmp_path):
    voc = write(tmp_path, ("1", "2"))
    picture(voc / "JPEGImages" / "1.png")
    images = read_split(voc, 2007, "test")
    assert [image.path.name for image in images] == ["1.jpg", "2.jpg"]
    (said,) = remarks_on(images, "test", CLASSES)
    assert said == (
        "Images of test with several pictures of that name: 1; "
        f"for the first, {voc / 'JPEGImages' / '1.jpg'} (beside 1.png) is taken."
    )


def test_a_picture_that_only_the_annotation_names(tmp_path):
    voc = write(tmp_path, ("1", "2"))
    (voc / "JPEGImages" / "2.jpg").rename(voc / "JPEGImages" / "camera 7.jpg")
    xml = XML.replace("<annotation>", "<annotation><filename>C:\\pictures\\camera 7.jpg</filename>")
    (voc / "Annotations" / "2.xml").write_text(xml)
    (voc / "Annotations" / "1.xml").write_text(xml.replace("camera 7", "no such"))  # its own is there
    images = read_split(voc, 2007, "test")
    assert [image.path.name for image in images] == ["1.jpg", "camera 7.jpg"]
    (said,) = remarks_on(images, "test", CLASSES)
    assert said.startswith("Images of test whose picture has the name in the annotation: 1, the first is ")


def test_names_in_another_case_are_those_of_other_systems(tmp_path):
    voc = write(tmp_path, ("IMG_1",))
    (voc / "ImageSets" / "Main" / "test.txt").write_text("img_1\n")
    (image,) = read_split(voc, 2007, "test")
    assert (image.path.name, len(image.objects)) == ("IMG_1.jpg", 1)


def with_path(text: str) -> str:
    return XML.replace("<size>", f"<path>{text}</path><size>")


PREFIXED = XML.replace("<", "<v:").replace("<v:/", "</v:")
TURNED_ROUND = XML.replace("<xmin>3</xmin><ymin>4</ymin>", "").replace(
    "</bndbox>", "<ymin>4</ymin><xmin>3</xmin></bndbox>"
)
PART = "<part><name>head</name><bndbox><xmin>5</xmin></bndbox></part>"
XMLS = {
    "upper case": XML.upper().replace("CAR", "car").encode(),
    "capitals": XML.replace("object", "Object").replace("bndbox", "BndBox").replace("name", "Name").encode(),
    "a namespace": XML.replace("<annotation>", '<annotation xmlns="http://x.org/voc">').encode(),
    "a prefix": PREFIXED.replace("<v:annotation>", '<v:annotation xmlns:v="x">').encode(),
    "a mark": XML.encode("utf-8-sig"),
    "UTF-16": XML.encode("utf-16"),
    "UTF-16 without a mark": XML.encode("utf-16-le"),
    "UTF-16, declared": ('<?xml version="1.0" encoding="utf-16"?>' + XML).encode("utf-16"),
    "UTF-8, declared otherwise": ('<?xml version="1.0" encoding="utf-16"?>' + XML).encode(),
    "Chinese": ('<?xml version="1.0" encoding="gb2312"?>' + with_path("图片")).encode("gb2312"),
    "Chinese, undeclared": with_path("图片").encode("gbk"),
    "Latin, undeclared": with_path("é").encode("latin-1"),
    "comments": XML.replace("<name>", "<!-- a <name>dog</name> --><name><!-- no -->").encode(),
    "CDATA": XML.replace("car", "<![CDATA[car]]>").encode(),
    "blanks": XML.replace("car", "\n  car\t").replace(">3<", "> 3\n<").encode(),
    "decimals": XML.replace(">24<", ">24.0<").replace(">3<", ">3.0<").encode(),
    "another order": TURNED_ROUND.encode(),
    "a part": XML.replace("</object>", f"{PART}</object>").encode(),
}


@pytest.mark.parametrize("kind", XMLS)
def test_annotations_as_programs_write_them(tmp_path, kind):
    voc = write(tmp_path, ("1",))
    (voc / "Annotations" / "1.xml").write_bytes(XMLS[kind])
    (image,) = read_split(voc, 2007, "test")
    (car,) = image.objects
    assert (car.name, car.box.tolist()) == ("car", [2, 3, 20, 12])
    assert image.oddities == ()


@pytest.mark.parametrize(
    ("text", "difficult"),
    [
        *((text, True) for text in ("1", "True", "YES", " y ", "1.0")),
        ("0", False),
        ("False", False),
        ("", False),
    ],
)
def test_spellings_of_difficult(tmp_path, text, difficult):
    voc = write(tmp_path, ("1",))
    (voc / "Annotations" / "1.xml").write_text(
        XML.replace("<bndbox>", f"<Difficult>{text}</Difficult><bndbox>")
    )
    assert read_split(voc, 2007, "test")[0].objects[0].difficult is difficult


def test_a_picture_without_objects_is_background(tmp_path):
    voc = write(tmp_path, ("1", "2"))
    (voc / "Annotations" / "2.xml").write_text("<annotation/>")
    images = read_split(voc, 2007, "test")
    assert [len(image.objects) for image in images] == [1, 0]
    assert images[1].annotated
    assert remarks_on(images, "test", CLASSES) == []


def test_of_several_boxes_of_an_object_the_first_is_taken_and_said(tmp_path):
    voc = write(tmp_path, ("1",))
    (voc / "Annotations" / "1.xml").write_text(
        XML.replace("</bndbox>", "</bndbox><bndbox><xmin>9</xmin></bndbox>")
    )
    (image,) = images = read_split(voc, 2007, "test")
    assert image.objects[0].box.tolist() == [2, 3, 20, 12]
    (said,) = remarks_on(images, "test", CLASSES)
    assert said.startswith(
        "Objects of test with several boxes, of which the first is taken: 1, the first in "
    )


def test_another_size_than_the_pictures_is_said_once(tmp_path):
    voc = write(tmp_path, ("1", "2"))
    for id in ("1", "2"):
        (voc / "Annotations" / f"{id}.xml").write_text(XML.replace(">24<", ">240<"))
    images = read_split(voc, 2007, "test")
    assert {(image.width, image.height) for image in images} == {(24, 16)}
    assert remarks_on(images, "test", CLASSES) == [
        "Annotations of test with another size than that of the picture, which is taken: 2, the first in "
        f"{voc / 'Annotations' / '1.xml'} (240 x 16 px, while the picture has 24 x 16)."
    ]


def test_ids_in_one_line_are_all_taken(tmp_path):
    voc = write(tmp_path / "VOC2007", ("000001", "000002"))
    (voc / "ImageSets" / "Main" / "test.txt").write_text("000001,000002\n")
    assert read(voc) == ["000001", "000002"]


def test_pictures_in_folders_are_named_instead_of_missing(tmp_path):
    voc = write(tmp_path / "VOC2007", ("b", "a/1"), lists=None)
    (voc / "ImageSets").mkdir()
    (voc / "ImageSets" / "test.txt").write_text("b\na/1\n")
    with pytest.raises(StudioError, match="lists 'a/1', and pictures in folders of JPEGImages are not read"):
        read_split(voc, 2007, "test")
