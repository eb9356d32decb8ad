import os
from pathlib import Path

import numpy as np
import pytest

from core.datasets.voc import (
    CLASSES,
    KeptSet,
    VocImage,
    VocObject,
    read_image_annotation,
    read_split,
    write_annotation,
)
from core.datasets.voc_remarks import remarks_on
from core.errors import StudioError

OBJECT = """<object><name>{name}</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>156</xmin><ymin>97</ymin><xmax>351</xmax><ymax>270</ymax></bndbox></object>"""
SIZE = "<size><width>500</width><height>333</height><depth>3</depth></size>"


def annotation(*objects: str, size: str = SIZE) -> str:
    head = "<annotation><folder>VOC2007</folder><filename>../../etc/passwd</filename>"
    return head + size + "".join(objects) + "</annotation>"


@pytest.fixture
def voc(tmp_path: Path, jpg) -> Path:
    """`VOCdevkit/VOC2007` with one image, `000012`."""
    folder = tmp_path / "VOCdevkit" / "VOC2007"
    for part in ("Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    jpg(folder / "JPEGImages" / "000012.jpg", 9, width=40, height=30)
    (folder / "Annotations" / "000012.xml").write_text(annotation(OBJECT.format(name="car")))
    (folder / "ImageSets" / "Main" / "test.txt").write_text("000012\n")
    return folder


def one_object(voc: Path, text: str) -> VocObject:
    (voc / "Annotations" / "000012.xml").write_text(annotation(text))
    (image,) = read_split(voc, 2007, "test")
    (found,) = image.objects
    return found


def test_corners_become_a_box_of_ours(voc):
    (image,) = read_split(voc.parent, 2007, "test")
    assert (image.id, image.width, image.height) == ("000012", 40, 30)  # the picture's, not the annotation's
    assert image.path == voc / "JPEGImages" / "000012.jpg"  # by its id, whatever <filename> says
    (car,) = image.objects
    assert (car.name, car.difficult, car.truncated) == ("car", False, True)
    assert car.box.dtype == np.float32
    assert car.box.tolist() == [155, 96, 351, 270]


@pytest.mark.parametrize("place", ["..", "../..", "."])
def test_the_devkit_is_found_from_above(voc, place):
    assert len(read_split((voc / place).resolve(), 2007, "test")) == 1


def test_irregular_objects(voc):
    text = (
        OBJECT.format(name=" cat ")
        .replace("<xmin>156</xmin>", "")
        .replace("</bndbox>", "<xmin>45.70000076</xmin></bndbox>")
    )
    np.testing.assert_allclose(one_object(voc, text).box, [44.7, 96, 351, 270], rtol=1e-6)
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>"
    part = f"<part><name>head</name>{box}</part>"
    person = one_object(voc, OBJECT.format(name="person").replace("<name>", part + "<name>"))
    assert (person.name, person.box[0]) == ("person", 155)
    old = one_object(
        voc,
        OBJECT.format(name="cow").replace("difficult>0", "Difficult>1").replace("difficult>", "Difficult>"),
    )
    assert old.difficult
    bare = one_object(voc, "<object><name>cow</name>" + OBJECT[OBJECT.index("<bndbox>") :])
    assert (bare.difficult, bare.truncated) == (False, False)
    assert CLASSES.index("tvmonitor") == 19


def test_lists_may_carry_a_second_column_and_name_an_image_twice(voc):
    _list(voc, "000012 -1\n\n000013  1\n000012\n")
    found = read_split(voc, 2007, "test", pictures=False)
    assert [image.id for image in found] == ["000012", "000013"]


def test_a_set_without_annotations_has_sizes_only(voc):
    (voc / "Annotations" / "000012.xml").unlink()
    (image,) = read_split(voc, 2007, "test")
    assert (image.width, image.height, image.objects) == (40, 30, ())


def test_a_size_that_is_missing_comes_from_the_image(voc):
    (voc / "Annotations" / "000012.xml").write_text(annotation(size=""))
    assert read_split(voc, 2007, "test")[0].width == 40


def test_what_is_written_is_read(voc):
    objects = (
        VocObject("dog", np.array([0, 10.5, 33, 30], np.float32), difficult=True, truncated=False),
        VocObject("sofa", np.array([3, 4, 5, 6], np.float32), difficult=False, truncated=True),
    )
    write_annotation(VocImage("000012", voc / "JPEGImages" / "000012.jpg", 40, 30, objects), voc)
    assert "<xmin>1</xmin>" in (voc / "Annotations" / "000012.xml").read_text()
    again = read_image_annotation(voc, "000012")
    assert (again.width, again.height) == (40, 30)
    for old, new in zip(objects, again.objects, strict=True):
        assert (old.name, old.difficult, old.truncated) == (new.name, new.difficult, new.truncated)
        np.testing.assert_array_equal(old.box, new.box)


BOMB = '<!DOCTYPE lolz [<!ENTITY lol "lol">' + "".join(
    f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 8)
)
HOSTILE = {
    "bomb": BOMB + "]><annotation>&lol7;</annotation>",
    "outside file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>',
    "outside definition": '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><annotation/>',
    "lower case": "<!doctype annotation><annotation/>",
    "depth": "<a>" * 200_000 + "</a>" * 200_000,
    "size": "<annotation>" + " " * 10_000_001 + "</annotation>",
    "undefined entity": "<annotation>&lol;</annotation>",
    "cut short": annotation()[:-5],
    "empty": "",
    "encoding": '<?xml version="1.0" encoding="klingon"?><annotation/>',
    "NUL": "<annotation>\0</annotation>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused(voc, name):
    (voc / "Annotations" / "000012.xml").write_text(HOSTILE[name])
    with pytest.raises(StudioError, match=r"000012\.xml"):
        read_split(voc, 2007, "test")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp037"])
def test_a_document_type_in_disguise_is_refused(voc, encoding):
    text = HOSTILE["bomb"]
    data = f'<?xml version="1.0" encoding="{encoding}"?>'.encode("ascii" if encoding == "cp037" else encoding)
    (voc / "Annotations" / "000012.xml").write_bytes(data + text.encode(encoding))
    with pytest.raises(StudioError):
        read_split(voc, 2007, "test")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("<xmax>351</xmax>", ""), "a car without the four corners of its box (156 97 ? 270)"),
        (("351", "three"), "a car without the four corners of its box (156 97 three 270)"),
        (("351", "nan"), "a car whose box is 156 97 nan 270"),
        (("351", "1e300"), "a car whose box is 156 97 1e300 270"),
        (("97", "-inf"), "a car whose box is 156 -inf 351 270"),
        (("351", "155"), "a car whose corners are upside down, 156 97 155 270"),
        (("97", "271"), "a car whose corners are upside down, 156 271 351 270"),
        (("<bndbox>", "<polygon><x1>1</x1></polygon><box>"), "a car with a polygon and no bndbox"),
        (("<name>car</name>", ""), "an object without a name"),
    ],
)
def test_an_object_without_a_box_is_left_out_and_named_with_its_line(voc, change, what):
    path = voc / "Annotations" / "000012.xml"
    bad = (
        OBJECT.format(name="car").replace(*change).replace("<box>", "<bnd>").replace("</bndbox>", "</bndbox>")
    )
    bad = bad.replace("</bndbox>", "</bnd>") if "<bnd>" in bad else bad
    path.write_text(annotation(OBJECT.format(name="cat"), "\n", bad))
    (image,) = images = read_split(voc, 2007, "test", pictures=False)
    assert [one.name for one in image.objects] == ["cat"]
    assert remarks_on(images, "test", CLASSES) == [
        f"Left out of test, objects without a box that can be meant: 1, the first in {path}, line 3 ({what})."
    ]


def test_a_set_whose_objects_have_no_boxes_is_refused(voc):
    path = voc / "Annotations" / "000012.xml"
    bad = OBJECT.format(name="car").replace("351", "3")
    path.write_text(annotation(*[OBJECT.format(name="cat")] * 8, *[bad] * 3))
    assert len(read_split(voc, 2007, "test")[0].objects) == 8
    path.write_text(annotation(*[OBJECT.format(name="cat")] * 8, *[bad] * 4))
    with pytest.raises(StudioError, match=r"4 of 12 objects of test have no box .*12\.xml, line \d+ \(a car"):
        read_split(voc, 2007, "test")
    path.write_text(annotation(*[OBJECT.format(name="cat")] * 40, *[bad] * 4))
    assert len(read_split(voc, 2007, "test")[0].objects) == 40


def test_corners_that_are_shares_of_the_picture_are_refused(voc):
    text = OBJECT.format(name="cat")
    for pixels, share in (("156", "0.1"), ("97", "0.2"), ("351", "0.9"), ("270", "1")):
        text = text.replace(f">{pixels}<", f">{share}<")
    (voc / "Annotations" / "000012.xml").write_text(annotation(text))
    with pytest.raises(StudioError, match="as if they were shares of the picture; write them in pixels"):
        read_split(voc, 2007, "test")


def test_a_document_type_is_named_with_its_line(voc):
    path = voc / "Annotations" / "000012.xml"
    path.write_text("<?xml version='1.0'?>\n\n" + HOSTILE["outside definition"])
    with pytest.raises(StudioError, match=r"000012\.xml, line 3, declares a document type \(DOCTYPE\)"):
        read_split(voc, 2007, "test")


@pytest.mark.parametrize(
    ("corner", "value", "kind"),
    [
        *(("351", "502", "reach out of"), ("270", "335", "reach out of"), ("156", "-1", "reach out of")),
        *(("97", "-0.5", "reach out of"), ("97", "0", "begin at 0")),
    ],
)
def test_a_box_that_reaches_out_of_its_image_is_taken_as_it_is_and_said(voc, corner, value, kind):
    path = voc / "Annotations" / "000012.xml"
    path.write_text(annotation(OBJECT.format(name="cat").replace(corner, value)))
    (image,) = images = read_split(voc, 2007, "test", pictures=False)
    assert float(value) - (float(value) < 1) in image.objects[0].box
    (said,) = remarks_on(images, "test", CLASSES)
    assert said.startswith("Boxes of test that " + kind)
    assert f": 1, the first in {path}, line 1 (a cat" in said


def test_without_pictures_only_what_needs_them_is_refused(voc):
    (voc / "JPEGImages" / "000012.jpg").unlink()
    _list(voc, "000012\n000013\n")
    (image, unknown) = images = read_split(voc, 2007, "test", pictures=False)
    assert (image.width, image.height, image.annotated, len(image.objects)) == (500, 333, True, 1)
    assert (unknown.width, unknown.height, unknown.annotated, unknown.objects) == (0, 0, False, ())
    assert remarks_on(images, "test", CLASSES) == [
        "Left out of test: 1 of 2 images, without annotation (000013)."
    ]
    with pytest.raises(StudioError, match=r"000012\.jpg is missing; put it back or take 000012 out"):
        read_split(voc, 2007, "test")


@pytest.mark.parametrize("annotated", [True, False])
def test_without_pictures_one_that_is_damaged_does_not_matter(voc, annotated):
    path = voc / "Annotations" / "000012.xml"
    path.write_text(annotation(OBJECT.format(name="car"), size=""))
    if not annotated:
        path.unlink()
    (voc / "JPEGImages" / "000012.jpg").write_bytes(b"cut")
    (image,) = read_split(voc, 2007, "test", pictures=False)
    assert (image.width, image.height, len(image.objects)) == (0, 0, annotated)
    with pytest.raises(StudioError, match=r"000012\.jpg"):
        read_split(voc, 2007, "test")


def test_each_kind_of_remark_is_one_sentence_however_many_there_are(voc):
    unicorns = [OBJECT.format(name="unicorn").replace("351", "-3")] * 3 + [OBJECT.format(name="unicorn")] * 8
    cats = [OBJECT.format(name="Cat").replace("351", "600")] * 40
    (voc / "Annotations" / "000012.xml").write_text(annotation(*unicorns, *cats))
    _list(voc, "000012\n" + "".join(f"{number:06d}\n" for number in range(100, 1200)))
    images = read_split(voc, 2007, "test", pictures=False)
    without, others, spelling, out = remarks_on(images, "test", CLASSES)  # no word on the boxes of unicorns
    assert without.endswith("1,100 of 1,101 images, without annotation (000100, 000101, 000102 …).")
    assert others == "Left out of test: 8 objects of unicorn (8), which are not among the classes."
    assert spelling == "Taken as cat in test: 40 of Cat."
    assert out.startswith("Boxes of test that reach out of their pictures: 40, the first in ")
    assert out.count("(a Cat at 156 97 600 270 in 500 x 333 px)") == 1


@pytest.mark.parametrize(
    ("break_it", "name", "says"),
    [
        (lambda voc: None, "trainval", "has no image set 'trainval'; it has test"),
        (lambda voc: None, "../../secret", "has no image set"),
        (lambda voc: (voc / "JPEGImages" / "000012.jpg").unlink(), "test", "000012.jpg is missing"),
        (lambda voc: _list(voc, "000012\n000013\n"), "test", "000013.jpg is missing"),
        (lambda voc: _list(voc, "../../000012\n"), "test", "'../../000012', which is no image id"),
        (lambda voc: _list(voc, ""), "test", "lists no images"),
        (
            lambda voc: (voc / "ImageSets" / "Main" / "test.txt").write_bytes(b"\xff\xfe\0"),
            "test",
            "is not text in UTF-8 or UTF-16",
        ),
    ],
)
def test_broken_sets_are_refused(voc, break_it, name, says):
    break_it(voc)
    with pytest.raises(StudioError, match=says):
        read_split(voc, 2007, name)


def test_another_year_or_folder_is_said(voc, tmp_path):
    with pytest.raises(StudioError, match="holds no VOC2012; choose the VOCdevkit folder"):
        read_split(voc, 2012, "test")
    with pytest.raises(StudioError, match="holds no VOC2007"):
        read_split(tmp_path / "nowhere", 2007, "test")


@pytest.mark.data
def test_reads_the_real_subset(data_dir: Path):
    trainval, test = (read_split(data_dir / "VOCdevkit", 2007, name) for name in ("trainval", "test"))
    assert (len(trainval), len(test)) == (942, 322)
    assert sum(len(image.objects) for image in trainval) == 2689
    assert sum(not one.difficult for image in test for one in image.objects) == 655
    boxes = np.concatenate([[one.box for one in image.objects] for image in trainval])
    assert boxes.min() == 0
    for image in trainval[:50]:
        assert all(one.box[2] <= image.width and one.box[3] <= image.height for one in image.objects)


def _list(voc: Path, text: str) -> None:
    (voc / "ImageSets" / "Main" / "test.txt").write_text(text)


@pytest.mark.parametrize("changed", ["Annotations", "ImageSets/Main/test.txt"])
def test_a_set_is_kept_until_it_changes_or_another_is_read(voc, changed):
    kept = KeptSet()
    (voc / "ImageSets" / "Main" / "val.txt").write_text("000012\n")
    first = kept.read(voc, 2007, "test")
    assert kept.read(voc.parent, 2007, "test") is first
    assert [image.id for image in first] == [image.id for image in read_split(voc, 2007, "test")]
    os.utime(voc / changed, ns=(1, 1))
    second = kept.read(voc, 2007, "test")
    assert second is not first
    assert kept.read(voc, 2007, "val") is not second
    third = kept.read(voc, 2007, "test")
    assert third is not second
    kept.forget()
    assert kept.read(voc, 2007, "test") is not third
    (voc / "JPEGImages" / "000012.jpg").unlink()  # only the annotations are read
    assert len(kept.read(voc, 2007, "test")) == 1
    (voc / "ImageSets" / "Main" / "test.txt").unlink()
    with pytest.raises(StudioError, match="no image set 'test'"):
        kept.read(voc, 2007, "test")
