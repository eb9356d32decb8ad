"""What a person is asked before an edit that loses something."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from core.trajectories.journal import Edit
from core.trajectories.merging import dropped_by_merge, sentence
from core.trajectories.trajectory_edits import Merge
from studio.document import Document


def ask_before(edit: Edit, document: Document, over: QWidget, perform: Callable[[Edit], object]) -> bool:
    """Ask on the spot where an edit would drop something, and make it where that is wanted.

    Returns:
        False where there is nothing to ask.
    """
    if not isinstance(edit, Merge) or edit.overlapping:
        return False
    objects = document.objects(edit.clip_id)
    dropped = dropped_by_merge([objects[id] for id in edit.trajectory_ids if id in objects])
    if not dropped:
        return False
    box = QMessageBox(over)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    ids = edit.trajectory_ids
    named = f"tracks {ids[0]} and {ids[1]}" if len(ids) == 2 else f"{len(ids):,} tracks"
    box.setWindowTitle("Merge")
    box.setText(f"Merge {named}?")
    box.setInformativeText(f"{sentence(dropped)} Where both are, a keyframe stays, else the earlier track.")
    merge = box.addButton("&Merge and drop them", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    merge.clicked.connect(lambda checked=False: perform(replace(edit, overlapping=True)))
    box.open()
    return True
