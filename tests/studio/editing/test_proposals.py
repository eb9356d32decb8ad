"""A person goes through what a run proposed: does it, dismisses it, takes that back, comes again tomorrow."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from core.identity.change_points import Finding, SeenTrack
from core.identity.config import IdentityConfig
from core.identity.proposals import proposal_of, write_proposals
from core.jobs import JOBS
from core.runs import launch
from core.runs.run_folder import RunFolder, State
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview, Swap
from studio.app import Studio
from studio.panels.film_strip import SIDE
from tests.studio import densified
from tests.studio.at_the_window import CTRL, key
from tests.studio.judged import judge

SWAPPED = 10


def a_run(studio: Studio, findings: list[Finding], certain: float = 0.5) -> RunFolder:
    """A run that is done, which found these things among the tracks of the clip as they are now."""
    document, clip = studio.session.document, studio.session.view.clip
    settings = IdentityConfig(init="random", certainty=certain)
    folder = launch.prepare(document.project, JOBS["identity"], settings, [clip])
    tracks = [
        SeenTrack(one.id, one.frames, one.boxes, np.zeros((len(one.frames), 1), np.float32))
        for one in document.objects(clip.id).values()
    ]
    write_proposals(folder.results, clip.id, [proposal_of(clip.id, one, tracks) for one in findings])
    folder.write_status(replace(folder.status(), state=State.DONE))
    return folder


@pytest.fixture
def swapped(open_studio: Studio, drawn, tmp_path: Path, qtbot) -> Studio:
    """Two objects that change places at `SWAPPED`; a run proposes to swap them back, and a cut at 18."""
    session = open_studio.session
    (tmp_path / "drawn").mkdir()
    densified.add_to(session.document, tmp_path / "drawn", drawn)
    clip = next(known.clip for known in session.document.clips() if known.clip.name == "drawn")
    session.view.set_clip(clip)
    qtbot.waitUntil(lambda: len(session.tracks.model.shown_ids) == 2)
    first, second = session.document.objects(clip.id)
    for id in (first, second):
        judge(session.document, clip.id, id, {}, ())
    assert session.document.perform(Swap(clip.id, first, second, SWAPPED))
    a_run(open_studio, [Finding((0, 1), SWAPPED, 0.9, 0.6, 0.1, 0.2), Finding((1,), 18, 0.7, 0.5, 0.1, 0.6)])
    qtbot.waitUntil(lambda: len(session.proposals.of_clip(clip.id)) == 2)
    return open_studio


def where(studio: Studio) -> tuple[set[int], int]:
    return set(studio.session.view.selection), studio.session.view.frame


def test_a_swap_is_shown_with_its_reason_and_done_with_one_key(swapped: Studio, qtbot):
    session, commands = swapped.session, swapped.window.commands
    clip = session.view.clip
    first, second = sorted(session.document.objects(clip.id))
    true = session.document.objects(clip.id)[second].boxes[SWAPPED:]
    assert session.proposal_card.isHidden()
    assert not commands["do_proposed"].isEnabled()
    key(qtbot, swapped, Qt.Key.Key_BracketRight)
    assert where(swapped) == ({first, second}, SWAPPED)
    card = session.proposal_card
    assert not card.isHidden()
    assert card.title.text() == f"Proposed: swap of tracks {first} and {second} at frame {SWAPPED}"
    assert f"track {first} looks like track {second} did before" in card.reason.text()
    frames = [cut.frame for cut in card.strips[0].cuts]
    assert frames in ([9, 10], [9, 10, 14], [5, 9, 10, 14])  # as many as there is room for
    assert len(frames) * SIDE <= max(card.strips[0].width(), 2 * SIDE)
    assert not card.strips[1].isHidden()
    qtbot.waitUntil(lambda: commands["do_proposed"].isEnabled())

    key(qtbot, swapped, Qt.Key.Key_Y)
    np.testing.assert_array_equal(session.document.objects(clip.id)[first].boxes[SWAPPED:], true)
    assert session.document.last_edit().text == f"Swap tracks {first} and {second} from frame {SWAPPED}"
    assert where(swapped) == ({first}, 18)  # the next one; the track that carries it now
    assert card.title.text() == f"Proposed: cut of track {first} at frame 18"
    assert card.strips[1].isHidden()
    key(qtbot, swapped, Qt.Key.Key_Y)
    spans = [(one.frames[0], one.frames[-1]) for one in session.document.objects(clip.id).values()]
    assert (18, 24) in spans
    assert swapped.window.hint.text() == "No more frames to check."
    assert session.proposals.of_clip(clip.id) == []

    key(qtbot, swapped, Qt.Key.Key_Z, CTRL)
    key(qtbot, swapped, Qt.Key.Key_Z, CTRL)
    assert len(session.proposals.of_clip(clip.id)) == 2  # what is undone is proposed again


def test_what_is_dismissed_by_a_click_does_not_come_back_from_another_run_or_after_a_restart(
    swapped: Studio, qtbot
):
    session, project = swapped.session, swapped.session.document.project.path
    clip = session.view.clip
    key(qtbot, swapped, Qt.Key.Key_BracketRight)
    (button,) = (one for one in session.proposal_card.findChildren(QToolButton) if "Dismiss" in one.text())
    qtbot.waitUntil(button.isEnabled)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.document.last_edit().text.startswith("Dismiss swap of tracks")
    assert [one.proposal.frame for one in session.proposals.of_clip(clip.id)] == [18]
    assert where(swapped)[1] == 18

    a_run(swapped, [Finding((1, 0), SWAPPED + 2, 0.8, 0.6, 0.1, 0.3), Finding((0,), 4, 0.7, 0.5, 0.1, 0.6)])
    qtbot.waitUntil(lambda: [one.proposal.frame for one in session.proposals.of_clip(clip.id)] == [4])
    key(qtbot, swapped, Qt.Key.Key_Z, CTRL)
    assert [one.proposal.frame for one in session.proposals.of_clip(clip.id)] == [SWAPPED + 2, 4]
    key(qtbot, swapped, Qt.Key.Key_Y, CTRL)

    swapped.close_project()
    assert swapped.open_project(project)
    again = swapped.session
    again.view.set_clip(clip)
    qtbot.waitUntil(lambda: bool(again.proposals.of_clip(clip.id)))
    assert [one.proposal.frame for one in again.proposals.of_clip(clip.id)] == [4]


def test_rejected_tracks_are_passed_over_and_other_clips_named(swapped: Studio, qtbot):
    session = swapped.session
    clip = session.view.clip
    _, second = sorted(session.document.objects(clip.id))
    session.document.perform(SetReview(clip.id, (second,), Review.REJECTED))
    assert session.proposals.of_clip(clip.id) == []
    session.document.undo()
    assert len(session.proposals.of_clip(clip.id)) == 2
    other = next(known.clip for known in session.document.clips() if known.clip.name == "birds")
    session.view.set_clip(other)
    qtbot.waitUntil(lambda: len(session.tracks.model.shown_ids) > 2)
    key(qtbot, swapped, Qt.Key.Key_BracketRight)
    assert swapped.window.hint.text() == "No more frames to check. There are some in drawn."


def test_a_key_pressed_where_nothing_is_proposed_does_nothing(swapped: Studio, qtbot):
    before = swapped.session.document.revision()
    key(qtbot, swapped, Qt.Key.Key_Y)
    key(qtbot, swapped, Qt.Key.Key_D)
    assert swapped.session.document.revision() == before


def test_a_damaged_file_of_a_run_is_said_and_costs_nothing_else(swapped: Studio, qtbot):
    session = swapped.session
    said = []
    session.proposals.failed.connect(said.append)
    folder = a_run(swapped, [])
    (file,) = folder.results.glob("proposals-*.json")
    file.write_text("{")
    qtbot.waitUntil(lambda: bool(said))
    assert "is damaged" in said[0]
    assert len(session.proposals.of_clip(session.view.clip.id)) == 2


def test_the_form_begins_with_colours_and_takes_a_pretrained_run(swapped: Studio, qtbot, tmp_path: Path):
    commands, session = swapped.window.commands, swapped.session
    popover = session.jobs.popovers["identity"]
    commands["identity"].trigger()
    qtbot.waitUntil(popover.isVisible)
    assert popover.start_button.isEnabled()
    assert popover.form.value() == IdentityConfig(init="colours")
    popover.form.editor("init").set_value(str(tmp_path / "trunk.safetensors"))
    assert popover.form.value() == IdentityConfig(init=str(tmp_path / "trunk.safetensors"))
    popover.hide()
