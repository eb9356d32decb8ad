"""What was edited since a run took its snapshot, and which positive pairs of it are gone: one sentence."""

import re
from collections import Counter
from collections.abc import Iterable

from core.errors import StudioError
from core.pairs.impact import gone_and_new
from core.pairs.sampling import FrameGap
from core.pairs.split import split_clips
from core.pairs.training_set import KINDS, TrajectorySet, build_training_set
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs.run_folder import RunFolder
from core.trajectories import steps, store
from core.trajectories.snapshot import ClipSnapshot, Snapshot, read_snapshot
from core.trajectories.snapshot_head import SnapshotHead, read_head
from core.trajectories.steps import HistoryEntry, Since

NONE = "no edits since"

NOUNS = {
    "Split": "split",
    "Swap": "swap",
    "Merge": "merge",
    "Trim": "trim",
    "Delete": "deletion",
    "Reject": "rejection",
    "Accept": "acceptance",
}
"""First word of an edit's text → what it is; edits of other words count in the sum alone."""


def edits_since(folder: RunFolder, project: Project) -> str:
    """Such as "37 edits since: 12 splits, 3 rejections, 410 positives gone"; empty without a snapshot.

    An edit of several tracks counts for each of them. Pairs are counted for pretraining on trajectories;
    reading them may take a second for many thousands of tracks.

    Raises:
        StudioError: the snapshot of the run is damaged.
    """
    head = read_head(folder.snapshot)
    if head is None:
        return ""
    with project.reading() as connection:
        since = steps.since(connection, head.revision)
    if not since.made and not since.taken_back:
        return NONE
    return _sentence(since, "since", [*_counted(since.made), *_pairs(folder, project, head, since)])


def edits_between(project: Project, earlier: int, later: int) -> str:
    """What was edited from one revision to a later one, such as "3 edits: 1 split, 2 rejections"."""
    with project.reading() as connection:
        found = steps.since(connection, earlier, later)
    if not found.made and not found.taken_back:
        return "no edits"
    return _sentence(found, "", _counted(found.made))


def _sentence(since: Since, word: str, parts: Iterable[str]) -> str:
    made, back = len(since.made), len(since.taken_back)
    edits = f"{made or back:,} edit{'s' if (made or back) != 1 else ''}"
    words = " ".join(filter(None, (edits, "" if made else "taken back", word)))
    if made and back:
        words += f", {back:,} taken back"
    return ": ".join(filter(None, (words, ", ".join(parts))))


def _counted(made: Iterable[HistoryEntry]) -> list[str]:
    counts: Counter[str] = Counter()
    for entry in made:
        verb, _, rest = entry.text.partition(" ")
        several = re.match(r"([\d,]+) tracks", rest)
        if verb in NOUNS and (several or re.match(r"tracks? \d+", rest)):
            counts[NOUNS[verb]] += int(several[1].replace(",", "")) if several and verb != "Merge" else 1
    return [f"{count:,} {noun}{'s' if count != 1 else ''}" for noun, count in counts.most_common()]


def _pairs(folder: RunFolder, project: Project, head: SnapshotHead, since: Since) -> list[str]:
    """Positive pairs that are gone, and those that are new, of the clips that trained and were touched."""
    if folder.job != "pretrain":
        return []
    try:
        config = folder.settings(PretrainConfig)
    except StudioError:
        return []  # another version's: what it would train on is not known
    if config.method == "caltech101":
        return []
    then = read_snapshot(folder.snapshot, since.clips)
    training = split_clips(head.uses, config.held_out, config.split_seed).training
    gap = FrameGap(config.gap_shortest, config.gap_longest)
    gone = new = 0
    for one in then.clips:
        if one.clip.name in training:
            with project.reading() as connection:
                there = store.clips(connection, [one.clip.id])
                now = ClipSnapshot(
                    one.clip,
                    store.points(connection, one.clip.id),
                    tuple(store.objects(connection, one.clip.id, there[0].annotator)) if there else (),
                )
            lost, found = gone_and_new(_sets(one, config), _sets(now, config), gap)
            gone, new = gone + lost, new + found
    parts = [f"{gone:,} positive{'s' if gone != 1 else ''} gone"] if gone else []
    return [*parts, f"{new:,} new"] if new else parts


def _sets(one: ClipSnapshot, config: PretrainConfig) -> tuple[TrajectorySet, ...]:
    whole = build_training_set(
        Snapshot((one,), 0, ""),
        patch_size=config.patch_size,
        minimum_length=config.minimum_length,
        suggestions=config.suggestions,
    )
    chosen = whole.of_filter((one,), config.wanted)
    return tuple(kind for kind in (chosen.objects, chosen.points) if kind.kind in KINDS[config.regime])
