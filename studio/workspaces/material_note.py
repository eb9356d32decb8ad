"""What a pretraining run with the settings of the form would train on, counted before it starts."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.datasets.caltech101 import Caltech101, read_caltech101
from core.errors import StudioError
from core.pairs.counting import Counts, count, lost_kinds, material_words, nothing_left
from core.pairs.sampling import FrameGap
from core.pairs.split import share_of, split_clips
from core.pairs.training_set import KINDS
from core.pretraining.config import PretrainConfig
from core.pretraining.images import hold_out, images_words
from core.trajectories.extents import Extents, read_extents, read_rows
from core.trajectories.model import Kind
from core.trajectories.track_filter import TrackFilter
from studio.background import Background
from studio.document import FEW, Document
from studio.wrapped_label import WrappedLabel

COUNTING = "The tracks are being counted…"
COUNTING_IMAGES = "The images are being counted…"


class MaterialNote(WrappedLabel):
    """Counts with what the job itself divides and draws with; in a thread where there is much to read.

    Signals:
        counted(): the tracks or images were counted; ask for the refusal again.
    """

    counted = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._document = document
        self._extents: Extents | None = None
        self._images: Caltech101 | None = None
        self._folder: Path | None = None
        self._failure = self._images_failure = ""
        self._chosen: Extents | None = None
        self._line = self._filter_failure = ""  # the filter that `_chosen` passed
        self._is_old = False  # tracks were edited since
        self._tracks_reader, self._images_reader = Background(self), Background(self)
        self._filter_reader = Background(self)
        self._filter_reader.done.connect(self._take_passed)
        self._filter_reader.failed.connect(self._fail_passed)
        self._tracks_reader.done.connect(self._take_extents)
        self._tracks_reader.failed.connect(self._fail)
        self._images_reader.done.connect(self._take_images)
        self._images_reader.failed.connect(self._fail_images)
        self.setProperty("quiet", True)

    def count(self) -> None:
        """Count the tracks of the project again; what was counted before holds until then."""
        if sum(one.objects + one.points for one in self._document.clips()) > FEW:
            self._tracks_reader.start(lambda report: self._read())
            return
        try:
            self._take_extents(self._read())
        except StudioError as error:
            self._fail(str(error))

    def refusal(self, settings: PretrainConfig) -> str:
        """Why a run with these settings cannot train; empty, with its counts shown, where it can."""
        try:
            words = (
                self._images_of(settings) if settings.method == "caltech101" else self._tracks_of(settings)
            )
        except StudioError as error:
            self.setText(str(error))
            self.setToolTip("")
            return str(error)
        self.setText(f"Trains on {words}")
        return ""

    def close_reader(self) -> None:
        """Stop counting."""
        self._tracks_reader.close()
        self._filter_reader.close()
        self._images_reader.close()

    # --- tracks -------------------------------------------------------------------------------

    def _read(self) -> Extents:
        with self._document.project.reading() as connection:
            return read_extents(connection)

    def _take_extents(self, extents: Extents) -> None:
        self._extents, self._failure, self._is_old = extents, "", True
        self.counted.emit()

    def _fail(self, sentence: str) -> None:
        self._failure = sentence
        self.counted.emit()

    def _tracks_of(self, settings: PretrainConfig) -> str:
        """What trains, is held out and is left out.

        Raises:
            StudioError: nothing trains, or it is not known yet.
        """
        if self._extents is None:
            raise StudioError(self._failure or COUNTING)
        split = split_clips(self._extents.uses, settings.held_out, settings.split_seed)
        gap = FrameGap(settings.gap_shortest, settings.gap_longest)

        def counted(extents: Extents, suggestions: bool) -> Counts:
            train = extents.that_train(suggestions)
            return count(train, settings.regime, gap, settings.minimum_length)

        whole, passed = counted(self._extents, settings.suggestions), self._passed(settings)
        training = counted(passed, settings.suggestions).of_clips(split.training)
        held_out = whole.of_clips(split.held_out)
        if not training.kinds and whole.of_clips(split.training).kinds:
            raise StudioError(nothing_left(settings.tracks))
        if not training.kinds:
            raise StudioError(self._missing(settings.regime, whole))
        of_objects = Kind.OBJECT in KINDS[settings.regime] and not settings.suggestions
        waiting = self._extents.waiting(split.training) if of_objects else 0
        suggested = 0
        if settings.suggestions:
            others = counted(passed, False).of_clips(split.training)
            suggested = training.total(Kind.OBJECT) - others.total(Kind.OBJECT)
        words = partial(
            material_words, training, held_out, split, "tracks", waiting=waiting, suggested=suggested
        )
        tracks = settings.tracks
        self.setToolTip(words(names=True, tracks=tracks))
        lost = lost_kinds(settings.regime, whole.kinds, training, "tracks", tracks)
        return f"{words(tracks=tracks)}. {lost}".strip()

    def _passed(self, settings: PretrainConfig) -> Extents:
        """Those tracks that pass the filter of the settings; of a new one they are read in a thread.

        Raises:
            StudioError: they are not known yet, or cannot be read.
        """
        extents, wanted = self._extents, settings.wanted
        assert extents is not None
        if wanted.is_empty:
            return extents
        if settings.tracks != self._line:
            self._line, self._chosen, self._is_old, self._filter_failure = settings.tracks, None, True, ""
        if self._is_old:
            self._is_old = False
            self._filter_reader.start(lambda report: self._read_passed(extents, wanted))
        if self._chosen is None:
            raise StudioError(self._filter_failure or COUNTING)
        return self._chosen

    def _read_passed(self, extents: Extents, wanted: TrackFilter) -> Extents:
        with self._document.project.reading() as connection:
            return extents.of_filter(read_rows(connection), wanted)

    def _take_passed(self, extents: Extents) -> None:
        self._chosen = extents
        self.counted.emit()

    def _fail_passed(self, sentence: str) -> None:
        self._filter_failure = sentence
        self.counted.emit()

    def _missing(self, regime: str, whole: Counts) -> str:
        """What the regime lacks."""
        clips = self._document.clips()
        objects, points = sum(one.objects for one in clips), sum(one.points for one in clips)
        if not clips:
            return "There are no clips yet; import some in Curate."
        if objects + points == 0:
            return "There are no tracks yet; press Track points in Curate."
        if regime == "obj" and objects == 0:
            return "There are no object tracks yet; import annotations, or choose regime tr."
        if regime == "tr" and points == 0:
            return "There are no point tracks yet; press Track points in Curate, or choose regime obj."
        if whole.kinds:
            return "No clip that trains has such tracks; train on others: right-click them in Curate."
        return "No such track is long and large enough; lower the minimum length, or allow other gaps."

    # --- images -------------------------------------------------------------------------------

    def _images_of(self, settings: PretrainConfig) -> str:
        """How many images train and are held out; they are looked for in a thread.

        Raises:
            StudioError: there are none, or it is not known yet.
        """
        folder = settings.images
        assert folder is not None  # PretrainConfig sees to it
        if folder != self._folder:
            self._folder, self._images, self._images_failure = folder, None, ""
            self._images_reader.start(lambda report: read_caltech101(folder))
        if self._images is None:
            raise StudioError(self._images_failure or COUNTING_IMAGES)
        share = share_of(settings.held_out) or 0.0
        training, held_out = hold_out(self._images, share, settings.split_seed)
        self.setToolTip(str(folder))
        words = images_words(len(training), len(held_out), len(self._images.names))
        return f"{words}{self._images.without}."

    def _take_images(self, images: Caltech101) -> None:
        self._images = images
        self.counted.emit()

    def _fail_images(self, sentence: str) -> None:
        self._images_failure = sentence
        self.counted.emit()
