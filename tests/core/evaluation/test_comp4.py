from pathlib import Path

import numpy as np
import pytest

from core.errors import StudioError
from core.evaluation import comp4
from core.evaluation.voc_ap import Detections


def test_detections_come_back_and_corners_count_from_one_in_the_file(tmp_path):
    path = tmp_path / comp4.file_name("test", "car")
    scores = np.random.default_rng(0).random(50).astype(np.float32)
    boxes = np.tile(np.array([[0, 0, 10, 5.25]], np.float32), (50, 1))
    comp4.write(path, Detections(np.array([f"{i:06d}" for i in range(50)]), scores, boxes))

    assert path.name == "comp4_det_test_car.txt"
    fields = path.read_text().splitlines()[7].split()
    assert [fields[0], *fields[2:]] == ["000007", "1", "1", "10", "5.25"]
    read = comp4.read(path)
    assert read.images[7] == "000007"
    np.testing.assert_array_equal(read.scores.astype(np.float32), scores)
    np.testing.assert_array_equal(read.boxes, boxes)


def test_files_of_others_are_read(tmp_path):
    path = tmp_path / "comp4_det_test_dog.txt"
    path.write_bytes(b"\xef\xbb\xbf000004\t0.702732  89.0 112.5 516.0 466.0 \r\n\r\n2008_000003 1e-3 1 2 3 4")
    read = comp4.read(path)
    assert read.images.tolist() == ["000004", "2008_000003"]
    np.testing.assert_allclose(read.boxes, [[88, 111.5, 516, 466], [0, 1, 3, 4]])


def test_a_file_without_detections(tmp_path):
    path = tmp_path / "empty.txt"
    comp4.write(path, Detections.none())
    assert len(comp4.read(path).scores) == 0
    assert comp4.read(path).boxes.shape == (0, 4)


@pytest.mark.parametrize("line", ["000004 0.7 1 2 3", "000004 0.7 1 2 three 4", "000004 nan 1 2 3 4", "a b"])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "comp4_det_test_cat.txt"
    path.write_text(f"000003 0.5 1 2 3 4\n\n{line}\n")
    with pytest.raises(StudioError, match=r"comp4_det_test_cat.txt, line 3"):
        comp4.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "000001 0.5 1 2 3 4\n000002 0.25 5 6 7 8\n",
        "000001 0.5 1 2 3 4\n000002 0.25 5 6 7 8",
        "000001 0.5 1 2 3 4\r\n000002 0.25 5 6 7 8\r\n",
        "000001  0.5 1 2 3 4\n000002 0.25 5 6 7 8 \n",
        "\n000001 0.5\t1 2 3 4\n \n000002 0.25 5 6 7 8\n",
        "000001 5e-1 1.0 +2 3 4\n000002 .25 5 6 7 8\n",
    ],
)
def test_one_content_reads_the_same_whatever_its_blanks(tmp_path, text):
    (tmp_path / "a.txt").write_bytes(text.encode())
    read = comp4.read(tmp_path / "a.txt")
    assert read.images.tolist() == ["000001", "000002"]
    assert read.scores.tolist() == [0.5, 0.25]
    assert read.boxes.tolist() == [[0, 1, 3, 4], [4, 5, 7, 8]]


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", "one"])
def test_a_number_that_is_none_is_named_in_a_regular_file_too(tmp_path, number):
    (tmp_path / "a.txt").write_text(f"000001 0.5 1 2 3 4\n000002 {number} 5 6 7 8\n")
    with pytest.raises(StudioError, match=r"a\.txt, line 2, is"):
        comp4.read(tmp_path / "a.txt")


def test_lines_of_five_and_seven_fields_do_not_make_up_for_each_other(tmp_path):
    path = tmp_path / "a.txt"
    for first, second in (
        ("1 0.5 1 2 3", "1 0.5 1 2 3 4 5"),
        ("1 0.5 1 2 3 ", "1 0.5 1 2\t3 4 5"),
        ("1 0.5 1 2 3 ", "1 0.5 1 2\x1f3 4 5"),
    ):
        path.write_text(f"{first}\n{second}\n")
        with pytest.raises(StudioError, match="line 1, is"):
            comp4.read(path)
        path.write_text(f"{second}\n{first}\n")
        with pytest.raises(StudioError, match="line 1, is"):
            comp4.read(path)


def test_a_missing_file_and_a_file_that_is_no_text(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        comp4.read(tmp_path / "absent.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudioError, match="is not text in UTF-8"):
        comp4.read(tmp_path / "binary.txt")


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(StudioError, match=r"cannot be read .it is a folder.; choose a file"):
        comp4.read(tmp_path)


def with_odd(path: Path, *odd: str) -> Path:
    """Thirty detections in images 0 to 29, and odd lines from line 6 on."""
    lines = [f"{number} 0.{number + 10} 1 2 30 40" for number in range(30)]
    path.write_text("\n".join([*lines[:5], *odd, *lines[5:]]) + "\n")
    return path


LISTED = frozenset(map(str, range(30)))


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        ("3 nan 1 2 3 4", "is '3 nan 1 2 3 4' where `image score x1 y1 x2 y2` is expected"),
        ("3 0.5 1 2 3", "is '3 0.5 1 2 3' where `image score x1 y1 x2 y2` is expected"),
        ("image score xmin ymin xmax ymax", "is 'image score xmin ymin xmax ymax' where `image score x1"),
        ("3 0.5 30 40 1 2", "has corners upside down (30 40 1 2)"),
        ("3 0.5 1 40 30 2", "has corners upside down (1 40 30 2)"),
        ("77 0.5 1 2 3 4", "has image 77, which the set does not list"),
    ],
)
def test_odd_lines_are_left_out_and_the_first_is_said(tmp_path, odd, what):
    said: list[str] = []
    read = comp4.read(with_odd(tmp_path / "a.txt", odd), LISTED, said.append)
    assert read.images.tolist() == [str(number) for number in range(30)]
    (warning,) = said
    assert warning.startswith(
        f"Left out, in a.txt: 1 line that is no detection, the first in line 6, which {what}"
    )
    said.clear()
    comp4.read(with_odd(tmp_path / "a.txt", "", odd, odd, odd), LISTED, said.append)
    assert said[0].startswith("Left out, in a.txt: 3 lines that are no detections, the first in line 7, ")


def test_a_file_of_which_more_than_a_tenth_is_odd_is_refused_by_line(tmp_path):
    odd = ["3 0.5 30 40 1 2"] * 3
    assert len(comp4.read(with_odd(tmp_path / "a.txt", *odd), LISTED).scores) == 30
    with pytest.raises(
        StudioError, match=r"a\.txt, line 6, has corners upside down \(30 40 1 2\); write xmin"
    ):
        comp4.read(with_odd(tmp_path / "a.txt", *odd, *odd[:1]), LISTED)
    with pytest.raises(StudioError, match=r"a\.txt, line 6, has corners upside down"):
        comp4.read(with_odd(tmp_path / "a.txt", odd[0]), LISTED, most_odd=0)


def test_a_box_cut_to_nothing_at_the_border_stays_a_false_detection(tmp_path):
    path = tmp_path / "a.txt"
    flat = np.array([[0, 5, 0, 9], [7, 5, 7, 9]], np.float32)
    comp4.write(path, Detections(np.array(["1", "2"]), np.array([0.5, 0.4]), flat))
    np.testing.assert_array_equal(comp4.read(path, LISTED).boxes, flat)


@pytest.mark.parametrize("number", [0, 0.0])
def test_corners_at_0_are_said(tmp_path, number):
    said: list[str] = []
    read = comp4.read(with_odd(tmp_path / "a.txt", f"3 0.5 {number} 2 9 9"), LISTED, said.append)
    assert read.boxes[5].tolist() == [-1, 1, 9, 9]
    assert said == [
        "1 of the boxes of a.txt begin at 0, the first in line 6, as if corners were counted from 0; "
        "they are taken as VOC's, which are counted from 1."
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("photo 1 0.5 1 2 3 4", "photo 1.jpg 0.5 1 2 3 4", "JPEGImages/photo 1.JPG\t0.5\t1\t2\t3\t4"),
        *("photo 1,0.5,1,2,3,4", "photo 1; 0.5; 1; 2; 3; 4;", "C:\\voc\\photo 1.png 0.5 1 2 3 4"),
    ],
)
def test_images_and_fields_as_others_write_them(tmp_path, line):
    (tmp_path / "a.txt").write_text(f"{line}\n")
    read = comp4.read(tmp_path / "a.txt", {"photo 1", "photo"})
    assert (read.images.tolist(), read.boxes.tolist()) == (["photo 1"], [[0, 1, 3, 4]])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_in_other_encodings(tmp_path, encoding):
    (tmp_path / "a.txt").write_text("caf\u00e9 0.5 1 2 3 4\r\ncafe\u0301 0.4 1 2 3 4\r\n", encoding=encoding)
    assert comp4.read(tmp_path / "a.txt", {"caf\u00e9"}).images.tolist() == ["caf\u00e9", "caf\u00e9"]


@pytest.mark.parametrize(
    "name",
    [
        *("comp4_det_test_car.txt", "comp3_det_test_car.txt", "comp4_04d40519-0000_det_test_car.txt"),
        *("compid_det_test_car.txt", "comp4-19028_det_test_car.txt", "det_test_car.txt"),
        *("COMP4_DET_TEST_CAR.TXT", "comp4_a_b_c_det_test_Car.txt"),
    ],
)
def test_files_of_others_are_found_whatever_stands_in_front(tmp_path, name):
    (tmp_path / name).touch()
    for other in ("comp4_det_trainval_car.txt", "comp4_det_test_car2.txt", "x_det_test_dog.txt", "car.txt"):
        (tmp_path / other).touch()
    assert comp4.files_of(tmp_path, "test", ("car", "dog")) == {"car": tmp_path / name}
    assert comp4.files_of(tmp_path / "none", "test", ("car",)) == {}
    (tmp_path / "comp9_det_test_car.txt").touch()
    with pytest.raises(StudioError, match=r"holds several files of car, .* and .*; move those away"):
        comp4.files_of(tmp_path, "test", ("car", "dog"))


@pytest.mark.parametrize(
    "name", ["hard hat", "a/b\\c", "é", '<>:"|?*', "100%", "%2F", "person_", "test_car", "."]
)
def test_every_class_has_a_file_of_its_own_whatever_its_name(tmp_path, name):
    path = tmp_path / comp4.file_name("test", name)
    assert path.parent == tmp_path
    assert not set(path.name) & set('<>:"/\\|?*')
    path.touch()
    others = ("car", "hat", "b", "2F", "person")
    assert comp4.files_of(tmp_path, "test", (name, *others)) == {name: path}


ROWS = "000001 0.9 11 11 40 30\n000002 0.8 11 11 40 30\n"


def test_a_line_of_names_is_no_detection(tmp_path):
    path = tmp_path / "comp4_det_test_car.txt"
    path.write_text("image score x1 y1 x2 y2\n" + ROWS)
    assert comp4.read(path).images.tolist() == ["000001", "000002"]
    path.write_text(ROWS + "image score x1 y1 x2 y2\n")
    with pytest.raises(StudioError, match="line 3"):
        comp4.read(path)


def test_corners_in_shares_of_the_picture_are_refused(tmp_path):
    path = tmp_path / "comp4_det_test_car.txt"
    path.write_text("000001 0.9 0.1 0.1 0.4 0.5\n000002 0.9 0.1 0.2 0.4 0.5\n")
    with pytest.raises(StudioError, match="lie between 0 and 1"):
        comp4.read(path)
    path.write_text("000001 0.9 1 1 1 1\n")
    assert comp4.read(path).boxes.tolist() == [[0, 0, 1, 1]]


def test_ids_without_their_zeros_are_named(tmp_path):
    path = tmp_path / "comp4_det_test_car.txt"
    path.write_text("1 0.9 11 11 40 30\n")
    with pytest.raises(StudioError, match="has image 1, which the set does not list; write 000001"):
        comp4.read(path, ["000001", "000002"])


def test_where_the_files_of_a_set_are_instead(tmp_path):
    assert comp4.without_files(tmp_path / "none", "test").endswith("detect in test first.")
    inner = tmp_path / "results" / "VOC2007" / "Main"
    inner.mkdir(parents=True)
    (inner / "comp4_det_test_car.txt").write_text(ROWS)
    said = comp4.without_files(tmp_path, "test")
    assert f"no comp4_det_test_<class>.txt, but {inner} holds such files" in said
    (tmp_path / "comp4_det_val_car.txt").write_text(ROWS)
    assert "but files of val; choose the set" in comp4.without_files(tmp_path, "test")
