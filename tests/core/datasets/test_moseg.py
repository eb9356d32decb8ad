from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.readers import find_clips, read_labels
from core.errors import StudioError


def test_reads_a_flat_sequence_with_jpg_for_ppm(moseg):
    found = find_clips(moseg)
    assert found.format == "moseg"
    (one,) = found.clips
    assert (one.clip.name, one.clip.frames, one.clip.width, one.clip.height) == ("cars", 4, 32, 24)
    assert one.clip.root == moseg
    assert one.clip.files == tuple(f"cars/cars_{n}.jpg" for n in range(1, 5))
    assert [annotation.frame for annotation in one.annotations] == [0, 3]
    assert one.warnings == ()


def test_region_numbers_are_objects_and_unlisted_values_background(moseg):
    first, last = read_labels(find_clips(moseg).clips[0])
    expected = np.zeros((24, 32), np.int32)
    expected[2:6, 3:9], expected[10:14, 3:9] = 1, 2
    np.testing.assert_array_equal(first.labels, expected)
    assert first.labels.dtype == np.int32
    assert first.warnings == ("cars_1.pgm: value 57 (3 pixels) is not in Def.dat; taken as background.",)
    np.testing.assert_array_equal(last.labels, np.where(expected == 1, 2, 0))
    assert last.warnings == ()


@pytest.mark.parametrize("place", ["", "cars", ".."])
def test_is_found_from_one_level_up_and_down(moseg, place):
    (one,) = find_clips((moseg / place).resolve()).clips
    assert one.clip.name == "cars"
    assert len(one.annotations) == 2


def test_reads_fbms(tmp_path: Path, jpg, pgm):
    folder = tmp_path / "FBMS59" / "Testset" / "cats04"
    for number in (20, 21):
        jpg(folder / f"cats04_00{number}.jpg", number)
    (folder / "cats04.bmf").write_text("2 1\r\ncats04_0020.ppm\r\ncats04_0021.ppm\r\n")
    colours = np.zeros((24, 32, 3), np.uint8)
    colours[4:8, 4:8], colours[12:15, 4:8], colours[0, 0] = (255, 0, 0), (0, 12, 7), (1, 2, 3)
    pgm(folder / "GroundTruth" / "cats04_0021_gt.ppm", colours)
    pgm(folder / "GroundTruth" / "cats04_0021_PROB.pgm", colours[:, :, 0])
    lines = ["Total number of regions:", "3"]
    for region, value in enumerate((0, 255 * 65536, 12 * 256 + 7)):
        lines += [f"Scale of region {region}:", str(value)]
    lines += [
        "Total number of frames in this shot:",
        "2",
        "Total number of labeled frames for this shot:",
        "2",
    ]
    lines += ["Frame number:", "1", "File name:", "cats04_0021_gt.ppm", "Input file name:", "cats04_0021.ppm"]
    lines += [
        "Frame number:",
        "1",
        "File name:",
        "cats04_0021_PROB.pgm",
        "Input file name:",
        "cats04_0021.ppm",
    ]
    (folder / "GroundTruth" / "cats04Def.dat").write_text("\n".join(lines))

    found = find_clips(tmp_path / "FBMS59")
    assert found.format == "moseg"
    (one,) = found.clips
    assert one.clip.root == folder.parent
    assert [annotation.path.name for annotation in one.annotations] == ["cats04_0021_gt.ppm"]
    (frame,) = read_labels(one)
    assert frame.frame == 1
    expected = np.zeros((24, 32), np.int32)
    expected[4:8, 4:8], expected[12:15, 4:8] = 1, 2
    np.testing.assert_array_equal(frame.labels, expected)
    assert frame.warnings == (
        "cats04_0021_gt.ppm: value 66051 (1 pixels) is not in Def.dat; taken as background.",
    )


def test_region_0_need_not_be_gray_0(moseg):
    definition = moseg / "cars" / "carsDef.dat"
    text = (
        definition.read_text()
        .replace("region 0:\n0", "region 0:\n128")
        .replace("region 2:\n128", "region 2:\n0")
    )
    definition.write_text(text)
    first, _ = read_labels(find_clips(moseg).clips[0])
    assert first.labels[12, 5] == 0
    assert first.labels[0, 0] == 2


def test_counts_that_disagree_are_warned_of(moseg):
    """tennis: Def.dat says 465 frames, there are 466."""
    definition = moseg / "cars" / "carsDef.dat"
    definition.write_text(definition.read_text().replace("in this shot:\n4", "in this shot:\n3"))
    (moseg / "cars" / "cars.bmf").write_text("5 1\n\n" + "".join(f"./cars_{n}.ppm\n" for n in range(1, 5)))
    (one,) = find_clips(moseg).clips
    assert one.clip.frames == 4
    assert one.warnings == (
        "cars.bmf announces 5 frames and lists 4; those it lists were taken.",
        "carsDef.dat speaks of 3 frames, there are 4; the frames that are there were taken.",
    )


def test_without_ground_truth_or_listing(moseg):
    (moseg / "cars" / "cars.bmf").unlink()
    assert "no .bmf" in find_clips(moseg).clips[0].warnings[0]
    (moseg / "cars" / "cars.bmf").write_text("1 1\ncars_1.ppm\n")
    (moseg / "cars" / "carsDef.dat").unlink()
    (one,) = find_clips(moseg).clips
    assert one.annotations == ()
    assert list(read_labels(one)) == []
    assert "without objects" in one.warnings[0]


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda f: (f / "cars_4.pgm").unlink(), "carsDef.dat names cars_4.pgm, which is not there"),
        (lambda f: (f / "cars_2.jpg").unlink(), "cars.bmf names cars_2.ppm, which is not there"),
        (lambda f: _edit(f / "cars.bmf", "cars_2.ppm", "../cars_2.ppm"), "not a plain file name"),
        (lambda f: (f / "cars.bmf").write_text(""), "does not begin with a number of frames"),
        (lambda f: (f / "cars.bmf").write_text("4 1\n"), "lists no frames"),
        (lambda f: _edit(f / "carsDef.dat", "number:\n3", "number:\n4"), "labels frame 4, but cars has"),
        (lambda f: _edit(f / "carsDef.dat", "number:\n3", "number:\nx"), "'x' where a number belongs"),
        (lambda f: _edit(f / "carsDef.dat", "regions:\n3", "regions:\n4"), "announces 4 regions and gives 3"),
        (lambda f: (f / "carsDef.dat").write_text(""), "announces 0 regions"),
        (lambda f: (f / "cars_3.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing"), "cars_3.jpg"),
    ],
)
def test_broken_sequences_are_refused_with_one_sentence(moseg, break_it, says):
    break_it(moseg / "cars")
    with pytest.raises(StudioError, match=says) as caught:
        find_clips(moseg)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")


def test_a_label_picture_of_another_size_is_refused(moseg, pgm):
    pgm(moseg / "cars" / "cars_4.pgm", np.zeros((24, 31)))
    with pytest.raises(StudioError, match=r"cars_4\.pgm is 31 x 24 pixels while the frames are 32 x 24"):
        list(read_labels(find_clips(moseg).clips[0]))


def test_a_label_picture_cut_short_is_refused(moseg):
    path = moseg / "cars" / "cars_4.pgm"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StudioError, match=r"cars_4\.pgm is cut short"):
        list(read_labels(find_clips(moseg).clips[0]))


@pytest.mark.data
def test_reads_the_real_sequences(data_dir: Path):
    found = find_clips(data_dir / "moseg_dataset")
    clips = {one.clip.name: one for one in found.clips}
    assert list(clips)[:3] == ["cars2", "cars3", "cars6"]
    assert list(clips)[-1] == "marple13"
    assert all(not one.warnings for one in found.clips)
    cars2 = clips["cars2"]
    assert (cars2.clip.frames, cars2.clip.width, cars2.clip.height) == (30, 640, 480)
    assert [annotation.frame for annotation in cars2.annotations] == [0, 9, 19, 29]
    assert cars2.regions == (0, 255, 51, 204, 102, 153)
    marple10 = clips["marple10"]
    assert (marple10.clip.frames, len(marple10.annotations)) == (460, 15)
    for frame in read_labels(clips["cars8"]):
        gray = (data_dir / "moseg_dataset" / "cars8" / f"cars8_{frame.frame + 1:02d}.pgm").read_bytes()
        pixels = np.frombuffer(gray[-640 * 480 :], np.uint8).reshape(480, 640)
        np.testing.assert_array_equal(frame.labels == 1, pixels == 255)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


MARKS = {
    "mark": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "carriage returns": lambda text: text.replace("\n", "\r").encode(),
    "tabs": lambda text: text.replace("4 1\n", "4\t1\t\n").replace(".ppm\n", ".ppm \t\n").encode(),
    "latin-1": lambda text: text.encode("latin-1"),
}


@pytest.mark.parametrize("kind", MARKS)
def test_lists_are_read_in_any_encoding(moseg, kind):
    folder = moseg / "cars"
    for name in ("cars.bmf", "carsDef.dat"):
        text = (folder / name).read_text().replace("cars_1.ppm", "caf\xe9 1.ppm")
        (folder / name).write_bytes(MARKS[kind](text))
    (folder / "cars_1.jpg").rename(folder / "cafe\u0301 1.JPG")
    (one,) = find_clips(moseg).clips
    assert one.clip.files[0] == "cars/cafe\u0301 1.JPG"
    assert ([item.frame for item in one.annotations], one.warnings) == ([0, 3], ())


def test_names_in_capitals_are_found(moseg):
    folder = moseg / "cars"
    for path in list(folder.iterdir()):
        if path.name != "carsDef.dat":
            path.rename(folder / (path.name[:-4] + path.suffix.upper()))
    (folder / "carsDef.dat").rename(folder / "CARSDEF.DAT")
    (one,) = find_clips(moseg).clips
    assert [path.path.name for path in one.annotations] == ["cars_1.PGM", "cars_4.PGM"]
    assert (one.clip.frames, one.warnings) == (4, ())


def test_frames_counted_from_1_are_told_by_the_names_of_input_files(moseg):
    definition = moseg / "cars" / "carsDef.dat"
    definition.write_text(
        definition.read_text().replace("number:\n3", "number:\n4").replace("number:\n0", "number:\n1")
    )
    (one,) = find_clips(moseg).clips
    assert [item.frame for item in one.annotations] == [0, 3]
    assert one.warnings == ("carsDef.dat counts frames from 1, as the names of its input files show.",)


def test_a_picture_of_weights_is_no_label_picture(moseg, pgm):
    """FBMS keeps weights as a .pgm beside the .ppm of colours; who names the former means the latter."""
    folder = moseg / "cars"
    colours = np.zeros((24, 32, 3), np.uint8)
    colours[4:8, 4:8] = 255, 0, 0
    pgm(folder / "cars_1.ppm", colours)
    _edit(folder / "carsDef.dat", "region 1:\n255", f"region 1:\n{255 * 65536}")
    first, _ = read_labels(find_clips(moseg).clips[0])
    np.testing.assert_array_equal(first.labels, colours[:, :, 0] > 0)


def test_soft_label_pictures_go_to_the_nearest_region(moseg, pgm):
    folder = moseg / "cars"
    exact = np.zeros((24, 32), np.uint8)
    exact[4:16, 6:20], exact[18:23, 22:30] = 255, 128
    pgm(
        folder / "cars_1.pgm",
        cv2.resize(cv2.resize(exact, (64, 48)), (32, 24), interpolation=cv2.INTER_CUBIC),
    )
    cv2.imwrite(str(folder / "cars_4.png"), cv2.GaussianBlur(exact, (3, 3), 0))
    (folder / "cars_4.pgm").unlink()
    frames = list(read_labels(find_clips(moseg).clips[0]))
    for frame in frames:
        for region, value in ((1, 255), (2, 128)):
            found, truth = frame.labels == region, exact == value
            assert (found & truth).sum() / (found | truth).sum() > 0.85
    said = [text for frame in frames for text in frame.warnings]
    assert len(said) == 1
    assert "soft edges went to the nearest region" in said[0]


def test_label_pictures_of_another_size_are_fitted(moseg, pgm):
    large = np.zeros((48, 64))
    large[8:16, 10:30] = 255
    for number in (1, 4):
        pgm(moseg / "cars" / f"cars_{number}.pgm", large)
    frames = list(read_labels(find_clips(moseg).clips[0]))
    expected = np.zeros((24, 32), int)
    expected[4:8, 5:15] = 1
    np.testing.assert_array_equal(frames[1].labels, expected)
    assert [len(frame.warnings) for frame in frames] == [1, 0]


def test_one_label_picture_of_many_beyond_the_end_is_left_out(moseg):
    folder = moseg / "cars"
    text = (folder / "carsDef.dat").read_text()
    entry = text[text.index("Frame number:\n3") :]
    more = "".join(entry for _ in range(10)) + entry.replace("number:\n3", "number:\n9")
    (folder / "carsDef.dat").write_text(text + more)
    (one,) = find_clips(moseg).clips
    assert [item.frame for item in one.annotations] == [0, 3]
    assert "Left out: carsDef.dat labels frame 9, but cars has the frames 0 to 3." in one.warnings
