"""The review queue: what a recipe found, in order, and a person's way through it by keys."""

import time

from PySide6.QtCore import QObject, QRectF, Signal

from core.review.findings import Findings, Item
from core.review.progress import Progress
from core.review.recipes import RECIPES, TO_CHECK, Recipe
from core.trajectories.journal import Edit
from core.trajectories.model import Changes
from studio.document import Document
from studio.editing.proposals import Proposals
from studio.review.kept_progress import KeptProgress
from studio.review.queue_order import QueueOrder
from studio.review.search import Search
from studio.review.surroundings import surroundings
from studio.view_state import ViewState


class Queue(QObject):
    """Goes from item to item and asks for the edits that decisions are.

    It is active from the item that it went to until the person selects something else: only then do the keys
    belong to it. What an edit makes of the item's tracks, such as the half of a split, belongs to the item.

    Attributes:
        recipe: the one in use.
        order: what is left of what it found.
        current: the item that is looked at, or was when the queue was left.
        begun: whether the recipe was asked to look through the clips.

    Signals:
        changed(): other items, another order or threshold, or more of them decided.
        moved(): another item is looked at, or the queue was left.
        searching(int): so many clips are still to be looked through.
        edit_asked(Edit): a decision.
        look_asked(QRectF): this part of the frame is to be seen.
        told(str): where the queue is, or why it cannot go on; a sentence.
        failed(str): a sentence for the user.
    """

    changed = Signal()
    moved = Signal()
    searching = Signal(int)
    edit_asked = Signal(object)
    look_asked = Signal(QRectF)
    told = Signal(str)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, proposals: Proposals, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self.recipe: Recipe = RECIPES[TO_CHECK]
        self.order = QueueOrder(self.recipe)
        self.current: Item | None = None
        self.active = False
        self._own: set[int] = set()  # the tracks of the item, and what edits made of them
        self._wanted: Item | None = None  # to go to when its clip is read
        self.begun = False
        self._start_by = 0  # to step when they are looked through
        self._adopting = False  # what is selected, when it is found
        self._moving = self._deciding = self._made = False
        self._since = 0.0
        self._search = Search(document, view, lambda: proposals.found, self)
        self._search.found.connect(self._take_found)
        self._search.progressed.connect(self._tell_search)
        self._search.failed.connect(self.failed)
        self._kept = KeptProgress(document.project.path, self)
        self._kept.failed.connect(self.failed)
        proposals.changed.connect(self._look_again)
        document.changed.connect(self._take_changes)
        document.performed.connect(self._note_made)
        document.prepared.connect(self._arrive)
        view.selection_changed.connect(self._see_selection)
        view.clip_changed.connect(self._see_selection)

    def take_up(self) -> None:
        """Go on where the project's review was left."""
        self._kept.read()
        self._use(RECIPES.get(self._kept.progress.recipe, RECIPES[TO_CHECK]))

    def close(self) -> None:
        """Keep the place, and wait for the threads."""
        self._kept.close()
        self._search.close()

    # --- what is in it ------------------------------------------------------------------------

    @property
    def of_recipe(self) -> Progress:
        """How far the recipe in use is."""
        return self._kept.progress.of(self.recipe.name)

    @property
    def is_searching(self) -> bool:
        """Whether clips are still to be looked through."""
        return not self.begun or bool(self._search.pending)

    @property
    def place(self) -> int | None:
        """Where the current item stands among those that are left; None where it is not among them."""
        return self.order.place_of(self.recipe.key(self.current)) if self.current is not None else None

    def clips_without_points(self) -> int:
        """The clips in which no point was tracked."""
        return sum(not one.points for one in self._document.clips())

    def choose(self, name: str) -> None:
        """Use another recipe."""
        if name != self.recipe.name:
            self._use(RECIPES[name])
            self.begin()
            self._kept.keep()

    def start(self, name: str) -> None:
        """Go through a recipe from its first item on, wherever it was left."""
        self.choose(name)
        self._leave()
        self.of_recipe.current = ""
        self.step(1)

    def begin(self) -> None:
        """Look through all clips, unless that was done."""
        if not self.begun:
            self.begun = True
            self._search.look(self.recipe, {one.clip.id for one in self._document.clips()})

    def set_threshold(self, threshold: float) -> None:
        """Have other items in the queue: those whose values lie beyond."""
        if threshold != self.of_recipe.threshold:
            self.of_recipe.threshold = threshold
            self._arrange()
            self._kept.keep()

    def sort(self, column: str, descending: bool) -> None:
        """Go through the items in another order."""
        self.order.sort(column, descending)
        self.changed.emit()

    def item(self, place: int) -> Item:
        """The item at a place among those that are left."""
        return self.order.findings.item(int(self.order.rows[place]))

    def _use(self, recipe: Recipe) -> None:
        self.recipe, self.order = recipe, QueueOrder(recipe)
        self._kept.progress.recipe = recipe.name
        self.begun, self.current = False, None
        self._leave()
        self.changed.emit()

    def _arrange(self) -> None:
        progress = self.of_recipe
        if progress.threshold is None and self.order.undecided and not self._search.pending:
            progress.threshold = self.recipe.usual(self.order.findings.values)
        self.order.arrange(progress.threshold)
        self.changed.emit()

    # --- going --------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go to the next item or the one before; a queue that was left is taken up where that was."""
        self.begin()
        if self.is_searching and not self.active:
            self._start_by = by
            self.tell_wait()
            return
        count, place = len(self.order), self.place
        if not count:
            self.told.emit(self.nothing_left())
        elif place is None or not self.active:
            resumed = self.order.place_of(self.of_recipe.current)
            self.go(resumed if resumed is not None else (0 if by > 0 else count - 1))
        elif self.leads_on(by):
            self.go(place + by)
        else:
            self.told.emit(f"This is the {'last' if by > 0 else 'first'} item of the queue.")

    @property
    def is_awaited(self) -> bool:
        """Whether the review was asked for and begins when the clips are looked through."""
        return bool(self._start_by)

    def tell_wait(self) -> None:
        """Say what the review waits for."""
        self.told.emit("Looking through the clips; the review begins when that is done. Esc gives it up.")

    def stop_waiting(self) -> None:
        """Begin no review when the clips are looked through."""
        self._start_by = 0
        self.told.emit("The review does not begin.")

    def leads_on(self, by: int) -> bool:
        """Whether there is another item behind (1) or before (-1) the one that is looked at."""
        return self.active and self.place is not None and 0 <= self.place + by < len(self.order)

    def go(self, place: int) -> None:
        """Go to the item at a place among those that are left."""
        self._visit(self.item(place))

    def adopt(self) -> None:
        """Take for the current item the one that is selected in this frame, once it is found."""
        self.begin()
        clip, selection = self._view.clip, self._view.selection
        found = self.order.about(clip.id, selection, self._view.frame) if clip is not None else None
        if found is not None:
            item = self.order.findings.item(found)
            self._be_at(item)
            self.told.emit(f"{self.where()}: {self.recipe.reason(item)}")
        self._adopting = found is None and self.is_searching

    def _visit(self, item: Item) -> None:
        self._wanted = item
        if self._view.clip is not None and self._view.clip.id == item.clip_id:
            self._arrive(item.clip_id)
        else:
            self._document.prepare(item.clip_id)

    def _arrive(self, clip_id: int) -> None:
        item = self._wanted
        if item is None or item.clip_id != clip_id:
            return
        self._wanted = None
        clip = next((one.clip for one in self._document.clips() if one.clip.id == clip_id), None)
        self._moving = True
        self._view.set_clip(clip)
        self._view.set_frame(item.frame)
        self._view.set_selection(item.tracks)
        self._moving = False
        around = surroundings(item, self._document.points(clip_id), self._document.objects(clip_id))
        if around is not None:
            self.look_asked.emit(around)
        self._be_at(item)
        self.told.emit(f"{self.where()}: {self.recipe.reason(item)}")

    def _be_at(self, item: Item) -> None:
        self.current, self.active = item, True
        self._own, self._since = set(item.tracks), time.monotonic()
        self.of_recipe.current = self.recipe.key(item)
        self._kept.keep()
        self.moved.emit()
        if self.leads_on(1):  # while this one is looked at, the clip of the next is read
            self._document.prepare(self.item((self.place or 0) + 1).clip_id)

    def _leave(self) -> None:
        if self.active:
            self.active = False
            self.moved.emit()
            self.told.emit("")  # what was said of its item is over

    def _see_selection(self) -> None:
        selection = self._view.selection
        if self.active and not self._moving and self.current is not None:
            clip = self._view.clip
            elsewhere = clip is None or clip.id != self.current.clip_id
            if elsewhere or (selection and not selection <= self._own):
                self._leave()

    # --- deciding -----------------------------------------------------------------------------

    def accept(self) -> None:
        """Accept the current item and go on; one that was mended since is passed over."""
        self._decide("accepted")

    def reject(self) -> None:
        """Reject the current item and go on."""
        self._decide("rejected")

    def skip(self) -> None:
        """Come back to the current item after the others, and go on."""
        if self.current is None:
            return
        key, place = self.recipe.key(self.current), self.place
        self.of_recipe.skip(key)
        self._kept.keep()
        self._go_on(0 if place is None else place + 1)

    def found(self) -> Item | None:
        """The current item as it is now; None where there is none, or it is not found any more."""
        row = self.order.row_of(self.recipe.key(self.current)) if self.current is not None else None
        return self.order.findings.item(row) if row is not None else None

    def joining(self) -> Edit | None:
        """What joins the current item with what is beside it; None without that, or if the queue was left."""
        item = self.found() if self.active else None
        return self.recipe.join(item) if item is not None else None

    def _decide(self, word: str) -> None:
        item = self.current
        if item is None:
            return
        place, key = self.place, self.recipe.key(item)
        row, found = self.order.row_of(key), self.found()
        if found is None:
            word = "mended"
        else:
            decision = self.recipe.accept if word == "accepted" else self.recipe.reject
            if not self._made_of(decision(found)):
                return
        self.of_recipe.decide(key, word, time.monotonic() - self._since)
        if row is not None:
            self.order.drop(row)
        self._arrange()
        self._kept.keep()
        self._go_on(0 if place is None else place)

    def _made_of(self, edit: object) -> bool:
        """Ask for an edit; whether it was made, or is being stored."""
        self._made, self._deciding = False, True
        was_busy = bool(self._document.busy)
        self.edit_asked.emit(edit)
        self._deciding = False
        return self._made or (bool(self._document.busy) and not was_busy)

    def _note_made(self) -> None:
        self._made = True

    def _go_on(self, start: int) -> None:
        """Go to the first item from a place on, round the end, that was not skipped; at last to those."""
        skipped, count = dict.fromkeys(self.of_recipe.skipped), len(self.order)
        here = self.recipe.key(self.current) if self.current is not None else ""
        for place in [*range(min(start, count), count), *range(min(start, count))]:
            if self.recipe.key(self.item(place)) not in skipped:
                self.go(place)
                return
        for key in skipped:
            left = self.order.place_of(key)
            if left is not None and (key != here or count == 1):
                self.go(left)
                return
        self.current = None
        self._leave()
        self.changed.emit()
        self.moved.emit()
        self.told.emit(self.nothing_left())

    # --- in words -----------------------------------------------------------------------------

    def where(self) -> str:
        """Such as `7 of 23`."""
        decided, place = len(self.of_recipe.decided), self.place
        total = f"{decided + len(self.order):,}"
        return f"{decided + place + 1:,} of {total}" if place is not None else f"{decided:,} of {total} done"

    def nothing_left(self) -> str:
        """Why there is no item to go to, and what to do."""
        if not self._document.clips():
            return "Import clips first."
        if self.order.undecided:
            return "Nothing lies beyond the threshold; change it to see more."
        decided = len(self.of_recipe.decided)
        return f"All {decided:,} are decided." if decided else self.recipe.empty

    # --- what changes -------------------------------------------------------------------------

    def _take_found(self, clip_ids: frozenset[int], findings: Findings) -> None:
        self.order.replace(clip_ids, findings)
        undone = self.order.items_of(self.of_recipe.decided, clip_ids)  # which were taken back
        for key in undone:
            del self.of_recipe.decided[key]
        self._arrange()
        if undone:
            self._kept.keep()
        if self.active and self.current is not None:
            self.moved.emit()
            if self.recipe.by_track and self._view.selection.isdisjoint(self.current.tracks):
                halves = self._own
                self.adopt()  # that which a split, or its undo, left selected
                self._own |= halves
        elif self._adopting or set(self._view.selection) in [set(item.tracks) for item in undone.values()]:
            self.adopt()

    def _tell_search(self, left: int) -> None:
        self.searching.emit(left)
        if not left:
            self._arrange()
            by, self._start_by = self._start_by, 0
            if by:
                self.step(by)

    def _take_changes(self, changes: Changes) -> None:
        if self.active and (self.recipe.draws or changes.trajectories & self._own):
            self._own |= changes.new
        own = self._deciding and self.recipe.by_track and not changes.clips & self._search.pending
        if self.begun and not own:
            self._search.look(self.recipe, changes.clips)

    def _look_again(self) -> None:
        if self.begun:
            self._search.look(self.recipe, {one.clip.id for one in self._document.clips()})
