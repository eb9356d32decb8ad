"""What is compared: each row of the study is a recipe, pretrained from several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

SEEDS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a trunk is pretrained; names and defaults as in `PretrainConfig`, but for the last fourteen.

    Attributes:
        batch: pairs; of methods that draw triplets two thirds of it, so that all see as many patches.
        world: `drawn`, `real`, or `none` for no clips.
        clips: how many of the training clips are annotated, the first ones; 0 for all. The others train
            nothing, unless suggestions do.
        annotations: whether annotated objects train.
        suggestions: whether suggested objects of all training clips do, beside them.
        errors: the share of object trajectories that a planted error spoils.
        corrected: whether the errors were then corrected, see `errors.corrected`.
        other_clips: of `nce`: compare an anchor with patches of other clips only, beside its hard negative.
        detection: fine-tune detectors from it too.
        along: probe it on the way too.
        start: take the trunk that another row left instead of pretraining one.
        calibrated: bring each channel to mean 0 and variance 1 on crops of the pictures to fine-tune on.
        fresh: detect in pictures that nothing was chosen on, calibrated by the program's own code on boxes of
            the pictures to fine-tune on; probes only of drawn crops, and none where the trunk is kept.
        scaled: in pretraining and fine-tuning conv1 learns as if pixels had a deviation of 1.
        slow_trunk: fine-tune conv1 … conv5 at a tenth of the rate.
    """

    method: str = "association"
    regime: str = "obj"
    head: str = "abs"
    steps: int = 800
    batch: int = 32
    learning_rate: float = 0.01
    temperature: float = 0.1
    place_jitter: float = 0.0
    colour_jitter: float = 0.0
    gap_longest: int = 0
    world: str = "drawn"
    clips: int = 0
    annotations: bool = True
    suggestions: bool = False
    errors: float = 0.0
    corrected: bool = False
    other_clips: bool = False
    detection: bool = False
    along: bool = False
    start: str = ""
    calibrated: bool = False
    fresh: bool = False
    slow_trunk: bool = False
    scaled: bool = False


RANDOM = Recipe(method="random", world="none", detection=True)
CALTECH = Recipe(method="caltech101", world="none", detection=True)

_SLOW = Recipe(method="slowfeat")
_NCE = Recipe(method="nce", colour_jitter=0.4, learning_rate=0.03)
_ABS, _SIGNED = Recipe(), Recipe(head="signed")

PAPER: dict[str, Recipe] = {
    "SlowFeat-obj": replace(_SLOW, detection=True),
    "SlowFeat-objtr": replace(_SLOW, regime="objtr"),
    "AssociationNet-obj abs": replace(_ABS, detection=True, along=True),
    "AssociationNet-obj signed": replace(_SIGNED, detection=True),
    "AssociationNet-tr abs": replace(_ABS, regime="tr"),
    "AssociationNet-tr signed": replace(_SIGNED, regime="tr"),
    "AssociationNet-objtr abs": replace(_ABS, regime="objtr", detection=True),
    "AssociationNet-objtr signed": replace(_SIGNED, regime="objtr"),
    "nce-obj (beyond the paper)": replace(_NCE, detection=True, along=True),
    "nce-objtr (beyond the paper)": replace(_NCE, regime="objtr"),
}
"""The rows of the paper, with both heads, and the one beyond it."""


@dataclass(frozen=True)
class Block:
    """Rows that are run together, seed by seed.

    Attributes:
        purpose: what they answer, in a few words.
        rows: name → recipe.
        base: the row that the others are compared with, where it is not RandomNet's own.
        drawn_only: all of it is drawn, so that no data set is read.
    """

    purpose: str
    rows: dict[str, Recipe]
    seeds: Sequence[int] = SEEDS
    base: str = ""
    drawn_only: bool = False

    @property
    def suggests(self) -> bool:
        """Whether some row trains on suggestions."""
        return any(recipe.suggestions for recipe in self.rows.values())


FEW = 20
"""Clips that are annotated where few are, of 153."""

MATERIALS: dict[str, dict[str, Any]] = {
    f"{FEW} annotated clips": {"clips": FEW},
    "suggestions alone": {"annotations": False, "suggestions": True},
    f"{FEW} annotated clips and suggestions": {"clips": FEW, "suggestions": True},
}
"""What trains → change to a recipe; suggestions are those of all training clips."""

BESIDE_ALL: dict[str, dict[str, Any]] = {
    "all clips annotated": {},
    "all clips annotated and suggestions": {"suggestions": True},
}

SUGGESTED_BASE = "RandomNet, beside suggestions"


def _suggested(method: str, recipe: Recipe, materials: dict[str, dict[str, Any]] = MATERIALS) -> Block:
    """A method on annotations, suggestions, and both; from pretraining to the fresh pictures in one row."""
    own = _scaled(recipe, detection=True, fresh=True, calibrated=True)
    return Block(
        "do suggestions train?",
        {
            SUGGESTED_BASE: replace(own, method="random"),
            **{f"{method}, {words}": replace(own, **change) for words, change in materials.items()},
        },
        base=f"drawn: {SUGGESTED_BASE}",
        drawn_only=True,
    )


def _spoiled(name: str, recipe: Recipe, share: float) -> dict[str, Recipe]:
    """A row trained on errors, and on the same after correction."""
    return {
        f"{name}, {share:.0%} errors": replace(recipe, errors=share),
        f"{name}, {share:.0%} errors, corrected": replace(recipe, errors=share, corrected=True),
    }


def _factorial(base: Recipe) -> dict[str, Recipe]:
    """A half of the sixteen combinations of four changes, each main effect free of those of pairs.

    place jitter (p), negatives of other clips only (o), a lower temperature (t), gaps of 10 frames at most
    (g); g = p·o·t.
    """
    rows = {}
    for number in range(8):
        p, o, t = (bool(number >> bit & 1) for bit in range(3))
        g = (p + o + t) % 2 == 1
        name = "".join(letter if on else "-" for letter, on in zip("potg", (p, o, t, g), strict=True))
        rows[f"factorial {name}"] = replace(
            base,
            place_jitter=0.15 if p else 0.0,
            other_clips=o,
            temperature=0.05 if t else 0.1,
            gap_longest=10 if g else 0,
        )
    return rows


_REAL_STEPS = 500
_DETECTED = (
    "SlowFeat-obj",
    "AssociationNet-obj abs",
    "AssociationNet-objtr abs",
    "nce-objtr (beyond the paper)",
)
_REAL_NCE = replace(_NCE, regime="objtr", world="real", steps=_REAL_STEPS)


def _scaled(recipe: Recipe, **change: Any) -> Recipe:
    return replace(recipe, scaled=True, learning_rate=0.03, along=False, **change)


_SCALED_REAL = _scaled(_REAL_NCE)


def _fresh(world: str, names: Sequence[str], words: str, **change: Any) -> dict[str, Recipe]:
    """Fine-tunings on fresh pictures from the trunks of rows whose conv1 was scaled."""
    return {
        f"{name}{words}": Recipe(
            method="kept",
            world=world,
            start=f"{name}, scaled" if name in ("RandomNet", "Caltech101Net") else f"{world}: {name}, scaled",
            detection=True,
            scaled=True,
            fresh=True,
            **change,
        )
        for name in names
    }


def _from_trunks(words: str, **change: Any) -> dict[str, Recipe]:
    """Fine-tunings on the pictures of before, and probes, from the trunks of rows whose conv1 was scaled."""
    return {
        f"{name}, scaled{words}": Recipe(method="kept", detection=True, start=start, scaled=True, **change)
        for name, start in (
            ("RandomNet", "RandomNet"),
            ("AssociationNet-obj abs", "drawn: AssociationNet-obj abs, scaled"),
            ("nce-obj", "drawn: nce-obj (beyond the paper), scaled"),
        )
    }


_MORE = (
    "RandomNet",
    "AssociationNet-obj abs",
    "AssociationNet-obj signed",
    "nce-obj (beyond the paper)",
)
_OF_DRAWN = (
    "RandomNet",
    "AssociationNet-obj abs",
    "AssociationNet-obj signed",
    "AssociationNet-objtr abs",
    "SlowFeat-obj",
    "nce-obj (beyond the paper)",
    "Caltech101Net",
)

BLOCKS: dict[str, Block] = {
    "controls": Block("what is compared with", {"RandomNet": RANDOM, "Caltech101Net": CALTECH}),
    "drawn": Block("does it help on drawn things?", PAPER),
    "real": Block(
        "does it help on real clips?",
        {
            name: replace(recipe, world="real", steps=_REAL_STEPS, along=False, detection=name in _DETECTED)
            for name, recipe in PAPER.items()
        },
    ),
    "scaled controls": Block(
        "what is compared with, where conv1 is scaled",
        {
            "RandomNet, scaled": replace(RANDOM, scaled=True),
            "Caltech101Net, scaled": _scaled(CALTECH),
        },
    ),
    "scaled drawn": Block(
        "does it help on drawn things, where conv1 is scaled?",
        {
            f"{name}, scaled": _scaled(PAPER[name], detection=True)
            for name in (
                "AssociationNet-obj abs",
                "nce-obj (beyond the paper)",
                "AssociationNet-obj signed",
                "AssociationNet-objtr abs",
                "SlowFeat-obj",
            )
        },
    ),
    "scaled real": Block(
        "does it help on real clips, where conv1 is scaled?",
        {
            f"{name}, scaled": _scaled(recipe, world="real", steps=_REAL_STEPS, detection=False)
            for name, recipe in PAPER.items()
        },
    ),
    "scaled errors": Block(
        "does correcting help?",
        _spoiled("AssociationNet-obj abs, scaled", _scaled(_ABS), 0.5),
    ),
    "scaled fewer errors": Block(
        "does correcting help?",
        _spoiled("AssociationNet-obj abs, scaled", _scaled(_ABS), 0.3),
    ),
    "more": Block(
        "more steps in the drawn world",
        {"AssociationNet-obj abs, 2,000 steps": replace(_ABS, steps=2000, detection=True)},
    ),
    "errors": Block(
        "does correcting help?",
        _spoiled("AssociationNet-obj abs", _ABS, 0.5) | _spoiled("AssociationNet-obj abs", _ABS, 0.3),
    ),
    "factorial": Block("what moves it on real clips?", _factorial(_SCALED_REAL), seeds=(0, 1)),
    "errors of nce": Block(
        "does correcting help beyond the paper?",
        _spoiled("nce-obj, scaled", _scaled(_NCE, detection=True), 0.5),
    ),
    "longer": Block(
        "longer runs and colour jitter on real clips",
        {
            "nce-objtr, scaled, 2,000 steps": replace(_SCALED_REAL, steps=2000),
            "nce-objtr, scaled, without colour jitter": replace(_SCALED_REAL, colour_jitter=0.0),
            "AssociationNet-objtr abs, scaled, colour jitter": _scaled(
                _ABS, regime="objtr", world="real", steps=_REAL_STEPS, colour_jitter=0.4
            ),
        },
    ),
    "calibrated": Block(
        "does a start lose because it is badly conditioned?",
        _from_trunks(", calibrated", calibrated=True),
        base="drawn: RandomNet, scaled, calibrated",
    ),
    "slower": Block(
        "the same with a slower trunk",
        _from_trunks(", trunk at a tenth of the rate", slow_trunk=True),
        base="drawn: RandomNet, scaled, trunk at a tenth of the rate",
    ),
    "confirmed": Block(
        "does it help on drawn things, on fresh pictures, calibrated?",
        _fresh("drawn", _OF_DRAWN, ", calibrated, fresh pictures", calibrated=True),
        base="drawn: RandomNet, calibrated, fresh pictures",
    ),
    "confirmed without": Block(
        "the same without calibration",
        _fresh("drawn", _MORE, ", fresh pictures"),
        base="drawn: RandomNet, fresh pictures",
    ),
    "more seeds": Block(
        "trunks of five more seeds",
        {
            "RandomNet, scaled": replace(RANDOM, scaled=True),
            **{f"{name}, scaled": _scaled(PAPER[name], detection=True) for name in _MORE if name in PAPER},
        },
        seeds=(5, 6, 7, 8, 9),
    ),
    "confirmed more": Block(
        "five more seeds of what seems to help, on the fresh pictures",
        _fresh("drawn", _MORE, ", calibrated, fresh pictures", calibrated=True),
        seeds=(5, 6, 7, 8, 9),
        base="drawn: RandomNet, calibrated, fresh pictures",
    ),
    "photographs": Block(
        "does it help a detector of photographs, calibrated?",
        _fresh(
            "real",
            ("RandomNet", *PAPER, "Caltech101Net"),
            ", calibrated, photographs",
            calibrated=True,
        ),
        base="real: RandomNet, calibrated, photographs",
    ),
    "number": Block(
        "number of trajectories",
        {f"nce-obj, scaled, {clips} clips": _scaled(_NCE, clips=clips, detection=True) for clips in (20, 60)},
    ),
    "seeds": Block(
        "narrower intervals for the rows that matter most",
        {
            "RandomNet": RANDOM,
            "nce-obj (beyond the paper)": PAPER["nce-obj (beyond the paper)"],
            "AssociationNet-obj abs": PAPER["AssociationNet-obj abs"],
        },
        seeds=(5, 6, 7, 8, 9),
    ),
    "suggested": _suggested("AssociationNet-obj signed", _SIGNED),
    "suggested beside all": _suggested("AssociationNet-obj signed", _SIGNED, BESIDE_ALL),
    "suggested nce": _suggested("nce-obj (beyond the paper)", _NCE),
    "suggested abs": _suggested("AssociationNet-obj abs", _ABS),
    "few errors": Block(
        "does correcting help?", _spoiled("AssociationNet-obj abs, scaled", _scaled(_ABS), 0.1)
    ),
}
"""In order of worth: what the time does not allow for is left out at the end, and said so."""
