"""Filters against a loop over the trajectories themselves, and against the lines that say them."""

import itertools
import math

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories.filter_text import conditions, parse, text_of
from core.trajectories.model import EndReason, Flag, Kind, ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.track_filter import EVERYTHING, Bound, TrackFilter
from core.trajectories.track_rows import track_rows

LABELS = ("", "car", "Red Car", "a,b", 'said "go"', "none", "x:1", "12")
RNG = np.random.default_rng(11)


def an_object(id: int) -> ObjectTrajectory:
    frames = np.sort(RNG.choice(30, RNG.integers(1, 6), replace=False)).astype(np.int32)
    overlap = np.where(RNG.random(len(frames)) < 0.4, RNG.random(len(frames)), np.nan)
    return ObjectTrajectory(
        id=id,
        label=str(RNG.choice(LABELS)),
        review=int(RNG.integers(3)),
        frames=frames,
        boxes=np.zeros((len(frames), 4), np.float32),
        origin=RNG.integers(0, 3, len(frames)).astype(np.uint8),
        confidence=RNG.random(len(frames)).astype(np.float32),
        masks=(None,) * len(frames),
        overlap=overlap.astype(np.float32),
        flags=RNG.choice([0, int(Flag.DISAGREES), int(Flag.BY_BOX)], len(frames)).astype(np.uint8),
    )


def some_points(ids: range) -> PointTrajectories:
    lengths = RNG.integers(1, 9, len(ids))
    errors = [np.append(0, RNG.choice([np.nan, 0.5, 1.0, 2.5], n - 1)).astype(np.float32) for n in lengths]
    packed = PointTrajectories.pack(
        RNG.integers(0, 20, len(ids)), [np.zeros((n, 2)) for n in lengths], errors
    )
    return PointTrajectories(
        ids=np.array(ids, np.int64),
        first=packed.first,
        offsets=packed.offsets,
        xy=packed.xy,
        error=packed.error,
        origin=RNG.choice([1, 2, 3, 3, 3, 3], len(packed.xy)).astype(np.uint8),
        end_reason=RNG.integers(0, 6, len(ids)).astype(np.uint8),
        review=RNG.integers(0, 3, len(ids)).astype(np.uint8),
        labels=tuple(RNG.choice(LABELS, len(ids))),
    )


OBJECTS, POINTS = [an_object(id) for id in range(1, 41)], some_points(range(50, 350))
ROWS = track_rows(POINTS, OBJECTS)


def facts() -> dict[int, dict]:
    """What is true of each track, taken from the trajectories one by one."""
    found = {}
    for one in OBJECTS:
        audits = [float(v) for v in one.overlap if not math.isnan(v)]
        found[one.id] = {
            "kind": Kind.OBJECT, "label": one.label, "review": one.review, "ends": None,
            "origins": {int(o) for o in one.origin}, "id": one.id, "length": len(one.frames),
            "start": int(one.frames[0]), "end": int(one.frames[-1]), "error": None, "worst": None,
            "keys": sum(int(o) in (0, 1) for o in one.origin),
            "conf": sum(map(float, one.confidence)) / len(one.frames),
            "audit": sum(audits) / len(audits) if audits else None,
            "check": sum(bool(f & Flag.DISAGREES) for f in one.flags.tolist()),
        }  # fmt: skip
    for place in range(len(POINTS)):
        span = slice(POINTS.offsets[place], POINTS.offsets[place + 1])
        links = [float(v) for v in POINTS.error[span][1:] if not math.isnan(v)]
        origins = POINTS.origin[span].tolist()
        start = int(POINTS.first[place])
        found[int(POINTS.ids[place])] = {
            "kind": Kind.POINT, "label": POINTS.labels[place], "review": int(POINTS.review[place]),
            "ends": int(POINTS.end_reason[place]), "origins": set(origins), "id": int(POINTS.ids[place]),
            "length": len(origins), "start": start, "end": start + len(origins) - 1,
            "audit": None, "conf": None,
            "keys": sum(o in (0, 1) for o in origins), "check": 0,
            "error": sum(links) / len(links) if links else None, "worst": max(links) if links else None,
        }  # fmt: skip
    return found


FACTS = facts()


def limit(fact: dict, bound: Bound) -> bool:
    value = fact[bound.word]
    if value is None:
        return bound.or_unknown
    value, most = np.float32(value), np.float32(bound.value)  # 1.2 pixels are those that are written so
    return bool(
        {">": value > most, ">=": value >= most, "<": value < most, "<=": value <= most, "=": value == most}[
            bound.sign
        ]
    )


def plainly(wanted: TrackFilter) -> list[int]:
    """The ids that pass, by a loop over the tracks."""
    return [
        id
        for id, fact in sorted(FACTS.items())
        if (wanted.kind is None or fact["kind"] == wanted.kind)
        and (not wanted.labels or fact["label"].lower() in {label.lower() for label in wanted.labels})
        and (not wanted.reviews or fact["review"] in wanted.reviews)
        and (not wanted.origins or fact["origins"] & {int(origin) for origin in wanted.origins})
        and (not wanted.ends or fact["ends"] in {int(end) for end in wanted.ends})
        and all(limit(fact, bound) for bound in wanted.bounds)
        and (wanted.text.lower() in fact["label"].lower() or wanted.text == str(id))
    ]


def at_random(rng: np.random.Generator) -> TrackFilter:
    def some(choices, chance=0.25):
        return (
            frozenset(one for one in choices if rng.random() < 0.5) if rng.random() < chance else frozenset()
        )

    bounds = []
    for word, values in {
        "error": (0.5, 1.0, 1.2), "worst": (0.5, 1.0), "conf": (0.25, 0.5), "audit": (0.5,), "check": (0, 1),
        "length": (3, 5), "keys": (0, 2), "start": (5,), "end": (15,), "id": (100, 200),
    }.items():  # fmt: skip
        if rng.random() < 0.15:
            known = word in ("error", "worst", "conf", "audit")
            signs = (">", ">=", "<", "<=") if known else (">", ">=", "<", "<=", "=")
            unknown = bool(known and rng.random() < 0.5)
            bounds.append(Bound(word, str(rng.choice(signs)), float(rng.choice(values)), unknown))
    return TrackFilter(
        text=str(rng.choice(["", "", "", "car", "12", "a,b", 'said "go"', "x:1"])),
        kind=[None, None, Kind.OBJECT, Kind.POINT][rng.integers(4)],
        labels=some(LABELS),
        reviews=some(Review, 0.5),
        origins=some(Origin),
        ends=some(EndReason, 0.1),
        bounds=tuple(bounds),
    )


def test_what_passes_is_what_a_loop_over_the_tracks_says():
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(400):
        wanted = at_random(rng)
        found = ROWS.ids[wanted.holds(ROWS)].tolist()
        assert sorted(found) == plainly(wanted), text_of(wanted)
        passed += 0 < len(found) < len(ROWS)
    assert passed > 100


def test_the_line_of_a_filter_says_that_very_filter():
    rng = np.random.default_rng(9)
    for wanted in itertools.chain([EVERYTHING], (at_random(rng) for _ in range(400))):
        assert parse(text_of(wanted)) == wanted
        assert text_of(parse(text_of(wanted))) == text_of(wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", EVERYTHING),
        (
            "kind:point error>2 review:open label:car,cat",
            TrackFilter(
                kind=Kind.POINT,
                bounds=(Bound("error", ">", 2),),
                reviews=frozenset({Review.OPEN}),
                labels=frozenset({"car", "cat"}),
            ),
        ),
        ("Error≥2.5  LENGTH:3", TrackFilter(bounds=(Bound("error", ">=", 2.5), Bound("length", "=", 3)))),
        ("audit<80% conf:>0.5", TrackFilter(bounds=(Bound("conf", ">", 0.5), Bound("audit", "<", 0.8)))),
        ("worst<2,unknown", TrackFilter(bounds=(Bound("worst", "<", 2, True),))),
        ('label:none,"none","a,b"', TrackFilter(labels=frozenset({"", "none", "a,b"}))),
        ("from:hand,tracked", TrackFilter(origins=frozenset({Origin.EDITED, Origin.LINKED}))),
        ("kind:object,point", EVERYTHING),
        ('left  wing "x>1"', TrackFilter(text="left wing x>1")),
    ],
)
def test_what_a_person_types(line: str, wanted: TrackFilter):
    assert parse(line) == wanted


def test_the_conditions_are_written_one_by_one():
    line = 'wing error<3 label:"red car",none error>=0.5 kind:point ends:left,flow worst<9,unknown id:7'
    assert conditions(parse(line)) == [
        "kind:point", 'label:"red car",none', "error>=0.5", "error<3", "worst<9,unknown", "id:7",
        "ends:left,flow", "wing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("wing eror>2", "eror>2: there is no word eror; write error."),
        ("label_:car", "label_:car: there is no word label_; write label."),
        ("größe:3", "größe:3: there is no word größe; there are kind"),
        ("colour:red", "there is no word colour; there are kind, label, review, from, error"),
        ("error>two", "error>two: a number must follow error, such as error>2."),
        ("error>", "error>: a number must follow error"),
        ("error>nan", "a number must follow error"),
        ("error:2", "write error> or error<"),
        ("error>1 error>2", "error>2: such a limit of error stands there already"),
        ("length>3,unknown", "every track has its length"),
        ("error>3,often", "only unknown may stand after the comma"),
        ("audit<80", "audit<80: audit is a share; write 80% or 0.8."),
        ("review:opne", "review:opne: review is open, accepted, rejected or suggested, not opne."),
        ("review:", "review is open, accepted, rejected or suggested, not empty."),
        ("kind>point", "kind is no number"),
        ("label:car label:cat", "label:cat: label stands there twice"),
        ("label:", "name labels with commas between"),
        ("label:car,,cat", "name labels with commas between"),
        ('label:"red car', "does not end"),
    ],
)
def test_a_line_that_cannot_be_understood_is_one_sentence_that_names_the_word(line: str, part: str):
    with pytest.raises(StudioError) as refused:
        parse(line)
    assert part in str(refused.value)
    assert str(refused.value).count(". ") == 0
    assert str(refused.value).endswith(".")
