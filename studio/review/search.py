"""Looks through clips by a recipe in a thread, some at a time, and again through those that change."""

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from core.datasets.clip import Clip
from core.events import OnProgress
from core.identity.proposals import Proposal
from core.review.findings import Findings
from core.review.material import Material, read_material
from core.review.recipes import Recipe
from core.trajectories import dismissals
from studio.background import Background
from studio.document import Document
from studio.view_state import ViewState

AT_ONCE = 8
"""Clips in one piece of work: where one changes meanwhile, no more than these are looked through again."""

Found = tuple[frozenset[int], Findings]
"""The clips that were looked through, and what is in them."""


class Search(QObject):
    """Goes through the clips that it is given; of a recipe before, nothing more is heard.

    Signals:
        found(frozenset of clip ids, Findings): in some clips there are these now.
        progressed(int): so many clips are still to be looked through.
        failed(str): a sentence for the user.
    """

    found = Signal(object, object)
    progressed = Signal(int)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        proposals: Callable[[], Mapping[int, Sequence[Proposal]]],
        parent: QObject | None = None,
    ) -> None:
        """`proposals`: gives by clip what the newest search for identity errors proposed."""
        super().__init__(parent)
        self._document, self._view, self._proposals = document, view, proposals
        self._recipe: Recipe | None = None
        self.pending: frozenset[int] = frozenset()
        self._thread = Background(self)
        self._thread.done.connect(self._take)
        self._thread.failed.connect(self._fail)

    def look(self, recipe: Recipe, clip_ids: Collection[int]) -> None:
        """Look through some clips, before others that wait; another recipe than before begins anew."""
        self.pending = frozenset(clip_ids) | (self.pending if recipe is self._recipe else frozenset())
        self._recipe = recipe
        self._go_on(first=clip_ids)

    def close(self) -> None:
        """Wait for the thread."""
        self._thread.close()

    def _go_on(self, first: Collection[int] = ()) -> None:
        self.progressed.emit(len(self.pending))
        recipe = self._recipe
        if recipe is None or not self.pending:
            return
        known = {one.clip.id: one.clip for one in self._document.clips()}
        order = sorted(self.pending, key=lambda id: (id not in first, id))
        ids = frozenset(order[:AT_ONCE])
        clips = [known[id] for id in order[:AT_ONCE] if id in known]
        proposals, here = self._proposals(), self._view.clip
        seen: Material | None = None
        if here is not None and here.id in ids and here.id in known:
            points, objects = self._document.points(here.id), self._document.objects(here.id)
            seen = Material(known[here.id], points, objects)
        project = self._document.project

        def material(clip: Clip, dismissed: Sequence[Mapping[str, object]]) -> Material:
            found = proposals.get(clip.id, ())
            if seen is not None and clip.id == seen.clip.id:
                return Material(clip, seen.points, seen.objects, found, dismissed)
            with project.reading() as connection:
                return read_material(connection, clip, recipe.kinds, found, dismissed)

        def work(report: OnProgress) -> Found:
            with project.reading() as connection:
                dismissed = dismissals.dismissed(connection)
            parts = []
            for done, clip in enumerate(clips):
                report(done, len(clips), clip.name)
                parts.append(recipe.find(material(clip, dismissed)))
            return ids, Findings.join(parts)

        self._thread.start(work)

    def _take(self, found: Found) -> None:
        ids, findings = found
        self.pending -= ids
        self.found.emit(ids, findings)
        self._go_on()

    def _fail(self, sentence: str) -> None:
        self.pending = frozenset()
        self.progressed.emit(0)
        self.failed.emit(sentence)
