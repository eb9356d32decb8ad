"""Odd clips from import to tracks on the command line: taken as they are, or refused in one sentence."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

import main
from core.datasets.image import encode_palette_png
from core.datasets.label_meaning import palette
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import clip_edits, integrity, journal, store
from tests.bad_inputs import is_clear
from tests.small_data import write_davis

ROOT = Path(main.__file__).parent
TRACK = ("track", "--spacing", "8", "--min-length", "2")
DENSIFY = ("densify", "--audit")


def moving(height=96, width=128, count=6, seed=0):
    """Frames (H, W, 3) uint8 whose texture moves a pixel a frame, right and down, and labels of a part."""
    texture = (
        np.random.default_rng(seed).integers(0, 256, (height + count, width + count, 3)).astype(np.uint8)
    )
    texture = cv2.GaussianBlur(texture, (0, 0), 1.0)
    starts = range(count, 0, -1)
    frames = [texture[start : start + height, start : start + width] for start in starts]
    labels = []
    for frame in range(count):
        labels.append(np.zeros((height, width), np.uint8))
        top, left = height // 4 + frame, width // 4 + frame
        labels[-1][top : top + height // 3, left : left + width // 3] = 1
    return frames, labels


def write(folder, frames, masks, name="odd", suffix=".png"):
    """A clip in DAVIS' layout: frames by number or in order, and label pictures by frame."""
    images, annotations = folder / "JPEGImages" / name, folder / "Annotations" / name
    images.mkdir(parents=True)
    annotations.mkdir(parents=True)
    numbered = frames if isinstance(frames, dict) else dict(enumerate(frames))
    for number, image in numbered.items():
        (images / f"{number:05d}{suffix}").write_bytes(cv2.imencode(suffix, image)[1].tobytes())
    for number, mask in masks.items():
        (annotations / f"{number:05d}.png").write_bytes(encode_palette_png(mask, palette()))
    return folder


def run(*words):
    return main.main([str(word) for word in words])


def taken(project, source):
    """Import, track and densify; the clips by name as `info` tells them. The project must be sound."""
    assert run("import", source, "--project", project) == 0
    for command in (TRACK, DENSIFY):
        assert run(*command, "--project", project) == 0
    return info(project)


def info(project):
    out = project.parent / "info.json"
    assert run("info", "--project", project, "--json", out) == 0
    with Project.open(project) as opened, opened.reading() as connection:
        assert integrity.problems(connection) == []
    return {clip["name"]: clip for clip in json.loads(out.read_text())["clips"]}


def refused(capsys, *words):
    capsys.readouterr()
    assert run(*words) == 1
    sentence = capsys.readouterr().err
    assert is_clear(sentence), sentence
    return sentence


@pytest.mark.parametrize(
    "kind", ["colour", "gray", "16 bits", "16 bits of gray", "4K", "16 x 16", "12 pixels wide", "all black"]
)
def test_frames_of_any_depth_and_size_are_followed(tmp_path, kind):
    sizes = {"4K": (2160, 3840, 3), "16 x 16": (16, 16, 6), "12 pixels wide": (64, 12, 6)}
    frames, labels = moving(*sizes.get(kind, (96, 128, 6)))
    masks = {0: labels[0], len(frames) - 1: labels[-1]}
    if "gray" in kind:
        frames = [image[:, :, 1] for image in frames]
    if "16 bits" in kind:
        frames = [image.astype(np.uint16) * 256 for image in frames]
    if kind == "all black":
        frames = [np.zeros_like(image) for image in frames]
    found = taken(
        tmp_path / "p", write(tmp_path / "data", frames, masks, suffix=".jpg" if kind == "4K" else ".png")
    )["odd"]
    height, width = frames[0].shape[:2]
    assert (found["frames"], found["width"], found["height"]) == (len(frames), width, height)
    if kind == "all black":
        assert found["point_trajectories"] == 0
    else:
        assert found["point_trajectories"] > 0
        assert found["observations"]["propagated"] == len(frames) - 2
    with Project.open(tmp_path / "p") as project, project.reading() as connection:
        (clip,) = store.clips(connection)
        points = store.points(connection, clip.id)
        inner = (
            np.median(np.diff(points.xy, axis=0)[np.diff(points.owner) == 0], axis=0) if len(points) else 1
        )
    np.testing.assert_allclose(inner, 1, atol=0.25)


def test_a_clip_of_one_frame_has_its_objects_and_nothing_to_follow(tmp_path):
    frames, labels = moving(count=1)
    found = taken(tmp_path / "p", write(tmp_path / "data", frames, {0: labels[0]}))["odd"]
    assert (found["frames"], found["annotated"], found["object_trajectories"]) == (1, 1, 1)
    assert found["observations"].keys() <= {"annotated", "linked"}


def test_frames_too_small_for_flow_cost_their_clip_only(tmp_path, capsys):
    frames, labels = moving(8, 40)
    data = write(tmp_path / "data", frames, {0: labels[0], 5: labels[5]})
    assert run("import", data, "--project", tmp_path / "p") == 0
    for command in (TRACK, DENSIFY):
        said = refused(capsys, *command, "--project", tmp_path / "p")
        assert "Frames of 40 x 8 pixels are too small for flow; leave the clip out." in said
    frames, labels = moving()
    write(tmp_path / "more", frames, {0: labels[0], 5: labels[5]}, "good")
    found = taken(tmp_path / "p", tmp_path / "more")
    assert found["good"]["point_trajectories"] > 20
    assert found["good"]["observations"]["propagated"] == 4
    assert found["odd"]["point_trajectories"] == 0


def test_frames_of_different_sizes_and_a_mask_of_another_are_refused(tmp_path, capsys):
    frames, labels = moving()
    mixed = write(tmp_path / "mixed", [*frames[:3], frames[3][:90], *frames[4:]], {0: labels[0]})
    said = refused(capsys, "import", mixed, "--project", tmp_path / "p")
    assert "00003.png is 128 x 90 pixels while 00000.png is 128 x 96" in said
    wrong = write(tmp_path / "wrong", frames, {0: labels[0], 5: labels[5][:, :100]})
    said = refused(capsys, "import", wrong, "--project", tmp_path / "p")
    assert "00005.png is 100 x 96 pixels while the frames are 128 x 96" in said
    assert not (tmp_path / "p").exists()


def test_a_source_named_from_a_neighbour_is_found_again_when_it_moves(tmp_path, monkeypatch):
    frames, labels = moving()
    write(tmp_path / "data", frames, {0: labels[0]})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("import", "../data", "--project", "../p") == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    shutil.rmtree(tmp_path / "p" / "runs")
    assert run("check", "--project", "../p") == 1
    assert run("relocate", tmp_path / "data", "../moved", "--project", "../p") == 0
    assert run("check", "--project", "../p") == 0


def test_a_frame_missing_in_the_middle_is_told_at_import(tmp_path, capsys):
    frames, labels = moving(count=8)
    numbered = {2 * number + 1: image for number, image in enumerate(frames)}  # every other frame: no gap
    assert run("import", write(tmp_path / "even", numbered, {1: labels[0]}), "--project", tmp_path / "p") == 0
    assert "comes" not in capsys.readouterr().out
    del numbered[7]
    data = write(tmp_path / "gap", numbered, {1: labels[0], 15: labels[7]}, "gap")
    found = taken(tmp_path / "p", data)["gap"]
    assert (
        "Warning: After 00005.png comes 00009.png; they were taken as neighbours" in capsys.readouterr().out
    )
    assert found["frames"] == 7
    assert found["observations"]["propagated"] > 3
    frames_alone = tmp_path / "gap" / "JPEGImages"
    assert run("import", frames_alone, "--project", tmp_path / "q", "--format", "frames") == 0
    assert "Warning: After 00005.png comes 00009.png" in capsys.readouterr().out
    orphan = write(tmp_path / "orphan", numbered, {7: labels[3]})
    assert "belongs to no frame" in refused(capsys, "import", orphan, "--project", tmp_path / "p")


@pytest.mark.parametrize("how", ["gone", "of another size", "no image"])
def test_a_frame_that_is_spoilt_after_import_costs_its_clip_only(tmp_path, capsys, how):
    data = write_davis(tmp_path / "data", ("ape", "bear"))
    assert run("import", data, "--project", tmp_path / "p") == 0
    frame = data / "JPEGImages" / "480p" / "bear" / "00005.jpg"
    if how == "gone":
        frame.unlink()
    elif how == "no image":
        frame.write_bytes(b"nothing of the kind")
    else:
        frame.write_bytes(cv2.imencode(".jpg", np.zeros((50, 50, 3), np.uint8))[1].tobytes())
    for command in (TRACK, DENSIFY):
        capsys.readouterr()
        assert run(*command, "--project", tmp_path / "p") == 0
        assert "Warning: bear was passed over: " in capsys.readouterr().out
    found = info(tmp_path / "p")
    assert found["ape"]["point_trajectories"] > 20
    assert found["ape"]["observations"]["propagated"] > 10
    assert found["bear"]["point_trajectories"] == 0
    assert "propagated" not in found["bear"]["observations"]


def test_labels_that_change_between_annotators_are_objects_of_each(tmp_path):
    """The first annotator's object is 2 and whole, the second's is 5, and 7 its left half."""
    frames, labels = moving(count=5)
    split = tmp_path / "vsb" / "General_test_fullres"
    images, truth = split / "Images" / "zoo", split / "Groundtruth" / "zoo"
    images.mkdir(parents=True)
    truth.mkdir(parents=True)
    for number, image in enumerate(frames, start=1):
        (images / f"image{number:03d}.jpg").write_bytes(cv2.imencode(".jpg", image)[1].tobytes())
    for frame in (0, 4):
        thing = labels[frame] == 1
        left = thing & (np.arange(128) < 128 // 4 + frame + 20)
        cells = np.empty((1, 2), object)
        for place, picture in enumerate((np.where(thing, 2, 1), np.where(left, 7, np.where(thing, 5, 3)))):
            cells[0, place] = {"Segmentation": picture.astype(np.uint16)}
        savemat(truth / f"image{frame + 1:03d}.mat", {"groundTruth": cells})
    project = tmp_path / "p"
    assert taken(project, tmp_path / "vsb")["zoo"]["object_trajectories"] == 1
    with Project.open(project) as opened, opened.writing() as connection:
        (clip,) = store.clips(connection)
        objects = store.objects(connection, clip.id)
        assert [(one.annotator, one.label) for one in objects] == [
            *((0, "object 2"), (1, "object 5"), (1, "object 7"))
        ]
        assert [len(one.frames) for one in objects] == [5, 2, 2]
        journal.perform(connection, clip_edits.ChooseAnnotator(clip.id, 1))
    assert run(*DENSIFY, "--project", project) == 0
    assert info(project)["zoo"]["object_trajectories"] == 2
    with Project.open(project) as opened, opened.reading() as connection:
        assert [len(one.frames) for one in store.objects(connection, clip.id)] == [5, 5, 5]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
def test_a_job_that_dies_leaves_the_finished_clips_and_is_resumed(tmp_path):
    names = tuple("abcdefgh")
    assert run("import", write_davis(tmp_path / "data", names), "--project", tmp_path / "p") == 0
    runs = tmp_path / "p" / "runs"
    command = [sys.executable, "main.py", *TRACK, "--project", str(tmp_path / "p"), "--preset", "best"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None and not any(runs.glob("*/results/*.npz")):
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
    (folder,) = (RunFolder(path) for path in runs.iterdir())
    assert folder.status().state is State.INTERRUPTED
    done = {path: path.read_bytes() for path in folder.results.glob("*.npz")}
    assert 1 <= len(done) < len(names)
    assert run("track", "--project", tmp_path / "p", "--resume", folder.name) == 0
    assert {path: path.read_bytes() for path in done} == done
    assert all(clip["point_trajectories"] > 20 for clip in info(tmp_path / "p").values())
