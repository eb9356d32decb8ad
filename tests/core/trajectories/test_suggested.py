"""An object that is only suggested: kept, counted, found by a filter, and not given away unasked."""

import numpy as np

from core.pairs.counting import count
from core.pairs.sampling import FrameGap
from core.trajectories import integrity, journal, store
from core.trajectories.exchange.choice import Choice
from core.trajectories.exchange.omissions import omissions
from core.trajectories.extents import read_extents, read_rows
from core.trajectories.filter_text import parse, text_of
from core.trajectories.model import Kind, Review
from core.trajectories.snapshot import read_snapshot, write_snapshot
from core.trajectories.snapshot_parts import snapshot_extents, trajectories_digest
from core.trajectories.track_rows import track_rows
from core.trajectories.trajectory_edits import SetReview


def suggest(connection):
    """Clip a, and the id of its first object, which is suggested now."""
    clip = store.clip(connection, "a")
    id = store.objects(connection, clip.id, clip.annotator)[0].id
    journal.perform(connection, SetReview(clip.id, (id,), Review.SUGGESTED))
    return clip, id


def test_it_is_kept_counted_and_found(connection):
    clip, id = suggest(connection)
    (one,) = (one for one in store.objects(connection, clip.id, clip.annotator) if one.id == id)
    assert one.review == Review.SUGGESTED
    assert {one.clip.name: one.suggested for one in store.summaries(connection)}["a"] == 1
    assert integrity.problems(connection) == []
    rows = track_rows(store.points(connection, clip.id), store.objects(connection, clip.id, clip.annotator))
    wanted = parse("review:suggested")
    assert rows.ids[wanted.holds(rows)].tolist() == [id]
    assert text_of(wanted) == "review:suggested"


def test_it_is_exported_only_where_asked_for_and_formats_say_what_becomes_of_it(connection):
    clip, id = suggest(connection)
    _, kept = Choice().of(connection, clip)
    assert id not in [one.id for one in kept]
    points, kept = Choice(reviews=frozenset(Review)).of(connection, clip)
    assert id in [one.id for one in kept]
    said = "suggested objects look like those of a person"
    assert any(said in line for line in omissions("mot", clip, points, kept))
    assert not any(said in line for line in omissions("csv", clip, points, kept))


def test_a_snapshot_tells_it_from_others(connection, tmp_path):
    clips = store.clips(connection)
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    write_snapshot(connection, clips, tmp_path / "before", tmp_path)
    clip, id = suggest(connection)
    write_snapshot(connection, clips, tmp_path / "after", tmp_path)
    (there,) = (one for one in read_snapshot(tmp_path / "after").clips if one.clip.id == clip.id)
    assert [one.id for one in there.objects if one.review == Review.SUGGESTED] == [id]
    digests = {trajectories_digest(tmp_path / name, ["a"], (Kind.OBJECT,)) for name in ("before", "after")}
    assert len(digests) == 2
    for extents in (read_extents(connection), snapshot_extents(tmp_path / "after")):
        assert extents.suggested.tolist() == [id]
        assert id in extents.objects[:, 1]
        assert extents.that_train(True) is extents
        assert (extents.waiting(["a"]), extents.waiting(["b"])) == (1, 0)
        without = extents.that_train(False)
        assert id not in without.objects[:, 1]
        assert len(without.sides) == len(without.objects) == np.sum(extents.objects[:, 1] != id)
        only = extents.of_filter(read_rows(connection), parse("review:suggested"))
        assert set(only.objects[:, 1].tolist()) == {id}
        assert not count(only.that_train(False), "obj", FrameGap(1, 0), 2).kinds
