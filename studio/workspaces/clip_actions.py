"""What the actions of the menu Clip do, with the clips that are selected in the list."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from core.datasets.clip import Clip, Use
from core.datasets.tiff import file_of
from core.jobs import jobs_on_clips, jobs_over_clips
from core.trajectories.clip_edits import VERBS
from studio.document import Document
from studio.runs.runs import Runs
from studio.tables.clip_list import ClipList
from studio.window.actions import Actions
from studio.workspaces.curate_refusals import NO_CLIP

USES = {"train_on_clips": Use.TRAIN, "hold_out_clips": Use.HELD_OUT, "leave_out_clips": Use.LEFT_OUT}
"""Action → what the selected clips are to be used for."""


def _menu() -> list[str]:
    """Actions at the end of a clip's context menu; empty for a line between."""
    jobs = [job.name for job in (*jobs_on_clips(), *jobs_over_clips())]
    return ["", *jobs, "", "rename_clip", "relocate", "open_clip_folder", "", "remove_clips"]


class ClipActions(QObject):
    """Joins actions to the list of clips, and says which cannot be used now.

    Signals:
        told(str): what there is to know of what was done; one sentence.
        failed(str): what was asked for cannot be done; one sentence.
    """

    told = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        clips: ClipList,
        runs: Runs,
        commands: Actions,
        show: Callable[[], object],
        parent: QObject,
    ) -> None:
        """`show`: brings the list into view."""
        super().__init__(parent)
        self._document, self._clips, self._runs = document, clips, runs
        self._commands, self._show = commands, show
        self._refreshing = QTimer(self, interval=0, singleShot=True)
        self._refreshing.timeout.connect(self.refresh)
        clips.chosen_changed.connect(self._refreshing.start)
        clips.set_actions([commands[name] if name else None for name in _menu()])
        self.refresh()

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        clips = self._clips
        return {
            "find_clip": self._find,
            "select_all_clips": clips.select_all,
            "rename_clip": clips.rename,
            **{name: partial(clips.choose_use, use) for name, use in USES.items()},
            "remove_clips": self._remove,
            "relocate": self._relocate,
            "open_clip_folder": self._open_folder,
        }

    def refresh(self) -> None:
        """Find again what cannot be done now, and why; and how many clips each action is about."""
        chosen = self._clips.chosen
        none = "" if chosen else NO_CLIP
        refused = dict.fromkeys(self.slots(), none)
        for name, use in USES.items():
            so = chosen and all(clip.use is use for clip in chosen)
            refused[name] = none or (_already(chosen, use) if so else "")
            verb = VERBS[use]
            self._commands.set_text(name, f"&{verb[0]}{verb[1:]} {_named(chosen)}")
        tracks = self._clips.removal().tracks
        counted = f" with {tracks:,} track{'s' if tracks != 1 else ''}" if tracks else ""
        self._commands.set_text("remove_clips", f"&Remove {_named(chosen)}{counted}")
        self._commands.set_refused(refused)

    def _find(self) -> None:
        self._show()
        self._clips.field.setFocus()
        self._clips.field.selectAll()

    def _remove(self) -> None:
        names = {clip.name for clip in self._clips.chosen}
        into_clips = {job.name for job in jobs_on_clips()}  # others keep to their snapshot
        working = [run for run in self._runs.active() if run.job in into_clips]
        busy = [run.title for run in working if names & set(run.clips)]
        self._clips.edit_asked.emit(self._clips.removal())
        if busy:
            also = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
            self.told.emit(
                f"{busy[0]}{also} still works on what was removed; nothing will come of that part."
            )

    def _relocate(self) -> None:
        """Ask in which folder the frames of the current clip are now."""
        clip = self._clips.current
        if clip is not None:
            first = file_of(clip.files[0])
            words = f"Folder that holds {first}"
            chosen = QFileDialog.getExistingDirectory(self._clips.window(), words, str(clip.root.parent))
            if chosen and (Path(chosen) / first).is_file():
                self._document.relocate(clip.root, Path(chosen))
            elif chosen:
                self.failed.emit(f"{chosen} holds no {first}; choose the folder that does.")

    def _open_folder(self) -> None:
        clip = self._clips.current
        if clip is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str((clip.root / file_of(clip.files[0])).parent)))


def _named(chosen: list[Clip]) -> str:
    if not chosen:
        return "selected clips"
    return chosen[0].name.replace("&", "&&") if len(chosen) == 1 else f"{len(chosen):,} clips"


def _already(chosen: list[Clip], use: Use) -> str:
    who = f"{chosen[0].name} is" if len(chosen) == 1 else f"All {len(chosen):,} selected clips are"
    train = f"{chosen[0].name} trains" if len(chosen) == 1 else f"All {len(chosen):,} selected clips train"
    return f"{train} already." if use is Use.TRAIN else f"{who} {use.value} already."
