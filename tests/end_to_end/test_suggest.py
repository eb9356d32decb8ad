"""Objects of a clip that nobody annotated: suggested, walked by keys, accepted, and taken back."""

import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.datasets.clip import Clip
from core.datasets.sample import sample_clips
from core.geometry import decode_mask
from core.jobs import pending
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.trajectories import journal
from core.trajectories.bulk_edits import AddClips
from core.trajectories.exchange.choice import Choice
from core.trajectories.model import Origin, Review
from tests.end_to_end.user import User
from tests.studio.at_the_window import activate

NAME = "creatures1"


@pytest.fixture
def truth():
    return dict(sample_clips(7))[NAME]


@pytest.fixture
def user(qtbot, qapp, tmp_path, truth, monkeypatch):
    """At the window with the frames of a clip of the sample, without its annotation."""
    monkeypatch.setattr("studio.app.projects_folder", lambda: tmp_path / "projects")
    frames, files = tmp_path / "frames", []
    frames.mkdir()
    for number, frame in enumerate(truth.frames):
        files.append(f"{number:03d}.png")
        cv2.imwrite(str(frames / files[-1]), frame[..., ::-1])
    height, width = truth.frames.shape[1:3]
    clip = Clip(name=NAME, dataset="frames", width=width, height=height, root=frames, files=tuple(files))
    with Project.create(tmp_path / "project") as project, project.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
    user = User(qtbot, qapp, tmp_path)
    user.start()
    assert user.studio.open_project(tmp_path / "project")
    user.wait(lambda: user.session is not None and user.session.view.clip is not None)
    yield user
    user.leave()


def reviews(project: Path) -> list[tuple[int, int]]:
    """Review of each object and how many keyframes it has, read by another connection."""
    query = (
        "SELECT t.review, sum(o.origin = ?) FROM trajectory t JOIN observation o ON o.trajectory_id = t.id "
        "GROUP BY t.id ORDER BY t.id"
    )
    with sqlite3.connect(f"file:{project / 'annotations.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query, (int(Origin.EDITED),)).fetchall()


def overlaps(one, truth) -> np.ndarray:
    """(K,) IoU of an object with each creature, over all frames of the clip."""
    shared = np.zeros(truth.labels.max())
    either = np.zeros(len(shared))
    height, width = truth.labels.shape[1:]
    for frame, labels in enumerate(truth.labels):
        place = one.place(frame)
        mask = one.masks[place] if place is not None else None
        seen = np.zeros((height, width), bool) if mask is None else decode_mask(mask, height, width)
        for number in range(len(shared)):
            creature = labels == number + 1
            shared[number] += np.count_nonzero(seen & creature)
            either[number] += np.count_nonzero(seen | creature)
    return shared / either


def offered(user):
    """The message that offers the review of what was suggested; None when it is not shown."""
    shown = user.studio.window.toasts._shown
    return next((one for one in shown if "for your decision" in one.label.text()), None)


def test_from_the_button_to_accepted_objects_and_back(user, truth):
    session, qtbot = user.session, user.qtbot
    document, view, queue = session.document, session.view, session.queue
    project, clip = document.project.path, session.view.clip

    user.wait(session.tracks.no_objects.isVisible)
    user.press(session.tracks.no_objects.button)
    popover = session.jobs.popovers["suggest"]
    user.wait(popover.isVisible)
    popover.form.editor("preset").set_value("fast")
    user.press(popover.start_button)
    user.wait(lambda: [*project.glob("runs/*/config.toml")])
    (folder,) = (RunFolder(path.parent) for path in project.glob("runs/*/config.toml"))
    user.wait(lambda: offered(user) is not None)
    user.press(offered(user).button)  # before it goes away
    assert user.ended(folder) is State.DONE

    found = dict(document.objects(clip.id))
    assert {(review, keys) for review, keys in reviews(project)} == {(Review.SUGGESTED, 0)}
    assert not session.tracks.no_objects.isVisible()
    with document.project.reading() as connection:
        assert Choice().of(connection, clip)[1] == []

    user.wait(lambda: queue.active)
    assert queue.recipe.name == "suggested"
    activate(qtbot, user.studio.window)
    assert session.canvas.isAncestorOf(user.studio.window.focusWidget()) or session.canvas.hasFocus()
    order, covered = [], set()
    while queue.active:
        (id,) = view.selection
        order.append(id)
        assert len(order) <= len(found)
        overlap = overlaps(found[id], truth)
        creature = int(overlap.argmax())
        right = overlap[creature] >= 0.5 and creature not in covered
        covered |= {creature} if right else set()
        qtbot.keyClick(session.canvas, Qt.Key.Key_Return if right else Qt.Key.Key_Backspace)
        user.wait(lambda: not document.busy)
    sure = [float(found[id].confidence.mean()) for id in order]
    assert sorted(order) == sorted(found)
    assert sure == sorted(sure, reverse=True)
    assert covered == set(range(int(truth.labels.max())))  # every creature
    assert len(found) == len(covered)  # and nothing else

    states = reviews(project)
    assert [review for review, _ in states].count(Review.ACCEPTED) == len(covered)
    assert all((keys >= 2) is (review == Review.ACCEPTED) for review, keys in states)
    with document.project.reading() as connection:
        assert len(Choice().of(connection, clip)[1]) == len(covered)
    for _ in order:
        user.key("undo")
        user.wait(lambda: not document.busy)
    assert {(review, keys) for review, keys in reviews(project)} == {(Review.SUGGESTED, 0)}


def test_what_was_deleted_does_not_come_back(user):
    session = user.session
    document, view, clip = session.document, session.view, session.view.clip
    popover = session.jobs.popovers["suggest"]

    def suggest(note: str) -> None:
        runs = set(document.project.path.glob("runs/*/config.toml"))
        user.studio.window.commands["suggest"].trigger()
        user.wait(popover.isVisible)
        user.wait(lambda: popover.note.text() == note)
        popover.form.editor("preset").set_value("fast")
        user.press(popover.start_button)
        user.wait(lambda: set(document.project.path.glob("runs/*/config.toml")) - runs)
        (path,) = set(document.project.path.glob("runs/*/config.toml")) - runs
        assert user.ended(RunFolder(path.parent)) is State.DONE
        user.wait(lambda: not pending(document.project) and not document.busy)

    suggest("")
    assert "points are tracked first" in popover._comes_to.text()
    before = dict(document.objects(clip.id))
    assert len(before) >= 2
    view.set_selection([min(before)])
    user.key("delete_track")
    user.wait(lambda: len(document.objects(clip.id)) == len(before) - 1)
    others = len(before) - 1
    suggest(f"Replaces {others} suggestion{'s' if others != 1 else ''}; leaves out 1 that you deleted.")
    assert len(document.objects(clip.id)) == others
