"""From the columns of a table to trajectories, whoever wrote it.

Of our own tables and of others: a frame, places, and, where there are several tracks, a trajectory are
enough. Numbers of frames are those of the clip's source; where the column holds names of pictures, those
of the clip. A table without `kind` holds boxes where their columns are filled, else points. A label, a
review and an end are those of a trajectory's first row; one whose id is a word is labelled with it. Left
out and said: rows without a track, and points without a place, which are hidden there.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import same_name
from core.errors import StudioError
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted, number_owners
from core.trajectories.exchange.column_mapping import CORNERS, PLACES, TEXTS, ColumnChoice, Layout, layout
from core.trajectories.exchange.frame_numbers import frames_of
from core.trajectories.exchange.scores import read_scores
from core.trajectories.exchange.sheet import Body, Sheet, is_empty, plain
from core.trajectories.exchange.units import is_scaled
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, Review

_CENTRE = 0.5  # of the top left pixel, here
_FEW = 0.1  # of the ids that may be words before all are taken for words
_DEPTH = ("z", "position_z", "pos_z", "z_px", "pz")
_KINDS = {"object": 0, "point": 1}
_WORDS = {"kind": _KINDS} | {
    name: {one.name.lower(): int(one) for one in cls}
    for name, cls in (("review", Review), ("origin", Origin), ("end_reason", EndReason))
}
_EMPTY, _UNKNOWN = -2, -1  # codes of a cell that holds nothing, and of one that holds something odd


def read_tracks(sheet: Sheet, path: Path, clip: Clip, choice: ColumnChoice | None = None) -> Tracks:
    """The trajectories of a table.

    Raises:
        StudioError: columns are missing or there twice, it does not fit the clip, or more than a tenth of
            its rows are odd.
    """
    found, notes = layout(sheet.head, path, choice)
    numbers = {place for role, place in found.roles.items() if role not in TEXTS}
    words = {place for role, place in found.roles.items() if role in TEXTS}
    depth = _depth(sheet.head.names, numbers)
    body = sheet.body(numbers | depth.keys() | {at for part in found.parts.values() for at in part}, words)
    notes += [
        f"Left out, in {path.name}: the third coordinate ({name}), which is not the same everywhere."
        for place, name in depth.items()
        if len(np.unique(_finite(body.numbers[place])[np.isfinite(body.numbers[place])])) > 1
    ][:1]
    table = _Table(sheet, body, found, path, clip)
    rows = table.rows()
    points, objects, said = rows.tracks(clip, path)
    return points, objects, notes + table.notes + said


@dataclass(frozen=True, eq=False)
class _Rows:
    """Observations, M rows, of which some columns may be absent.

    Attributes:
        ids: (M,) int64, of trajectories; `_EMPTY` without one, `_UNKNOWN` where its cell is no id.
        names: id → what the file calls it.
        labels: id → label; empty for those whose rows say it.
        lines, unit: where each row stands in the file, (M,) int64, and what that counts.
        numbers: (M,) float64, frames as the file numbers them.
        frame, span: see `frame_numbers.FrameNumbers`; empty before they are worked out.
        places: (M, 2) float64, NaN where there is a box.
        boxes: (M, 4) float64, NaN where there is a point.
        is_point: (M,) bool.
        codes: column of words → (M,) int16, its codes, `_EMPTY` or `_UNKNOWN`.
        words: column of words → M texts.
        error, sure: (M,) float64, NaN where unknown.
    """

    ids: np.ndarray
    names: Sequence[str]
    labels: Sequence[str]
    lines: np.ndarray
    unit: str
    numbers: np.ndarray
    places: np.ndarray
    boxes: np.ndarray
    is_point: np.ndarray
    codes: dict[str, np.ndarray]
    words: dict[str, np.ndarray]
    error: np.ndarray
    sure: np.ndarray
    frame: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    span: str = ""

    def take(self, rows: np.ndarray) -> "_Rows":
        """Some of the rows, by (M,) bool."""
        return replace(
            self,
            **{
                name: getattr(self, name)[rows]
                for name in ("ids", "lines", "numbers", "places", "boxes", "is_point", "error", "sure")
            },
            frame=self.frame[rows] if len(self.frame) else self.frame,
            codes={name: code[rows] for name, code in self.codes.items()},
            words={name: text[rows] for name, text in self.words.items()},
        )

    def tracks(self, clip: Clip, path: Path) -> Tracks:
        """Points and objects."""
        points, said = NO_POINTS, list[str]()
        objects: list[ObjectTrajectory] = []
        part = self.take(self.is_point)
        if len(part.ids):
            listing, firsts = part._listing(clip, path, Origin.LINKED)
            ends = part.codes["end_reason"][firsts].clip(0) if "end_reason" in part.codes else None
            points, said = listing.points(part.places, part.error.astype(np.float32), ends)
        part = self.take(~self.is_point)
        if len(part.ids):
            scores = read_scores(part.sure, path)
            listing, _ = part._listing(clip, path, scores.origin)
            objects, more = listing.objects(part.boxes, scores.confidence)
            said += scores.warnings + more
        return points, objects, said

    def _listing(self, clip: Clip, path: Path, origin: Origin | np.ndarray) -> tuple[Listing, np.ndarray]:
        """What both kinds share, and the first row of each trajectory; `origin` where it is not said."""
        ids, owner = number_owners(self.ids)
        firsts = np.unique(owner, return_index=True)[1]
        labels = [self.labels[one] if self.labels and one >= 0 else "" for one in ids.tolist()]
        if "label" in self.words:
            labels = [str(text) for text in self.words["label"][firsts].tolist()]
        faults = {row: "its track is missing" for row in np.flatnonzero(self.ids == _UNKNOWN).tolist()}
        faults |= {
            row: "its frame is no number" for row in np.flatnonzero(~np.isfinite(self.numbers)).tolist()
        }
        faults |= {
            int(row): f"its {name} is {str(self.words[name][row])[:40]!r}, none of {', '.join(_WORDS[name])}"
            for name, codes in self.codes.items()
            for row in np.flatnonzero(codes == _UNKNOWN).tolist()
        }
        origins = self.codes.get("origin", np.full(len(owner), _EMPTY))
        given = np.where(origins < 0, origin, origins).astype(np.uint8)
        review = self.codes["review"][firsts].clip(0) if "review" in self.codes else ()
        names = [self.names[one] if one >= 0 else "" for one in ids.tolist()]
        return (
            Listing(
                *(path, clip, owner, self.frame, names, given, labels, review),
                lines=self.lines,
                unit=self.unit,
                numbers=self.numbers,
                span=self.span,
                own_faults=faults,
            ),
            firsts,
        )


class _Table:
    """A table's cells on their way to rows; what is decided on it is noted."""

    def __init__(self, sheet: Sheet, body: Body, found: Layout, path: Path, clip: Clip) -> None:
        self._sheet, self._body, self._layout = sheet, body, found
        self._path, self._clip = path, clip
        self._roles, self._choice = found.roles, found.choice
        self._is_named = False  # whether the frames are those of names of pictures
        self.notes: list[str] = []

    def rows(self) -> _Rows:
        """The rows that are observations."""
        ids, names, labels = self._ids()
        rows = self._one_place(ids, names, labels)
        if self._layout.parts:
            rows = self._several_places(rows)
        rows = self._seen(self._in_a_track(rows))
        return self._in_pixels(self._numbered(rows))

    def _column(self, role: str) -> np.ndarray:
        """(M,) float64, NaN where there is no such column."""
        if role not in self._roles:
            return np.full(len(self._body.lines), np.nan)
        return self._body.numbers[self._roles[role]]

    def _ids(self) -> tuple[np.ndarray, list[str], list[str]]:
        """(M,) int64 or `_EMPTY` or `_UNKNOWN`; what they are called; labels, where many are words."""
        values = self._column("trajectory")
        is_alone = bool(self._layout.parts) and bool(np.isnan(values).all())  # SLEAP names no single animal
        if "trajectory" not in self._roles or is_alone:
            self._check_is_one()
            return np.zeros(len(self._body.lines), np.int64), ["1"], []
        ids = np.where(np.isnan(values), _EMPTY, _UNKNOWN).astype(np.int64)
        if int(np.isinf(values).sum()) <= _FEW * int((~np.isnan(values)).sum()):
            found, owner = number_owners(values[np.isfinite(values)])
            ids[np.isfinite(values)] = owner
            return ids, [f"{value:.16g}" for value in found.tolist()], []
        place = self._roles["trajectory"]
        texts = [_bare(text.strip()) for text in self._sheet.body((), (place,)).words[place]]
        known = {text: number for number, text in enumerate(dict.fromkeys(filter(None, texts)))}
        for row, text in enumerate(texts):
            if text and ids[row] != _EMPTY:
                ids[row] = known[text]
        return ids, list(known), list(known)

    def _check_is_one(self) -> None:
        """See that a table without numbers of tracks can be one."""
        frame = self._column("frame")
        frame = frame[np.isfinite(frame)]
        if len(np.unique(frame)) * 2 <= len(frame) > 1:
            raise StudioError(
                f"{self._path} has several rows in each frame; say which column numbers the tracks."
            )

    def _one_place(self, ids: np.ndarray, names: list[str], labels: list[str]) -> _Rows:
        """The rows as the file has them."""
        places = np.column_stack([self._column(role) for role in PLACES])
        boxes = np.column_stack([self._column(role) for role in CORNERS])
        if {"w", "h"} <= set(self._roles):
            size = np.column_stack([self._column("w"), self._column("h")])
            corner = places
            if {"cx", "cy"} <= set(self._roles):
                corner = np.column_stack([self._column("cx"), self._column("cy")]) - size / 2
            boxes, places = np.hstack([corner, corner + size]), np.full_like(places, np.nan)
        words = {
            role: np.array(self._body.words[self._roles[role]], object)
            for role in TEXTS
            if role in self._roles
        }
        codes = {role: _codes(words[role], _WORDS[role]) for role in _WORDS if role in words}
        is_point = np.isnan(boxes).all(axis=1)
        if "kind" in words:
            is_point = np.where(codes["kind"] < 0, is_point, codes["kind"] == _KINDS["point"])
        return _Rows(
            ids=ids,
            names=names,
            labels=labels,
            lines=self._body.lines,
            unit=self._body.unit,
            numbers=self._frames(),
            places=places,
            boxes=boxes,
            is_point=is_point,
            codes=codes,
            words=words,
            error=_finite(self._column("error")),
            sure=_finite(self._column("confidence")),
        )

    def _several_places(self, rows: _Rows) -> _Rows:
        """A row a point, where the file has several points in a row."""
        found = []
        count, single = len(self._layout.parts), len(rows.names) == 1
        hidden = 0
        for number, columns in enumerate(self._layout.parts.values()):
            cells = [self._body.numbers[column] for column in columns]
            places = np.column_stack(cells[:2])
            preset = self._choice.preset
            if len(cells) > 2 and preset is not None and preset.least:
                unsure = (cells[2] < preset.least) & ~np.isnan(places).any(axis=1)
                places[unsure] = np.nan
                hidden += int(unsure.sum())
            ids = np.where(rows.ids < 0, rows.ids, rows.ids * count + number)
            found.append(replace(rows, ids=ids, places=places, is_point=np.ones(len(ids), bool)))
        if hidden and preset is not None:
            self.notes.append(
                f"Taken for hidden, as {preset.title} does, in {self._path.name}: "
                f"{counted(hidden, 'point')} of a likelihood under {preset.least:g}."
            )
        parts = list(self._layout.parts)
        labels = [part if single else f"{name} {part}" for name in rows.names for part in parts]
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in found])
            for name in ("ids", "lines", "numbers", "places", "boxes", "is_point", "error", "sure")
        }
        codes = {name: np.tile(code, count) for name, code in rows.codes.items()}
        words = {name: np.tile(word, count) for name, word in rows.words.items()}
        return replace(rows, **joined, names=labels, labels=labels, codes=codes, words=words)

    def _frames(self) -> np.ndarray:
        """(M,) float64, numbers of frames as the file has them."""
        frame = self._column("frame")
        if len(frame) and np.isinf(frame).mean() > 0.5:
            place = self._roles["frame"]
            texts = self._sheet.body((), (place,)).words[place]
            return self._named(texts)
        return frame

    def _named(self, texts: Sequence[str]) -> np.ndarray:
        """Frames by the names of their pictures, else by the numbers at their ends."""
        clip = self._clip
        stems = {} if clip.is_video else {_stem(name): place for place, name in enumerate(clip.files)}
        known = np.array([stems.get(_stem(text), -1) for text in texts], np.int64)
        if (known >= 0).any():
            self._is_named = True
            return np.where(known >= 0, clip.source_frames(known), np.inf).astype(np.float64)
        return np.array([_trailing_number(_stem(text)) for text in texts], np.float64)

    def _numbered(self, rows: _Rows) -> _Rows:
        """The same with the frames of the clip."""
        said = self._choice.first
        found = frames_of(rows.numbers, self._clip, self._path, said or 0, said is not None or self._is_named)
        self.notes += found.warnings
        return replace(rows, frame=found.frame, span=found.span)

    def _in_a_track(self, rows: _Rows) -> _Rows:
        free = rows.ids == _EMPTY
        if not free.any():
            return rows
        if free.all():
            raise StudioError(f"{self._path} has no row with a track; say which column numbers the tracks.")
        self.notes.append(
            f"Left out, in {self._path.name}: {counted(int(free.sum()), 'row')} without a track."
        )
        return rows.take(~free)

    def _seen(self, rows: _Rows) -> _Rows:
        nowhere = np.isnan(rows.places).all(axis=1) & np.isnan(rows.boxes).all(axis=1)
        nowhere &= np.isfinite(rows.numbers)
        if not nowhere.any():
            return rows
        if nowhere.all():
            raise StudioError(f"{self._path} has no row with a place; say which columns hold the places.")
        if not self._layout.parts:
            number = counted(int(nowhere.sum()), "row")
            self.notes.append(f"Taken for hidden, in {self._path.name}: {number} without a place.")
        return rows.take(~nowhere)

    def _in_pixels(self, rows: _Rows) -> _Rows:
        clip, choice = self._clip, self._choice
        scale = np.array([choice.scale or 1.0] * 2)
        if choice.scale is None and "kind" not in self._roles and is_scaled(rows.places, rows.boxes):
            scale = np.array([clip.width, clip.height], np.float64)
            self.notes.append(f"Scaled to the frame, in {self._path.name}: most places lie within 0 to 1.")
        centre = choice.centre
        if centre is None:
            centre = _CENTRE if choice.preset is None else choice.preset.centre
        moved = _CENTRE - centre
        if (scale == 1).all() and moved == 0:
            return rows
        return replace(rows, places=rows.places * scale + moved, boxes=rows.boxes * np.tile(scale, 2) + moved)


def _codes(texts: np.ndarray, table: dict[str, int]) -> np.ndarray:
    """(M,) int16: words of an enumeration, capital letters aside."""
    known = {
        text: _EMPTY if is_empty(text) else table.get(text.strip().lower(), _UNKNOWN)
        for text in set(texts.tolist())
    }
    return np.array([known[text] for text in texts.tolist()], np.int16).reshape(len(texts))


def _depth(names: Sequence[str], used: Collection[int]) -> dict[int, str]:
    """Place → name of columns of a third coordinate, as napari, TrackMate, trackpy and DeepLabCut call it."""
    known = {plain(name): place for place, name in enumerate(names)}
    found = {place for name, place in known.items() if name in _DEPTH or name.endswith(".z")}
    if "axis-2" in known and known.get("axis-4") in used:
        found.add(known["axis-2"])
    return {place: names[place] for place in sorted(found - set(used))}


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _trailing_number(name: str) -> float:
    """The number at the end of a name, such as 12 of `frame_000012`; infinite without one."""
    found = re.search(r"(\d{1,15})$", name)
    return float(found[1]) if found else np.inf


def _bare(text: str) -> str:
    """An id: 1, "1" and 1.0 are one."""
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:g}" if value % 1 == 0 else text


def _stem(name: str) -> str:
    return same_name(PurePosixPath(name.replace("\\", "/")).stem.lower())
