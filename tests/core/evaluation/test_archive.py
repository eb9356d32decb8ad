"""The archive for VOC's server, from the drawn VOC 2012, whose test set has no annotations."""

import gzip
import json
import tarfile

import numpy as np
import pytest

import main
from core.datasets.drawn_table1 import write_table1_data
from core.datasets.voc import CLASSES, read_split
from core.errors import StudioError
from core.evaluation import comp4
from core.evaluation.archive import write_archive
from core.evaluation.voc_ap import Detections
from tests.bad_inputs import is_clear


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    write_table1_data(folder, seed=1)
    return folder / "VOCdevkit"


@pytest.fixture
def found(voc, tmp_path):
    """A folder of comp4 files of twenty classes: one detection of each in every image, but no sheep."""
    ids = [image.id for image in read_split(voc, 2012, "test")]
    folder = tmp_path / "found"
    folder.mkdir()
    for place, name in enumerate(CLASSES):
        boxes = np.tile(np.array([[0, 0, 10 + place, 20]], np.float32), (len(ids), 1))
        detections = Detections(np.array(ids), np.linspace(0.9, 0.1, len(ids), dtype=np.float32), boxes)
        path = folder / comp4.file_name("test", name)
        comp4.write(path, Detections.none() if name == "sheep" else detections)
    return folder


def test_the_command_packs_what_it_cannot_measure(voc, found, tmp_path, capsys):
    words = ("--voc", voc, "--year", "2012", "--set", "test", "--detections", found)
    archive = tmp_path / "new" / "results.tar.gz"
    options = ("--archive", archive, "--json", tmp_path / "out.json")
    assert main.main(["evaluate", *map(str, (*words, *options))]) == 0
    values = json.loads((tmp_path / "out.json").read_text())
    assert values == {"archive": str(archive), "images": 10, "detections": 190}
    assert "Packed 190 detections in 10 images of test" in capsys.readouterr().out
    with tarfile.open(archive, "r:gz") as tar:
        assert tar.getnames() == [f"results/VOC2012/Main/comp4_det_test_{name}.txt" for name in CLASSES]
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            assert file.read() == (found / entry.name.rsplit("/", 1)[1]).read_bytes()
            assert (entry.mtime, entry.uid, entry.uname, entry.mode) == (0, 0, "", 0o644)

    assert main.main(["evaluate", *map(str, words)]) == 1  # without an archive there is nothing to do
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert "has no annotations here; pack its files for VOC's server (--archive)" in sentence


def test_the_same_files_give_the_same_bytes(found, tmp_path):
    ids = sorted({line.split()[0] for line in (found / "comp4_det_test_car.txt").read_text().splitlines()})
    for name in ("a.tar.gz", "b.tgz"):
        assert write_archive(tmp_path / name, found, 2012, "test", ids) == 190
    first, second = ((tmp_path / name).read_bytes() for name in ("a.tar.gz", "b.tgz"))
    assert first == second
    assert first[4:8] == bytes(4)  # where gzip writes the time
    assert len(gzip.decompress(first)) % 512 == 0


def test_an_annotated_set_is_measured_and_packed(voc, tmp_path):
    images = read_split(voc, 2012, "val")
    for name in CLASSES:
        cars = [(image.id, one.box) for image in images for one in image.objects if one.name == name == "car"]
        detections = Detections.none()
        if cars:
            ids, boxes = zip(*cars, strict=True)
            detections = Detections(np.array(ids), np.ones(len(ids)), np.stack(boxes))
        comp4.write(tmp_path / comp4.file_name("val", name), detections)
    options = {"--voc": voc, "--year": 2012, "--set": "val", "--detections": tmp_path}
    files = {"--archive": tmp_path / "a.tar.gz", "--json": tmp_path / "out.json"}
    words = [str(word) for pair in (options | files).items() for word in pair]
    assert main.main(["evaluate", *words]) == 0
    values = json.loads((tmp_path / "out.json").read_text())
    assert (values["ap"]["car"], values["ap"]["cat"], values["metric"]) == (1, 0, "voc10_area")
    assert values["archive"] == str(tmp_path / "a.tar.gz")


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda f: (f / "comp4_det_test_dog.txt").unlink(), "has 19 of the 20 files of test, comp4_det_test"),
        (lambda f: _add(f, "2012_000061 0.5 1 2 3\n"), r"dog\.txt, line 11, is '2012_000061 0\.5 1 2 3' "),
        (lambda f: _add(f, "2012_000061 inf 1 2 3 4\n"), r"dog\.txt, line 11, is "),
        (lambda f: _add(f, "2012_000001 0.5 1 2 3 4\n"), r"dog\.txt, line 11, has image 2012_000001, which"),
        (lambda f: [path.write_text("") for path in f.iterdir()], "holds no detections in test; detect"),
    ],
)  # fmt: skip
def test_what_is_not_complete_is_not_packed(voc, found, tmp_path, break_it, says):
    ids = [image.id for image in read_split(voc, 2012, "test")]
    break_it(found)
    with pytest.raises(StudioError, match=says) as error:
        write_archive(tmp_path / "a.tar.gz", found, 2012, "test", ids)
    assert is_clear(str(error.value))
    assert not (tmp_path / "a.tar.gz").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(voc, found, tmp_path):
    ids = [image.id for image in read_split(voc, 2012, "test")]
    with pytest.raises(StudioError, match=r"Cannot write .*; free some space or choose another file\."):
        write_archive(tmp_path, found, 2012, "test", ids)


def _add(folder, line):
    with (folder / "comp4_det_test_dog.txt").open("a") as file:
        file.write(line)
