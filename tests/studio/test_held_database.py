"""An edit while another program holds the database: the window does not wait for it, nothing is lost."""

import contextlib
import sqlite3

import pytest

from core.trajectories.trajectory_edits import Relabel
from studio.document import Document


def test_an_edit_is_stored_once_another_program_lets_go_of_the_database(small_document: Document, qtbot):
    clip = small_document.clips()[0].clip.id
    swan = next(iter(small_document.objects(clip)))
    small_document.failed.connect(pytest.fail)
    path = small_document.project.path / "annotations.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert small_document.perform(Relabel(clip, (swan,), "néw"))
        assert small_document.busy.endswith(", once another program lets go of the project")
        assert small_document.objects(clip)[swan].label != "néw"
        with qtbot.waitSignal(small_document.performed):
            other.execute("ROLLBACK")
    assert small_document.objects(clip)[swan].label == "néw"
    assert not small_document.busy
    assert small_document.undo()
    assert small_document.objects(clip)[swan].label != "néw"
