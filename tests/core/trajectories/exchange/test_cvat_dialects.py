"""CVAT files of tasks, jobs and projects, and shapes that are rarer than boxes."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.geometry import decode_mask
from core.trajectories.exchange import import_tracks
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.model import Origin
from tests.bad_inputs import is_clear
from tests.core.trajectories.exchange import random_tracks

CLIP = random_tracks.clip()  # 20 x 14 pixels, 12 frames
SIZE = "<original_size><width>20</width><height>14</height></original_size>"


def box(frame, left=None, keyframe=1, outside=0, more="", inner=""):
    left = frame / 2 if left is None else left
    place = f'xtl="{left}" ytl="2" xbr="{left + 4}" ybr="7"'
    head = f'<box frame="{frame}" keyframe="{keyframe}" outside="{outside}" occluded="0" {place}{more}'
    return f"{head}>{inner}</box>" if inner else f"{head}/>"


def track(body, id=0, label="cup", more=' source="manual"'):
    return f'<track id="{id}" label="{label}"{more}>{body}</track>'


def task(name="walk", size=12, start=0, stop=11, step="", more="", tag="task", id=5):
    frames = f"<size>{size}</size><start_frame>{start}</start_frame><stop_frame>{stop}</stop_frame>"
    named = f"<id>{id}</id><name>{name}</name>" if tag == "task" else f"<id>{id}</id>"
    labels = "<labels><label><name>cup</name><attributes/></label></labels>"
    segments = "<segments><segment><id>3</id><start>0</start><stop>3</stop></segment></segments>"
    filtered = f"<frame_filter>{step}</frame_filter>"
    return f"<{tag}>{named}{frames}{filtered}{labels}{segments}{SIZE}{more}</{tag}>"


def read(tmp_path, tracks, meta="", clip=CLIP):
    path = tmp_path / "annotations.xml"
    meta = f"<meta>{meta}<dumped>2024-01-01</dumped></meta>" if meta else ""
    path.write_text(f'<?xml version="1.0"?>\n<annotations><version>1.1</version>{meta}{tracks}</annotations>')
    assert guess_format(path) == "cvat"
    return import_tracks("cvat", path, clip)


def refusal(*words, **more):
    with pytest.raises(StudioError) as caught:
        read(*words, **more)
    assert is_clear(str(caught.value))
    return str(caught.value)


EVERY_THIRD = track("".join(box(frame) for frame in (0, 3, 6, 9)))


@pytest.mark.parametrize("tag", ["task", "job"])
def test_a_task_of_every_third_frame(tmp_path, tag):
    """Its shapes count the frames of the video: they are those of a clip of the four frames, in order."""
    meta = task(size=4, step="step=3", tag=tag)
    few = replace(CLIP, files=CLIP.files[:4])
    _, (one,), warnings = read(tmp_path, EVERY_THIRD, meta, few)
    assert (one.frames.tolist(), one.boxes[:, 0].tolist()) == ([0, 1, 2, 3], [0, 1.5, 3, 4.5])
    assert warnings == ["Taken as frames 0, 3, 6 … of a video, in annotations.xml: its task shows these."]
    begun = track(box(0) + box(3))  # the clip has both numbers as frames of its own
    assert read(tmp_path, begun, meta, few)[1][0].frames.tolist() == [0, 1]
    _, (one,), warnings = read(tmp_path, EVERY_THIRD, meta, CLIP)
    assert (one.frames.tolist(), warnings) == ([0, 3, 6, 9], [])
    _, (one,), warnings = read(tmp_path, EVERY_THIRD, meta, replace(few, step=3))
    assert (one.frames.tolist(), warnings) == ([0, 1, 2, 3], [])


def test_a_task_that_starts_later(tmp_path):
    meta = task(size=4, start=100, stop=109, step="step=3")
    few = replace(CLIP, files=CLIP.files[:4])
    shapes = track("".join(box(frame, 1) for frame in (103, 106)))
    _, (one,), (warning,) = read(tmp_path, shapes, meta, few)
    assert one.frames.tolist() == [1, 2]
    assert warning.startswith("Taken as frames 100, 103, 106 … of a video")
    _, (one,), warnings = read(tmp_path, shapes, meta, replace(few, start=100, step=3))
    assert (one.frames.tolist(), warnings) == ([1, 2], [])


def test_a_job_in_the_middle_of_such_a_task(tmp_path):
    """The clip has all frames that the task shows, the job two of them."""
    meta = task(size=2, start=6, stop=9, step="step=3", tag="job")
    _, (one,), (warning,) = read(tmp_path, track(box(6) + box(9)), meta, replace(CLIP, files=CLIP.files[:4]))
    assert one.frames.tolist() == [2, 3]
    assert warning.startswith("Taken as frames 0, 3, 6 … of a video")


def test_frames_that_the_clip_leaves_out_are_passed_over(tmp_path):
    every_second = replace(CLIP, files=CLIP.files[:6], step=2)
    shapes = track("".join(box(frame) for frame in range(12)))
    _, (one,), warnings = read(tmp_path, shapes, task(), every_second)
    assert (one.frames.tolist(), one.boxes[:, 0].tolist()) == (list(range(6)), [0, 1, 2, 3, 4, 5])
    assert warnings == ["Passed over, in annotations.xml: 6 shapes of frames that a leaves out."]
    begun = track("".join(box(frame) for frame in range(6)))
    assert read(tmp_path, begun, task(), every_second)[1][0].frames.tolist() == [0, 1, 2]


def test_a_project_gives_the_task_of_the_clips_name(tmp_path):
    tasks = task("b", id=7, more="<source>film.mp4</source>") + task("c", id=8, more="<source>a.mp4</source>")
    meta = f"<project><id>1</id><name>a</name><tasks>{tasks}</tasks></project>"
    tracks = track(box(0, 1), 0, more=' task_id="7"') + track(box(0, 3), 1, more=' task_id="8"')
    _, (one,), warnings = read(tmp_path, tracks, meta)
    assert one.boxes[0].tolist() == [3, 2, 7, 7]
    assert warnings == ["Left out, in annotations.xml: 1 track of other tasks."]
    sentence = refusal(tmp_path, tracks, meta, clip=replace(CLIP, name="z"))
    assert "holds the tasks b, c, and none of the name z; export the one" in sentence


def test_frames_of_another_size_are_refused_by_task(tmp_path):
    meta = task().replace("<width>20<", "<width>1920<")
    assert "with a width of '1920' pixels while a has 20" in refusal(tmp_path, EVERY_THIRD, meta)


def test_the_same_shape_twice_is_one(tmp_path):
    _, (one,), warnings = read(tmp_path, track(box(0) + box(1) + box(1) + box(2, outside=1) * 2))
    assert (one.frames.tolist(), warnings) == ([0, 1], [])


def test_labels_are_kept_and_unnamed_is_none(tmp_path):
    labels = ("object", "point", "unnamed", "cup")
    tracks = "".join(track(box(0, n), n, label) for n, label in enumerate(labels))
    assert [one.label for one in read(tmp_path, tracks)[1]] == ["object", "point", "", "cup"]


def skeleton(frame, places):
    points = "".join(
        f'<points label="{name}" keyframe="1" outside="{outside}" occluded="0" points="{x},{y}"/>'
        for name, x, y, outside in places
    )
    return f'<skeleton frame="{frame}" keyframe="1">{points}</skeleton>'


def test_the_points_of_skeletons_are_tracks(tmp_path):
    body = skeleton(0, [("nose", 1.5, 2.5, 0), ("tail", 9, 8, 0)])
    body += skeleton(1, [("nose", 2.5, 2.5, 0), ("tail", 9, 8, 1)])
    points, objects, warnings = read(tmp_path, track(body, label="dog"))
    assert (objects, points.labels, points.lengths.tolist()) == ([], ("dog nose", "dog tail"), [2, 1])
    assert points.xy.tolist() == [[1.5, 2.5], [2.5, 2.5], [9, 8]]
    assert (points.origin == Origin.ANNOTATED).all()
    assert warnings == ["Taken as points, in annotations.xml: 2 skeletons."]


def test_nothing_but_what_is_not_read_is_named(tmp_path):
    line = '<polyline frame="0" points="1,1;2,2"/>'
    assert "holds nothing but 1 <polyline>; draw boxes" in refusal(tmp_path, track(line))


def test_an_ellipse_is_a_mask(tmp_path):
    shape = '<ellipse frame="0" keyframe="1" outside="0" cx="10" cy="7" rx="6" ry="3" rotation="30"/>'
    _, (one,), warnings = read(tmp_path, track(shape))
    y, x = np.mgrid[:14, :20] + 0.5 - np.array([7, 10])[:, None, None]
    along = (x * np.sqrt(3) + y) / 2  # the axis that goes 30 degrees down to the right
    across = (y * np.sqrt(3) - x) / 2
    expected = (along / 6) ** 2 + (across / 3) ** 2 < 1
    np.testing.assert_array_equal(decode_mask(one.masks[0], 14, 20), expected)
    assert warnings == []


def test_turned_boxes_and_cuboids_become_upright_ones(tmp_path):
    turned = box(0, 4, more=' rotation="90"')  # 4 x 5 pixels around (6, 4.5)
    corners = {
        **{"xtl1": 2, "ytl1": 3, "xbl1": 2, "ybl1": 8, "xtr1": 6, "ytr1": 3, "xbr1": 6, "ybr1": 8},
        **{"xtl2": 5, "ytl2": 1, "xbl2": 5, "ybl2": 7, "xtr2": 9, "ytr2": 1, "xbr2": 9, "ybr2": 7},
    }
    cuboid = '<cuboid frame="1" ' + " ".join(f'{name}="{value}"' for name, value in corners.items()) + "/>"
    _, (one,), warnings = read(tmp_path, track(turned + cuboid))
    np.testing.assert_allclose(one.boxes, [[3.5, 2.5, 8.5, 6.5], [2, 1, 9, 8]], atol=1e-6)
    assert warnings == [
        "Taken as the upright boxes around them, in annotations.xml: 1 box.",
        "Taken as the upright boxes around them, in annotations.xml: 1 cuboid.",
    ]


def test_an_odd_shape_is_left_out(tmp_path):
    good = "".join(box(frame) for frame in range(11))
    polygon = '<polygon frame="11" points="1.1,1.1;1.2,1.1;1.2,1.2"/>'  # no centre of a pixel within
    for odd in (polygon, '<mask frame="11" rle="0,4" left="19" top="0" width="2" height="2"/>'):
        _, (one,), (warning,) = read(tmp_path, track(good + odd))
        assert one.frames.tolist() == list(range(11))
        assert warning.startswith(
            "Left out, in annotations.xml: 1 row, the first of track 0 in frame 11 (a <"
        )


def test_an_attribute_says_where_a_shape_comes_from(tmp_path):
    inner = '<attribute name="colour">red</attribute><attribute name="origin">{}</attribute>'
    shapes = [box(0), box(1, inner=inner.format("propagated")), box(2, inner=inner.format("nobody"))]
    _, (one,), _ = read(tmp_path, track("".join(shapes) + box(3, keyframe=0)))
    assert one.origin.tolist() == [
        *(Origin.ANNOTATED, Origin.PROPAGATED, Origin.ANNOTATED, Origin.PROPAGATED),
    ]


def test_frames_between_keyframes_alone_are_said(tmp_path):
    """CVAT writes every frame; other programs leave those out that it draws by itself."""
    _, (one,), (warning,) = read(tmp_path, track(box(0) + box(9)))
    assert one.frames.tolist() == [0, 9]
    assert warning == (
        "Not filled, in annotations.xml: frames between keyframes of 1 track; densify the clip for them."
    )
    assert read(tmp_path, track(box(0) + box(1, outside=1) + box(9)))[2] == []
    assert read(tmp_path, EVERY_THIRD, task(size=4, step="step=3"))[2] == []


def test_a_zip_and_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("annotations.xml", "<annotations/>")
        archive.writestr("images/frame_000000.PNG", "")
    assert guess_format(tmp_path / "task.zip") == "cvat"
    with pytest.raises(StudioError, match=r"is a zip archive; unpack it and choose annotations\.xml in it"):
        import_tracks("cvat", tmp_path / "task.zip", CLIP)
    read(tmp_path, track(box(0)))
    assert guess_format(tmp_path) == "cvat"
    assert len(import_tracks("cvat", tmp_path, CLIP)[1]) == 1
