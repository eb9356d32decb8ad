"""What a pretraining run trains on, and what it is measured on, as its folder records it."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.pairs.counting import Counts, count
from core.pairs.sampling import FrameGap
from core.pairs.split import Split, share_of, split_clips
from core.pairs.training_set import KINDS
from core.pretraining.config import PretrainConfig
from core.trajectories.filter_text import parse
from core.trajectories.model import Kind
from core.trajectories.snapshot_parts import snapshot_extents, snapshot_rows, trajectories_digest

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(PretrainConfig)}
_PAIRS = ("association", "contrastive")
_DRAW = ("seed {} draws others than seed {}", "batches of {} draw others than batches of {}")


@dataclass(frozen=True)
class Measured:
    """All that decides which held-out pairs, triplets or images a run is measured on.

    Attributes:
        of: what is drawn: "pairs", or a method that draws otherwise.
        clips: the names of the clips, or the images' folder and the share held out of it.
        digest: of the trajectories of these clips.
        choice: which trajectories of theirs count, such as "objtr".
        gap: frames between the patches, at least and at most.
        patch: of points, the side in pixels and the least length in frames.
        count: how many are drawn.
        draw: seed and batch, by which they are drawn.
    """

    of: str
    clips: tuple[str, ...]
    digest: int
    choice: str
    gap: tuple[int, int]
    patch: tuple[float, int]
    count: int
    draw: tuple[int, int]

    def unlike(self, other: "Measured") -> str:
        """What is different in another run, as the end of a sentence; empty where nothing is."""
        if self.of != other.of:
            return f"{other.of} are drawn otherwise than {self.of}"
        if self.clips != other.clips:
            return f"other clips are held out ({_named(other.clips)}, not {_named(self.clips)})"
        if self.choice != other.choice:
            return f"regime {other.choice} measures other tracks than {self.choice}"
        if self.digest != other.digest:
            return "the tracks of the held-out clips were edited in between"
        if self.gap != other.gap or self.patch != other.patch:
            return "other frame gaps, track lengths or patch sizes are measured"
        if self.count != other.count:
            return f"{other.count:,} are measured, not {self.count:,}"
        if self.draw != other.draw:
            places = [place for place in range(2) if other.draw[place] != self.draw[place]]
            return " and ".join(_DRAW[place].format(other.draw[place], self.draw[place]) for place in places)
        return ""


@dataclass(frozen=True)
class RunMaterial:
    """Of a run.

    Attributes:
        split: the clips by what they do in it; None for one that trains on images.
        training, held_out: the trajectories that give pairs, by kind and clip.
        measured: None where nothing is held out.
        waiting: objects that were only suggested, and for that reason did not train.
        suggested: objects that were only suggested, and trained.
    """

    split: Split | None
    training: Counts
    held_out: Counts
    measured: Measured | None
    waiting: int = 0
    suggested: int = 0


def run_material(snapshot: Path, settings: Mapping[str, Any]) -> RunMaterial | None:
    """The material of a run, with its settings as written; None where an older version did not record it.

    Raises:
        StudioError: the settings name a clip or a share that cannot be.
        one of `core.trajectories.snapshot_parts.UNREAD`: the snapshot is missing or damaged.
    """
    chosen = _DEFAULTS | dict(settings)
    held_out, seed = str(chosen["held_out"]), int(chosen["split_seed"])
    draw = (int(chosen["seed"]), int(chosen["batch"]))
    if "split_seed" not in settings and share_of(held_out):
        return None  # a share was drawn otherwise then
    if chosen["method"] == "caltech101":
        share = share_of(held_out) or 0.0
        clips = (str(chosen["images"]), f"share {share:g}", f"seed {seed}")
        images = Measured("images", clips, 0, "", (0, 0), (0.0, 0), int(chosen["held_out_count"]), draw)
        return RunMaterial(None, Counts({}), Counts({}), images if share else None)
    whole, regime, suggestions = (
        snapshot_extents(snapshot),
        str(chosen["regime"]),
        bool(chosen["suggestions"]),
    )
    extents = whole.that_train(suggestions)
    wanted = parse(str(chosen["tracks"]))
    split = split_clips(extents.uses, held_out, seed)
    gap, length = (int(chosen["gap_shortest"]), int(chosen["gap_longest"])), int(chosen["minimum_length"])
    counts = count(extents, regime, FrameGap(*gap), length)
    chosen_extents = extents.of_filter(snapshot_rows(snapshot), wanted)
    training = count(chosen_extents, regime, FrameGap(*gap), length).of_clips(split.training)
    measured = None
    if split.held_out:
        measured = Measured(
            of="pairs" if chosen["method"] in _PAIRS else str(chosen["method"]),
            clips=tuple(sorted(split.held_out)),
            digest=trajectories_digest(snapshot, split.held_out, KINDS[regime]),
            choice=f"{regime} with suggestions" if suggestions and whole.waiting(split.held_out) else regime,
            gap=gap,
            patch=(float(chosen["patch_size"]), length),
            count=int(chosen["held_out_count"]),
            draw=draw,
        )
    waiting = whole.waiting(split.training) if Kind.OBJECT in KINDS[regime] and not suggestions else 0
    others = count(chosen_extents.that_train(False), regime, FrameGap(*gap), length).of_clips(split.training)
    suggested = training.total(Kind.OBJECT) - others.total(Kind.OBJECT)
    return RunMaterial(split, training, counts.of_clips(split.held_out), measured, waiting, suggested)


def _named(clips: Sequence[str]) -> str:
    return ", ".join(clips[:4]) + (f" and {len(clips) - 4} more" if len(clips) > 4 else "")
