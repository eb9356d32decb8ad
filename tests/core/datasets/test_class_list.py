from pathlib import Path

import numpy as np
import pytest

from core.datasets.class_list import (
    annotated_classes,
    chosen_classes,
    of_classes,
    read_class_list,
    shortened,
)
from core.datasets.voc import CLASSES, VocImage, VocObject
from core.datasets.voc_remarks import remarks_on
from core.errors import StudioError

BOX = np.array([0, 0, 9, 9], np.float32)


def image(*names: str) -> VocImage:
    return VocImage("1", Path("1.jpg"), 20, 20, tuple(VocObject(name, BOX, False, False) for name in names))


def listed(path: Path, data: str | bytes) -> tuple[str, ...]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_class_list(path)


@pytest.mark.parametrize(
    "data",
    [
        "hard hat\nhead\n",
        "  hard   hat \r\n\r\n# a comment\r\nhead",
        "\ufeffhard hat\rhead\r",
        "hard hat\nhead\n".encode("utf-16"),
        "__background__\nhard hat\nhead\n",
        "__ignore__\n_background_\nhard hat\nhead\nhead\n",
        "0 hard hat\n1 head\n",
        "1: hard hat\n2: head\n",
        "0,'hard hat'\n1,'head'\n",
    ],
)
def test_lists_of_every_kind(tmp_path, data):
    assert listed(tmp_path / "a.txt", data) == ("hard hat", "head")


def test_numbers_that_do_not_count_the_lines_are_part_of_the_names(tmp_path):
    assert listed(tmp_path / "a.txt", "2 wheels\n4 wheels\n") == ("2 wheels", "4 wheels")
    assert listed(tmp_path / "a.txt", "1\n2\n") == ("1", "2")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", r"a\.txt names no class; write one a line"),
        ("__background__\n", "names no class"),
        (
            "Helmet\nhead\nhelmet\n",
            "names the classes Helmet and helmet, which differ in case alone; keep one",
        ),
        ("mean\n", "names a class 'mean', as the mean over classes is called; rename it"),
        ("x" * 101, "which is no name; write one name a line"),
        ("a\x07b\n", r"names a class 'a\\x07b', which is no name"),
        ("\n".join(map(str, range(10_001))), "names more than 10,000 classes"),
        (b"\xff\xfe\xfd", "is not text in UTF-8 or UTF-16"),
    ],
)
def test_what_is_no_list_of_classes_is_refused(tmp_path, data, says):
    with pytest.raises(StudioError, match=says):
        listed(tmp_path / "a.txt", data)
    with pytest.raises(StudioError, match="There is no file"):
        read_class_list(tmp_path / "none.txt")


def test_the_classes_of_annotations_in_natural_order_and_their_usual_spelling():
    images = [image("type 10", "type 2", "Helmet"), image("helmet", "helmet", "Type 2")]
    assert annotated_classes(images) == ("helmet", "Type 2", "type 10")
    with pytest.raises(StudioError, match="name no class; choose another set"):
        annotated_classes([image()])


def test_what_is_chosen(tmp_path):
    images = [image("helmet", "person")]
    assert chosen_classes("voc", images, "test") == CLASSES
    assert chosen_classes("annotations", images, "test") == ("helmet", "person")
    (tmp_path / "a.txt").write_text("vest\nhelmet\n")
    assert chosen_classes(str(tmp_path / "a.txt"), images, "test") == ("vest", "helmet")
    (tmp_path / "a.txt").write_text("vest\n")
    with pytest.raises(StudioError) as refused:
        chosen_classes(str(tmp_path / "a.txt"), images, "test")
    assert str(refused.value) == (
        "test has no object of the classes vest, but 2 objects of helmet (1) and person (1); choose its "
        "classes with --classes (field Classes): annotations, or a text file with a name a line."
    )
    assert chosen_classes("voc", [image()], "test") == CLASSES  # pictures of background alone


def test_objects_of_other_classes_go_and_others_in_case_are_renamed():
    images = [image("helmet", "Person", "dog"), image("person"), image("DOG", "PERSON")]
    kept = of_classes(images, ("person", "helmet"))
    assert [[one.name for one in each.objects] for each in kept] == [
        ["helmet", "person"],
        ["person"],
        ["person"],
    ]
    assert kept[1] is images[1]
    assert remarks_on(images, "test", ("person", "helmet")) == [
        "Left out of test: 2 objects of dog (1) and DOG (1), which are not among the classes.",
        "Taken as person in test: 1 of PERSON.",
        "Taken as person in test: 1 of Person.",
    ]


def test_of_many_classes_some_are_named():
    many = [f"class {number}" for number in range(15)]
    (said,) = remarks_on([image(*many, *many[:1])], "test", CLASSES)
    assert said.startswith("Left out of test: 16 objects of class 0 (2), class 1 (1), ")
    assert said.endswith(" and 5 more classes, which are not among the classes.")
    assert shortened(many).endswith("class 9 … (15 in all)")
