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
    with pytest.raises(StudioError, match=r"cannot be read .*; check its name and permissions"):
        comp4.read(tmp_path)
