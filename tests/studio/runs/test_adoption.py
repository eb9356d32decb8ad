"""What the window says of a densifying run when its result is stored."""

import numpy as np
from PySide6.QtCore import Qt

from core.trajectories.bulk_edits import FillObservations
from studio.app import Studio
from studio.runs.adoption import findings
from tests.studio.densified import Drawn


def test_findings_are_told_in_sentences(drawn: Drawn):
    first, second = drawn[2]
    filled = {1: {1: first, 2: second}}
    count = len(first.to_check) + len(second.to_check)
    checks = f"{count} frames are to be checked: Review ▸ Next item of the queue."
    assert count > 1
    assert findings(FillObservations(filled)) == checks
    told = findings(FillObservations(filled, audit={1: {1: {8: 0.9, 16: 0.8}, 2: {8: 0.4}}}))
    assert told == f"3 hidden keyframes were filled with an IoU of 70 % on average. {checks}"
    assert findings(FillObservations({1: {2: second}})) == ("" if not len(second.to_check) else checks)


def test_an_audit_is_asked_for_in_the_form_and_told_and_seen_afterwards(open_studio: Studio, qtbot):
    session, toasts = open_studio.session, open_studio.window.toasts
    open_studio.window.commands["densify"].trigger()
    popover = session.jobs.popovers["densify"]
    for name in ("method", "audit"):
        assert popover.form.editor(name).isVisible()
    popover.form.editor("method").set_value("shape")
    popover.form.editor("audit").set_value(True)
    qtbot.keyClick(popover.clips, Qt.Key.Key_End)
    qtbot.mouseClick(popover.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("hidden keyframes" in text for text in toasts.texts), timeout=600_000)
    told = next(text for text in toasts.texts if "hidden keyframes" in text)
    objects = session.document.objects(session.view.clip.id).values()
    overlap = np.concatenate([one.overlap[np.isfinite(one.overlap)] for one in objects])
    assert len(overlap) == 2, "the middle one of each object's three keyframes"
    assert told.startswith("3 hidden keyframes were filled with an IoU of "), "of both clips"
    model = session.tracks.model
    columns = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(model.columnCount())]
    assert model.index(0, columns.index("Audit")).data().endswith(" %")
