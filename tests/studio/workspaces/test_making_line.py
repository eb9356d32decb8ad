"""The line about a run tells, when it is asked, how the run was made."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication

from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from core.runs import launch, provenance
from core.runs.run_folder import RunFolder
from studio.workspaces.making_line import MakingLine


def tip(line: MakingLine) -> str:
    QApplication.sendEvent(line, QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1)))
    return line.toolTip()


def test_command_machine_and_digests_are_told(qtbot, small_document, tmp_path: Path):
    settings = PretrainConfig(steps=7, seed=5)
    folder = launch.prepare_at(tmp_path / "a <b>", JOBS["pretrain"], settings, small_document.project)
    provenance.note_machine(folder)
    line = MakingLine()
    qtbot.addWidget(line)
    line.show_line("Snapshot of 2 clips", folder)
    text = tip(line)
    assert text.startswith("Snapshot of 2 clips\nCommand: python main.py pretrain --project")
    assert "<b>" in text.replace("\n", " ")
    assert "Seed: 5" in text
    assert "Digest of trajectories" in text
    assert "CPUs, threads" in text


def test_a_run_of_an_older_version_says_what_was_not_recorded(qtbot, tmp_path: Path):
    line = MakingLine()
    qtbot.addWidget(line)
    assert tip(line) == ""
    line.show_line("Old", RunFolder.create(tmp_path / "run", "pretrain", PretrainConfig()))
    assert "Command: not recorded" in tip(line)
