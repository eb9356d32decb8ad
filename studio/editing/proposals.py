"""What runs of the job `identity` propose, as far as it is open: not done, not void and not dismissed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.identity.open_proposals import open_proposals
from core.identity.proposals import Proposal, as_json, read_proposals
from core.runs.run_folder import RunFolder
from core.trajectories.dismissals import Dismiss
from core.trajectories.model import Changes
from studio import lookups
from studio.background import Background
from studio.document import Document
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.view_state import ViewState

JOB = "identity"

ByClip = dict[int, list[Proposal]]


@dataclass(frozen=True)
class Proposed:
    """A proposal that is open, and the ids of the tracks it is about now."""

    proposal: Proposal
    tracks: tuple[int, ...]

    @property
    def subject(self) -> str:
        """What it is in a few words."""
        return self.proposal.subject(self.tracks)

    @property
    def reason(self) -> str:
        """Why, for people."""
        return self.proposal.reason(self.tracks)


class Proposals(QObject):
    """The open proposals of each clip, from the newest run that looked through it.

    Signals:
        changed(): others are open.
        edit_asked(Edit): a person wants one done, or dismissed.
        failed(str): a run's proposals are damaged; one sentence for the user.
    """

    changed = Signal()
    edit_asked = Signal(object)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, runs: Runs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._runs = document, view, runs
        self._found: ByClip = {}
        self._open: dict[int, list[Proposed]] = {}
        self._reader = Background(self)
        self._reader.done.connect(self._take)
        self._reader.failed.connect(self.failed)
        for signal in (runs.finished, runs.added, runs.removed):
            signal.connect(self._read_if_told)
        document.changed.connect(self._forget)
        self._read()

    def of_clip(self, clip_id: int) -> list[Proposed]:
        """What is open in a clip, the surest first; nothing about rejected tracks."""
        if clip_id not in self._open:
            self._open[clip_id] = self._still_open(clip_id)
        return self._open[clip_id]

    @property
    def found(self) -> Mapping[int, Sequence[Proposal]]:
        """Clip id → all that the newest run proposed for it, open or not."""
        return self._found

    def here(self) -> Proposed | None:
        """The one about the selected tracks at the frame that is looked at; None where there is none."""
        clip, selection = self._view.clip, self._view.selection
        if clip is None or not selection:
            return None
        at_frame = (one for one in self.of_clip(clip.id) if one.proposal.frame == self._view.frame)
        return next((one for one in at_frame if set(one.tracks) == selection), None)

    def elsewhere(self) -> list[str]:
        """The names of the other clips with proposals: as found, where a clip was not looked at since."""
        counts = {id: len(found) for id, found in self._found.items()}
        counts |= {id: len(found) for id, found in self._open.items()}
        clip = self._view.clip
        others = [one.clip for one in self._document.clips() if clip is None or one.clip.id != clip.id]
        return [other.name for other in others if counts.get(other.id)]

    def do(self) -> None:
        """Ask for the edit that is proposed here."""
        one = self.here()
        if one is not None:
            self.edit_asked.emit(one.proposal.edit(one.tracks))

    def dismiss(self) -> None:
        """Say that what is proposed here is no error; it does not come back, from another run neither."""
        one = self.here()
        if one is not None:
            self.edit_asked.emit(Dismiss(one.proposal.clip_id, one.subject, as_json(one.proposal)))

    def close(self) -> None:
        """Wait for the thread."""
        self._reader.close()

    def _read_if_told(self, run: Run) -> None:
        if run.job == JOB:
            self._read()

    def _read(self) -> None:
        folders = [run.folder for run in self._runs.for_job(JOB) if run.folder is not None]
        self._reader.start(lambda report: _newest(folders))

    def _take(self, found: ByClip) -> None:
        self._found = found
        self._open.clear()
        self.changed.emit()

    def _forget(self, changes: Changes) -> None:
        for clip_id in changes.clips:
            self._open.pop(clip_id, None)
        if changes.clips & self._found.keys():
            self.changed.emit()

    def _still_open(self, clip_id: int) -> list[Proposed]:
        found = self._found.get(clip_id, [])
        if not found:
            return []
        objects, points = self._document.objects(clip_id), self._document.points(clip_id)
        return [
            Proposed(*one)
            for one in open_proposals(found, lookups.dismissed(self._document.project), objects, points)
        ]


def _newest(folders: Sequence[RunFolder]) -> ByClip:
    """The proposals of each clip from the first of some runs that has any.

    Raises:
        StudioError: a file is damaged.
    """
    found: ByClip = {}
    for folder in reversed(folders):
        found |= read_proposals(folder.results)
    return found
