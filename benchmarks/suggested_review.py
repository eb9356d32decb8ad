"""What suggestions save a person, against a box in every tenth frame; JSON on standard output.

    python -m benchmarks.suggestion --data DIR --only review [--clips libby cars9] [--preset fast]

DAVIS-2016 (`DIR/DAVIS`) and BMS-26 (`DIR/moseg_dataset`), the first 60 frames of each clip. An object is
recalled by a track with a mean IoU of .5 over the annotated frames in which it or the track is. By a script
that knows the truth,

- `suggested`: suggestions are decided on in the order of the queue: accepted where they recall an object,
  joined with the one beside them where that is another part of the same object, put off once where they are
  that of another, else rejected;
- `boxes`: around one object after the other a box is drawn in every tenth frame and the last, then all are
  densified at once. A box counts as filled;
- `cut out`: the same boxes, drawn with the tool *Segment*, which finds a mask in each.

Where few frames are annotated (BMS-26), those nearest to every tenth are drawn in: frames that are drawn in
are judged too, which flatters drawing. It flatters the queue that one frame tells the script what a track is.

`keys`, `mouse`, `frames`: key presses; clicks and drags; frames looked at. `person_s` is what they take by
the model in `benchmarks.curation`, `program_s` CPU time: of tracking, grouping and masks, or of cutting out
and densifying. `begin` is done once, however many clips there are; `together` has it and goes from clip to
clip. `to_recall` is what a share of all objects took; absent where it was not reached.
"""

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from benchmarks.curation import seconds
from benchmarks.hands import Effort
from benchmarks.stabilising import clips
from benchmarks.suggested_masks import FRAMES, RIGHT, overlaps, suggested
from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.geometry import encode_mask, mask_box
from core.motion_segmentation.config import SuggestConfig
from core.project.project import Project
from core.review.findings import Item
from core.review.material import NO_POINTS, Material
from core.review.recipes import RECIPES
from core.segmentation.segmenter import Prompts
from core.segmentation.superpixel_cut import SuperpixelCut
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips, FillObservations
from core.trajectories.model import ObjectTrajectory
from core.trajectories.observation_edits import AddObject, SetObservation
from core.trajectories.suggestion_edits import AddSuggestions

CLIPS = ("car-shadow", "libby", "cars3", "cars7")
"""Measured unless others are asked for; settings of masks were chosen on the first two."""

APART = 10
"""Frames from one that is drawn in to the next."""

LEVELS = (0.25, 0.5, 0.75, 0.9, 1.0)

Truth = Mapping[int, np.ndarray]
"""Frame → (H, W) labels, 0 the background."""

RECIPE = RECIPES["suggested"]

BEGIN = {
    # the button and Start; the tab Review; down to the recipe; `]`
    "suggested": Effort(mouse=3, keys=list(RECIPES).index("suggested") + 1),
    # B or C; Ctrl+D and Start
    "boxes": Effort(mouse=1, keys=2),
    "cut out": Effort(mouse=1, keys=2),
}
"""What a way takes once."""


@dataclass
class Way:
    """A way through a clip.

    Attributes:
        objects: how many the clip has.
        steps: objects recalled from then on, and the effort so far.
        program: seconds of CPU.
    """

    objects: int
    steps: list[tuple[int, Effort]] = field(default_factory=list)
    program: float = 0.0


def recalled(J: np.ndarray) -> int:
    """How many objects tracks recall, of (F, O) float overlaps."""
    return int((J.max(axis=0, initial=0) >= RIGHT).sum())


class Decisions:
    """A script that decides on the suggestions of a clip."""

    def __init__(self, connection: Connection, clip: Clip, truth: Truth) -> None:
        self._connection, self._clip, self._truth = connection, clip, truth
        self._J: dict[int, np.ndarray] = {}
        self._put_off = set[int]()
        self._beside: dict[int, int] = {}

    def steps(self) -> list[tuple[int, Effort]]:
        """Decide on all, surest first."""
        effort, accepted = Effort(), list[int]()
        steps = [(0, Effort())]
        while (item := self._next()) is not None:
            (id,) = item.tracks
            effort.frames += 1
            effort.keys += 1
            right = self._J[id].max(initial=0) >= RIGHT
            if self._joined(item):  # M
                pass
            elif not right and id not in self._put_off and self._is_asked_for(id):  # Esc
                self._put_off.add(id)
            else:
                accepted += [id] if right else []
                journal.perform(self._connection, RECIPE.accept(item) if right else RECIPE.reject(item))
            here = np.array([self._J[one] for one in accepted])
            steps.append((recalled(here) if accepted else 0, replace(effort)))
        return steps

    def _next(self) -> Item | None:
        objects = {one.id: one for one in store.objects(self._connection, self._clip.id)}
        found = RECIPE.find(Material(self._clip, NO_POINTS, objects))
        ids = found.tracks[:, 0].tolist()
        fresh = [objects[id] for id in ids if id not in self._J]
        self._J |= dict(zip([one.id for one in fresh], overlaps(fresh, self._truth), strict=True))
        self._beside = dict(zip(ids, found.notes.tolist(), strict=True))
        later = np.isin(ids, list(self._put_off))
        return found.item(int((found.values - 1000 * later).argmax())) if len(found) else None

    def _is_asked_for(self, id: int) -> bool:
        """Whether another suggestion has it beside it, and both are parts of one object."""
        return any(beside == id and self._are_parts(other, id) for other, beside in self._beside.items())

    def _are_parts(self, one: int, other: int) -> bool:
        mine, theirs = self._J[one], self._J[other]
        return bool(mine.any() and theirs.any() and mine.argmax() == theirs.argmax())

    def _joined(self, item: Item) -> bool:
        """Whether it and the one beside it were parts of one object, and now are one track."""
        edit = RECIPE.join(item)
        if edit is None or not self._are_parts(item.tracks[0], item.note):
            return False
        mine, theirs = self._J[item.tracks[0]], self._J[item.note]
        part_of = int(mine.argmax())
        journal.perform(self._connection, edit)
        both = store.some_objects(self._connection, item.tracks)
        (J,) = overlaps(both, self._truth)
        if J[part_of] <= max(mine[part_of], theirs[part_of]):
            journal.undo(self._connection)
            return False
        self._J[item.tracks[0]] = J
        return True


def by_queue(frames: Images, clip: Clip, truth: Truth, config: SuggestConfig, folder: Path) -> Way:
    """Suggest, and decide."""
    way, began = Way(len(numbers(truth))), time.process_time()
    found = suggested(frames, config)
    way.program = time.process_time() - began
    with Project.create(folder / "suggested") as project, project.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
        (here,) = store.clips(connection)
        journal.perform(connection, AddSuggestions({here.id: found}))
        way.steps = Decisions(connection, here, truth).steps()
    return way


def by_drawing(frames: Images, clip: Clip, truth: Truth, cuts_out: bool, folder: Path) -> Way:
    """Draw and densify; `cuts_out`: with the tool Segment, else boxes alone."""
    way, effort = Way(len(numbers(truth))), Effort(mouse=1)  # a click on the clip
    efforts = [(0, Effort())]  # with tracks so far
    drawn_in, began = asked(truth, len(frames)), time.process_time()
    with Project.create(folder / f"drawn-{cuts_out}") as project, project.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
        (here,) = store.clips(connection)
        tracks = 0
        for number in numbers(truth):
            effort.keys += 1 if number == numbers(truth)[0] else 2  # N, and Home before it
            id = None
            for frame in drawn_in:
                effort.keys += frame != drawn_in[0]  # Shift+Right
                effort.frames += 1
                box = mask_box(truth[frame] == number)
                if box is None:
                    continue
                effort.mouse += 1
                box, runs = cut_out(frames[frame], box) if cuts_out else (box, None)
                if id is None:
                    journal.perform(connection, AddObject(here.id, "", frame, box, runs))
                    id = store.objects(connection, here.id)[-1].id
                else:
                    journal.perform(connection, SetObservation(here.id, id, frame, box, runs))
            tracks += id is not None
            efforts.append((tracks, replace(effort)))
        objects = store.objects(connection, here.id)
        densifier = Densifier(frames, objects, DensifyConfig())
        for _ in densifier.steps():
            pass
        filled = {one.id: one for one in densifier.trajectories()}
        journal.perform(connection, FillObservations({here.id: filled}))
        way.program = time.process_time() - began
        found = [solid(one, *clip_size(truth)) for one in store.objects(connection, here.id)]
    J = overlaps(found, truth)
    way.steps = [(recalled(J[:count]), so_far) for count, so_far in efforts]
    return way


def numbers(truth: Truth) -> list[int]:
    """The objects."""
    return sorted({int(number) for labels in truth.values() for number in np.unique(labels)} - {0})


def clip_size(truth: Truth) -> tuple[int, int]:
    """Height and width."""
    height, width = next(iter(truth.values())).shape
    return height, width


def asked(truth: Truth, frames: int) -> list[int]:
    """The annotated frames that are drawn in, ascending."""
    wanted = [*range(0, frames - 1, APART), frames - 1]
    return sorted({min(truth, key=lambda frame: abs(frame - one)) for one in wanted})


def cut_out(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, bytes | None]:
    """Box and run lengths of what the segmenter finds in a box (4,); the box alone where that is nothing."""
    mask = SuperpixelCut().segment(image, Prompts().with_box(box)).mask
    around = mask_box(mask)
    return (box, None) if around is None else (around, encode_mask(mask))


def solid(one: ObjectTrajectory, height: int, width: int) -> ObjectTrajectory:
    """The object with its box, filled, where it has no mask."""
    masks = list(one.masks)
    for place, (x1, y1, x2, y2) in enumerate(np.rint(one.boxes).astype(int).tolist()):
        if masks[place] is None:
            mask = np.zeros((height, width), bool)
            mask[max(y1, 0) : y2, max(x1, 0) : x2] = True
            masks[place] = encode_mask(mask)
    return replace(one, masks=tuple(masks))


def ways(frames: Images, clip: Clip, truth: Truth, config: SuggestConfig) -> dict[str, Way]:
    """All ways through one clip."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "suggested": by_queue(frames, clip, truth, config, folder),
            "boxes": by_drawing(frames, clip, truth, False, folder),
            "cut out": by_drawing(frames, clip, truth, True, folder),
        }


def cost(effort: Effort, program: float) -> dict[str, Any]:
    """As it is reported."""
    return {
        "keys": effort.keys,
        "mouse": effort.mouse,
        "frames": effort.frames,
        "person_s": round(seconds(effort), 1),
        "program_s": round(program, 1),
    }


def added(a: Effort, b: Effort) -> Effort:
    """One after the other."""
    return Effort(a.keys + b.keys, a.mouse + b.mouse, a.frames + b.frames)


def together(name: str, found: Sequence[Way]) -> dict[str, Any]:
    """A way through clips one after the other, and what it takes to levels of recall."""
    objects, right, effort, program = sum(way.objects for way in found), 0, BEGIN[name], 0.0
    levels: dict[str, Any] = {}
    for way in found:
        program += way.program
        for count, more in way.steps:
            reached = (right + count) / max(objects, 1)
            for level in LEVELS:
                if reached >= level:
                    levels.setdefault(str(level), cost(added(effort, more), program))
        right, effort = right + way.steps[-1][0], added(effort, way.steps[-1][1])
    return {"objects": objects, "recalled": right, **cost(effort, program), "to_recall": levels}


def review(data: Path, wanted: Sequence[str], config: SuggestConfig) -> dict[str, Any]:
    """Figure 4: each clip, and by way all together."""
    rows: dict[str, dict[str, Way]] = {}
    for found, truth in clips(data, wanted or CLIPS):
        count = min(FRAMES, found.clip.frames)
        with open_frames(found.clip) as images:
            frames = [images[frame] for frame in range(count)]
        within = {frame: labels for frame, labels in truth.items() if frame < count}
        rows[found.clip.name] = ways(frames, found.clip, within, config)
        print(found.clip.name, json.dumps(told(rows[found.clip.name])), file=sys.stderr, flush=True)
    of_each = {name: [row[name] for row in rows.values()] for name in BEGIN}
    return {
        "begin": {name: cost(effort, 0) for name, effort in BEGIN.items()},
        "clips": {clip: told(row) for clip, row in rows.items()},
        "together": {name: together(name, of_way) for name, of_way in of_each.items()},
    }


def told(row: Mapping[str, Way]) -> dict[str, Any]:
    """One clip by way, without what is done once."""
    return {
        name: {"objects": way.objects, "recalled": way.steps[-1][0], **cost(way.steps[-1][1], way.program)}
        for name, way in row.items()
    }
