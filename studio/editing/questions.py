"""What a person is asked before an edit that loses something."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from core.trajectories.journal import Edit
from core.trajectories.merging import dropped_by_merge, sentence
from core.trajectories.trajectory_edits import Merge
from studio.document import Document
from studio.editing.batch_words import Question, is_asked_about, question_about


def ask_before(edit: Edit, document: Document, over: QWidget, perform: Callable[[Edit], object]) -> bool:
    """Ask on the spot where an edit would drop something, and make it where that is wanted.

    Returns:
        False where there is nothing to ask.
    """
    if not is_asked_about(edit):
        return False
    assert edit.clip_id is not None
    objects = document.objects(edit.clip_id)
    if isinstance(edit, Merge):
        dropped = dropped_by_merge([objects[id] for id in edit.trajectory_ids if id in objects])
        question = _about_merge(edit, sentence(dropped)) if dropped else None
        wanted: Edit = replace(edit, overlapping=True)
    else:
        question, wanted = question_about(edit, document.points(edit.clip_id), objects), edit
    if question is None:
        return False
    box = QMessageBox(over)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(question.title)
    box.setText(question.text)
    box.setInformativeText(question.stake)
    go_on = box.addButton(question.button, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    go_on.clicked.connect(lambda checked=False: perform(wanted))
    box.open()
    return True


def _about_merge(edit: Merge, dropped: str) -> Question:
    ids = edit.trajectory_ids
    named = f"tracks {ids[0]} and {ids[1]}" if len(ids) == 2 else f"{len(ids):,} tracks"
    stays = "Where both are, a keyframe stays, else the earlier track."
    return Question("Merge", f"Merge {named}?", f"{dropped} {stays}", "&Merge and drop them")
