"""The job that looks for identity errors, by colours or with a trunk; what it proposes stays in its run."""

import json
from collections.abc import Generator, Iterator

import torch

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.events import Event, Log, Progress
from core.identity.change_points import find
from core.identity.config import IdentityConfig
from core.identity.embedding import Embedding, looks_of
from core.identity.looks import COLOUR_LOOKS, COLOURS, Looks
from core.identity.proposals import (
    Proposal,
    What,
    as_json,
    path_of,
    proposal_of,
    read_proposals,
    write_proposals,
)
from core.networks.weights import load_trunk
from core.pairs.training_set import build_training_set
from core.runs.provenance import weights_at
from core.runs.run_folder import RunFolder
from core.training.device import choose_device, prepare
from core.trajectories.snapshot import ClipSnapshot, Snapshot, read_snapshot


def run(folder: RunFolder, config: IdentityConfig) -> Generator[Event, None, None]:
    """Look through clip by clip; a clip that is done stays done when the run is stopped and resumed.

    Raises:
        StudioError: there is no track to look at, or no clip could be read.
    """
    device = choose_device(config.device)
    prepare(0)
    if config.init == COLOURS:
        looks = COLOUR_LOOKS
    else:
        weights = weights_at(folder, config.init)
        looks = looks_of(load_trunk(weights, None, torch.Generator().manual_seed(0)).to(device), device)
    snapshot = read_snapshot(folder.snapshot)
    tasks = [_Task(snapshot, one, config, looks) for one in snapshot.clips]
    total, done, problem = sum(task.total for task in tasks), 0, ""
    if not total:
        raise StudioError("There is no track to look at; track points, or draw or import objects.")
    for task in tasks:
        clip = task.clip
        if not path_of(folder.results, clip.id).exists():
            try:
                for step in task.steps():
                    yield Progress(done + step, total, clip.name)
            except StudioError as error:
                problem = str(error)
                yield Log(f"{clip.name} was passed over: {problem}", "warning")
            else:
                write_proposals(folder.results, clip.id, task.proposals())
        done += task.total
        yield Progress(done, total, clip.name)
    proposals = read_proposals(folder.results)
    if problem and not proposals:
        raise StudioError(problem)
    names = {task.clip.id: task.clip.name for task in tasks}
    result = [{"clip": names[id], **as_json(one)} for id, found in proposals.items() for one in found]
    write_atomically(folder.results / "identity.json", json.dumps({"proposals": result}, indent=1).encode())
    yield Log(words(proposals))


class _Task:
    """A clip to look through: those of its tracks that could train."""

    def __init__(
        self,
        snapshot: Snapshot,
        one: ClipSnapshot,
        config: IdentityConfig,
        looks: Looks,
    ) -> None:
        self.clip, self._config = one.clip, config
        alone = Snapshot((one,), snapshot.revision, snapshot.project)
        whole = build_training_set(
            alone, patch_size=config.patch_size, minimum_length=config.minimum_length, minimum_side=1.0
        )
        self._kinds = [Embedding(looks, one.clip, of_kind) for of_kind in whole.sets(config.regime)]
        self.total = sum(of_kind.total for of_kind in self._kinds)

    def steps(self) -> Iterator[int]:
        """Compute; yields how many patches are done."""
        done = 0
        for of_kind in self._kinds:
            for step in of_kind.steps():
                yield done + step
            done += of_kind.total

    def proposals(self) -> list[Proposal]:
        """What is proposed, the surest first."""
        found = []
        for of_kind in self._kinds:
            tracks = of_kind.tracks()
            findings = find(tracks, self._config.window, self._config.certainty)
            found += [proposal_of(self.clip.id, finding, tracks) for finding in findings]
        return sorted(found, key=lambda one: -one.certainty)


def words(proposals: dict[int, list[Proposal]]) -> str:
    """How many proposals of each kind there are, such as "3 cuts and 1 swap are proposed in 2 clips."."""
    everything = [one.what for found in proposals.values() for one in found]
    if not everything:
        return "No identity error was found."
    counts = [(everything.count(what), what.value) for what in What if what in everything]
    parts = [f"{count:,} {name}{'s' if count != 1 else ''}" for count, name in counts]
    clips = sum(bool(found) for found in proposals.values())
    are = "are" if len(everything) != 1 else "is"
    return f"{' and '.join(parts)} {are} proposed in {clips:,} clip{'s' if clips != 1 else ''}."
