"""What is kept of the timeline's picture is drawn again with anything that it shows."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QFont, QImage

from core.trajectories.model import Review
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview
from studio import theme
from studio.timeline.timeline import Timeline
from studio.view_state import Filling

WALKER, GAPPED, EARLY = 1, 2, 3


def test_it_always_looks_like_one_that_is_drawn_anew(timeline, view, document, qtbot, qapp):
    qapp.setStyleSheet("")  # a window that was open before has left its own
    clip_id = view.clip.id

    def drawn_anew():
        other = Timeline(document, view)
        qtbot.addWidget(other)
        other.setFont(timeline.font())
        other.resize(timeline.size())
        other.show()
        other.verticalScrollBar().setValue(timeline.verticalScrollBar().value())
        return other.viewport().grab().toImage()

    pictures = [timeline.viewport().grab().toImage()]
    for change, differs in (
        (lambda: view.set_frame(7), True),
        (lambda: view.set_selection({WALKER}), True),
        (lambda: view.set_selection({WALKER, EARLY}), True),
        (lambda: view.set_hovered(GAPPED), True),
        (lambda: view.set_marked((3, 9)), True),
        (lambda: view.set_filling({WALKER: Filling(6, 17, 20)}), True),
        (lambda: view.set_filling({WALKER: Filling(6, 17, 90)}), True),
        (lambda: view.set_filling({}), True),
        (lambda: view.set_layers(replace(view.layers, colour_by="label")), True),
        (lambda: document.perform(Relabel(clip_id, (GAPPED,), "runner")), True),
        (lambda: document.perform(SetReview(clip_id, (WALKER,), Review.REJECTED)), True),
        (lambda: document.undo(), True),
        (lambda: document.perform(DeleteTrajectories(clip_id, (EARLY,))), True),
        (lambda: view.set_shown(frozenset({GAPPED})), True),
        (lambda: view.set_selection(()), True),
        (lambda: view.set_shown(frozenset()), True),
        (lambda: view.set_shown(None), True),
        (lambda: timeline.resize(700, 120), True),
        (lambda: timeline.setFont(QFont("Liberation Serif", 15)), False),
    ):
        change()
        pictures.append(timeline.viewport().grab().toImage())
        assert pictures[-1] == drawn_anew()
        assert not differs or pictures[-1] != pictures[-2]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_lane_of_a_suggestion_is_outlined_in_dashes(timeline, view, document, qapp, place, name):
    def columns():
        """Of the lane, between two keyframes: each row of pixels."""
        image = timeline.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
        rect = timeline.lanes.lane_rect(WALKER)
        left, right = place(WALKER, 8).x(), place(WALKER, 16).x()
        return pixels[round(rect.top()) : round(rect.bottom()), left:right].copy()

    theme.apply(qapp, name)
    try:
        known = columns()
        top = int(np.flatnonzero((known != known[0]).any(axis=1))[0])
        assert len(np.unique(known[top])) == 1  # one line
        document.perform(SetReview(view.clip.id, (WALKER,), Review.SUGGESTED))
        suggested = columns()[top - 1 : top + 1]
        assert max((np.diff(row.astype(np.int64)) != 0).sum() for row in suggested) >= 4
    finally:
        theme.apply(qapp, "dark")
        qapp.setStyleSheet("")


def test_lanes_of_objects_that_no_edit_touched_are_kept(timeline, view, document):
    source = timeline.lanes.source
    walker, gapped = source.lane(WALKER), source.lane(GAPPED)
    document.perform(Relabel(view.clip.id, (GAPPED,), "runner"))
    assert source.lane(WALKER) is walker
    assert (gapped.label, source.lane(GAPPED).label) != ("runner", gapped.label)
    assert source.lane(GAPPED).label == "runner"
    view.set_clip(replace(view.clip, files=view.clip.files[:20]))
    assert source.lane(WALKER) is not walker


def test_zooming_is_seen_at_once(timeline):
    before = timeline.viewport().grab().toImage()
    timeline.zoom(2.0, timeline.viewport().rect().center().x())
    after = timeline.viewport().grab().toImage()
    assert after != before
    timeline.horizontalScrollBar().setValue(timeline.horizontalScrollBar().maximum())
    assert timeline.viewport().grab().toImage() != after
    timeline.fit()
    assert timeline.viewport().grab().toImage() == before
