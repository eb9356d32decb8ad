import cv2
import numpy as np
import pytest

from core import jobs
from core.array_file import read_arrays, write_arrays
from core.cli import main
from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.events import Log, Progress
from core.geometry import decode_mask
from core.jobs import JOBS, result_edit, suggest
from core.jobs.by_clip.results import read_clip, read_points
from core.motion_segmentation.config import SuggestConfig
from core.project.project import Project
from core.runs.launch import prepare
from core.runs.run_folder import RunFolder
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import Origin, PointTrajectories, Review
from core.trajectories.snapshot import POINTS, ClipSnapshot
from core.trajectories.trajectory_edits import DeleteTrajectories, SetReview

FAST = SuggestConfig(preset="fast")
RNG = np.random.default_rng(5)


def stored(root, name, images) -> Clip:
    (root / name).mkdir()
    files = tuple(f"{name}/{frame:02d}.png" for frame in range(len(images)))
    for file, image in zip(files, images, strict=True):
        cv2.imwrite(str(root / file), image if image.ndim == 2 else image[..., ::-1])
    height, width = images[0].shape[:2]
    return Clip(name=name, dataset="frames", width=width, height=height, root=root, files=files)


def project_of(folder, clips):
    with Project.create(folder / "project") as made:
        stores = [(stored(folder, name, images), []) for name, images in clips.items()]
        with made.writing() as connection:
            journal.perform(connection, AddClips(stores))
    return folder / "project"


def moving_square(frames=14, size=(120, 160)):
    """A textured square that moves over a textured ground that stands still; its masks."""
    rng = np.random.default_rng(2)
    ground = cv2.GaussianBlur(rng.integers(0, 255, (*size, 3), np.uint8), (0, 0), 1.5)
    ground = (ground * 0.4).astype(np.uint8)
    square = cv2.GaussianBlur(rng.integers(0, 255, (40, 40, 3), np.uint8), (0, 0), 1.2)
    square = np.clip(square * 0.6 + (110, 60, 0), 0, 255).astype(np.uint8)
    images, masks = [], []
    for frame in range(frames):
        x, y = 20 + 4 * frame, 40
        image, mask = ground.copy(), np.zeros(size, bool)
        image[y : y + 40, x : x + 40], mask[y : y + 40, x : x + 40] = square, True
        images.append(image)
        masks.append(mask)
    return images, masks


@pytest.fixture
def project(tmp_path):
    still = [moving_square()[0][0]] * 8
    with Project.open(project_of(tmp_path, {"square": moving_square()[0], "still": still})) as opened:
        yield opened


def test_the_command_suggests_what_moves_and_one_undo_takes_all_of_it_back(tmp_path, capsys):
    images, masks = moving_square()
    folder = project_of(tmp_path, {"square": images, "still": [images[0]] * 8})
    assert main(["suggest", "--project", str(folder), "--preset", "fast"]) == 0
    said = capsys.readouterr()
    assert "square: 1 object suggested" in said.out + said.err
    assert "still: nothing moves" in said.out + said.err
    with Project.open(folder) as opened, opened.writing() as connection:
        moving, resting = store.clips(connection)
        (one,) = store.objects(connection, moving.id)
        assert one.review == Review.SUGGESTED
        assert set(one.origin.tolist()) == {Origin.PROPAGATED}
        overlaps = []
        for frame, runs in zip(one.frames.tolist(), one.masks, strict=True):
            mask = decode_mask(runs, 120, 160)
            overlaps.append((mask & masks[frame]).sum() / (mask | masks[frame]).sum())
        assert np.mean(overlaps) > 0.8
        assert len(overlaps) >= 10
        assert store.objects(connection, resting.id) == []
        assert len(store.points(connection, moving.id)) > 30  # tracked for it, in the same step
        assert len(store.points(connection, resting.id)) > 30
        assert journal.undoable(connection).text.startswith("Suggest 1 object")
        journal.undo(connection)
        assert store.objects(connection, moving.id) == []
        assert len(store.points(connection, moving.id)) == 0


def test_a_run_that_is_stopped_goes_on_and_finds_the_same(project):
    whole = prepare(project, JOBS["suggest"], FAST)
    progress = [event for event in jobs.run(whole) if isinstance(event, Progress)]
    steps = [event.step for event in progress]
    assert steps == sorted(steps)
    assert steps[-1] == progress[-1].total == 2 * 14 + 1 + 2 * 8 + 1
    stopped = prepare(project, JOBS["suggest"], FAST)
    for last in (5, 20, 40):  # while points are tracked, while masks are looked for, in the other clip
        job = jobs.run(stopped)
        for event in job:
            if isinstance(event, Progress) and event.step >= last:
                break
        job.close()
    list(jobs.run(stopped))
    for clip_id in (1, 2):
        wanted, found = read_clip(whole, clip_id), read_clip(stopped, clip_id)
        assert wanted.keys() == found.keys()
        for name in wanted:
            np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_points_that_are_there_are_taken_as_they_are(project):
    first = prepare(project, JOBS["suggest"], FAST)
    list(jobs.run(first))
    with project.writing() as connection:
        journal.perform(connection, result_edit(first))
        before = store.points(connection, 1).ids
    again = prepare(project, JOBS["suggest"], FAST)
    events = list(jobs.run(again))
    assert [event.total for event in events if isinstance(event, Progress)][-1] == 14 + 1 + 8 + 1
    with project.writing() as connection:
        journal.perform(connection, result_edit(again))
        np.testing.assert_array_equal(store.points(connection, 1).ids, before)
        assert len(store.objects(connection, 1)) == 1


def zoomed(frames=10):
    image = cv2.GaussianBlur(RNG.integers(0, 255, (200, 260, 3), np.uint8), (0, 0), 1.5)
    for frame in range(frames):
        grown = cv2.getRotationMatrix2D((130, 100), 0, 1 + 0.02 * frame)
        yield cv2.warpAffine(image, grown, (260, 200))[40:160, 50:210]


def test_hard_clips_give_suggestions_or_a_sentence(tmp_path):
    square, _ = moving_square(8)
    large = cv2.GaussianBlur(RNG.integers(0, 255, (120, 300, 3), np.uint8), (0, 0), 1.5)
    other = render_clip(4, frames=8, width=160, height=120).frames
    clips = {
        "black": [np.zeros((120, 160, 3), np.uint8)] * 8,
        "fills": [large[:, 4 * frame : 4 * frame + 160] for frame in range(10)],
        "cut": [*square, *other],
        "zoom": list(zoomed()),
        "rain": list(RNG.integers(0, 255, (8, 120, 160, 3), np.uint8)),
        "single": square[:1],
        "short": square[:3],
    }
    with Project.open(project_of(tmp_path, clips)) as opened:
        folder = prepare(opened, JOBS["suggest"], FAST)
        said = [event for event in jobs.run(folder) if isinstance(event, Log)]
        assert [log.text.split(":")[0] for log in said] == sorted(clips)
        assert {log.level for log in said} == {"info"}
        text = {log.text.split(":")[0]: log.text for log in said}
        for quiet in ("black", "fills", "zoom", "rain", "single"):
            assert "nothing is suggested" in text[quiet], quiet
        with opened.writing() as connection:
            journal.perform(connection, result_edit(folder))
            for one in store.objects(connection, store.clip(connection, "cut").id):
                assert one.frames[-1] < 8 or one.frames[0] >= 8


def test_odd_clips_give_suggestions_or_a_sentence_through_the_command(tmp_path, capsys):
    square, _ = moving_square(18)  # it has as many points as the ground, now more, now fewer
    clips = {
        "grey": [np.full((120, 160, 3), 128, np.uint8)] * 8,
        "grayscale": [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in square],
        "holes": [*square[:6], *square[9:]],
        "third": square[::3],
        "two": square[:2],
        "tiny": [image[:40, :40] for image in square[:6]],
    }
    folder = project_of(tmp_path, clips)
    assert main(["suggest", "--project", str(folder), "--preset", "fast"]) == 0
    told = capsys.readouterr()
    lines = (told.out + told.err).splitlines()
    for name in clips:
        assert any(f"{name}: " in line and "suggested" in line for line in lines), told
    with Project.open(folder) as opened, opened.reading() as connection:
        found = {one.name: len(store.objects(connection, one.id)) for one in store.clips(connection)}
    assert (found["grayscale"], found["holes"]) == (1, 1)
    assert (found["grey"], found["two"], found["tiny"]) == (0, 0, 0)


def test_an_object_that_was_imported_is_not_suggested_beside_it(tmp_path):
    folder = project_of(tmp_path, {"square": moving_square()[0]})
    rows = [f"{frame + 1},1,{21 + 4 * frame},41,40,40,1,-1,-1,-1" for frame in range(14)]
    (tmp_path / "tracks.txt").write_text("\n".join(rows))
    given = ["--project", str(folder)]
    source = str(tmp_path / "tracks.txt")
    assert main(["import-tracks", source, *given, "--clip", "square", "--format", "mot"]) == 0
    assert main(["suggest", *given, "--preset", "fast"]) == 0
    with Project.open(folder) as opened, opened.reading() as connection:
        (one,) = store.objects(connection, 1)
        assert one.review != Review.SUGGESTED
        assert "1 known one left out" in journal.undoable(connection).text


def test_points_that_have_a_gap_of_frames_are_enough(tmp_path):
    with Project.open(project_of(tmp_path, {"square": moving_square()[0]})) as opened:
        list(jobs.run(first := prepare(opened, JOBS["suggest"], FAST)))
        points = result_edit(first).points[1]
        firsts, paths = [], []
        for number in range(len(points)):
            begin = int(points.first[number])
            path = points.xy[points.offsets[number] : points.offsets[number + 1]]
            for start, end in ((0, 6), (8, 14)):  # nothing is known of frames 6 and 7
                part = path[max(start - begin, 0) : max(end - begin, 0)]
                if len(part) > 1:
                    firsts.append(max(start, begin))
                    paths.append(part)
        with opened.writing() as connection:
            journal.perform(connection, ReplacePoints({1: PointTrajectories.pack(firsts, paths)}))
        list(jobs.run(again := prepare(opened, JOBS["suggest"], FAST)))
        objects = result_edit(again).objects[1]
    assert objects
    assert all(frame not in (6, 7) for one in objects for frame in one.frames.tolist())


@pytest.mark.parametrize("how", ["rejected", "deleted"])
def test_the_command_brings_nothing_back_that_a_person_rejected_or_deleted(tmp_path, how):
    folder = project_of(tmp_path, {"square": moving_square()[0]})
    again = ["suggest", "--project", str(folder), "--preset", "fast"]
    assert main(again) == 0
    with Project.open(folder) as opened, opened.writing() as connection:
        (one,) = store.objects(connection, 1)
        edit = SetReview(1, (one.id,), Review.REJECTED) if how == "rejected" else None
        journal.perform(connection, edit or DeleteTrajectories(1, (one.id,)))
    for _ in range(2):
        assert main(again) == 0
        with Project.open(folder) as opened, opened.reading() as connection:
            assert not [o for o in store.objects(connection, 1) if o.review == Review.SUGGESTED]


@pytest.mark.slow
def test_a_clip_of_4k_is_suggested_from_in_full_size(tmp_path):
    images, masks = moving_square(8, (540, 960))
    grown = [cv2.resize(image, (3840, 2160)) for image in images]
    with Project.open(project_of(tmp_path, {"4k": grown})) as opened:
        folder = prepare(opened, JOBS["suggest"], SuggestConfig(preset="fast", shortest=3))
        list(jobs.run(folder))
        (one,) = result_edit(folder).objects[1]
    truth = cv2.resize(masks[6].astype(np.uint8), (3840, 2160), interpolation=cv2.INTER_NEAREST) > 0
    mask = decode_mask(one.masks[one.place(6)], 2160, 3840)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.6  # a small one: 160 of 3840 pixels


def test_kept_points_that_lie_outside_the_clip_are_tracked_again(project):
    """A file that holds to its forms, and was another clip's."""
    with project.reading() as connection:
        clip = store.clips(connection)[0]
    run = RunFolder.create(project.path / "runs" / "one", "suggest", FAST)
    one = ClipSnapshot(clip, PointTrajectories.pack([], []), ())
    list(suggest.work(run, one))
    kept, before = run.checkpoints / f"{clip.id}-points.npz", read_points(run)[clip.id]
    arrays = read_arrays(kept, POINTS)
    write_arrays(kept, arrays | {"points_first": arrays["points_first"] + np.int32(2**30)})
    list(suggest.work(run, one))
    after = read_points(run)[clip.id]
    np.testing.assert_array_equal(after.first, before.first)
