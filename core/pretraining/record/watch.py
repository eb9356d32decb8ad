"""What a pretraining run records beside its curves, so that it can be looked into."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from core.networks.trunk import Trunk, normalise
from core.pairs.sampling import PairBatch, TripletBatch
from core.pretraining.batches import PatchBatch
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Judged
from core.pretraining.record import excitations, held_out_scores, neighbours
from core.pretraining.record.excitations import Excitations, spots
from core.pretraining.record.held_out_scores import HeldOutScores
from core.pretraining.record.neighbours import Neighbours, nearest, recall
from core.pretraining.record.pair_log import stride
from core.pretraining.record.pair_recorder import PairRecorder
from core.pretraining.record.patch_places import PatchPlaces
from core.pretraining.record.probe_sample import ProbeSample
from core.pretraining.record.step_files import drop_after
from core.pretraining.record.trajectory_losses import TrajectoryTally
from core.training.checkpoint import Resumed
from core.training.device import mixed_precision
from core.training.vitals import GpuUse, memory_used

Item = TypeVar("Item")

VITALS = ("step_seconds", "data_wait", "memory", "gpu_use")
"""Metrics that the machine decides, so that two equal runs differ in them."""

SPARE, LATEST = 500, 20.0
"""Writing the pairs takes one part in so many of a run's time; but they are written after so many seconds."""

CONV1_SIDE, CONV1_STRIDE = 7, 2


@dataclass(frozen=True, eq=False)
class Probe:
    """What is looked at again and again.

    Attributes:
        sample: which patches.
        clip_ids: (C,) int64, the project's rows of the clips that `sample.clip` refers to.
        pixels: (S, size, size, 3) uint8, RGB.
    """

    sample: ProbeSample
    clip_ids: np.ndarray
    pixels: np.ndarray

    @property
    def places(self) -> PatchPlaces:
        """(S,) where the patches lie."""
        one = self.sample
        return PatchPlaces(one.trajectory, self.clip_ids[one.clip], one.frame, one.box)


class Watch:
    """Takes in every step of a run and writes what its monitors show.

    On a GPU all values stay on it until something is reported or saved, when the host waits in any case.
    """

    def __init__(
        self,
        folder: Path,
        config: PretrainConfig,
        device: torch.device,
        trajectories: np.ndarray | None = None,
        probe: Probe | None = None,
    ) -> None:
        """
        Args:
            folder: the run's.
            trajectories: (N,) int64, ids that may be drawn; None for labelled images.
            probe: what is looked at at every checkpoint; None for labelled images.
        """
        self._folder, self._config, self._device = folder, config, device
        self._trajectories, self._probe = trajectories, probe
        self._pairs: PairRecorder | None = None
        self._tally: TrajectoryTally | None = None
        self._norms, self._count = torch.zeros((), dtype=torch.float64, device=device), 0
        self._waiting: list[tuple[int, PairBatch | TripletBatch, Mapping[str, Any]]] = []
        self._each: list[Tensor] = []
        self._gpu = GpuUse(device)
        self._since = self._written = time.perf_counter()
        self._cost = self._waited = 0.0
        self._timed_steps, self._afresh = 0, True

    def begin(self, start: Resumed) -> None:
        """Go on from a checkpoint; what the folder holds of steps after it is taken away.

        Args:
            start: what `resume` gave.

        Raises:
            OSError: the folder cannot be written.
        """
        if self._trajectories is not None:
            rows = stride(self._config.steps, self._config.batch)
            self._pairs = PairRecorder(self._folder, rows, start.step)
            kept = {name.removeprefix("watch."): array for name, array in start.arrays.items()}
            self._tally = TrajectoryTally(self._trajectories, kept)
        for room in (neighbours.ROOM, excitations.ROOM, held_out_scores.ROOM):
            drop_after(self._folder, room, start.step)
        state = start.extra.get("watch", {"norms": 0.0, "count": 0})
        self._norms, self._count = torch.full_like(self._norms, state["norms"]), state["count"]

    # --- every step ---------------------------------------------------------------------------

    def timed(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, with the time that they keep the loop waiting counted."""
        coming = iter(items)
        while True:
            asked = time.perf_counter()
            if self._afresh:  # what was done at the last report is no part of a step
                self._since, self._afresh = asked, False
            try:
                item = next(coming)
            except StopIteration:
                return
            self._waited += time.perf_counter() - asked
            yield item

    def add(
        self, step: int, batch: PatchBatch, each: Tensor, norm: Tensor, before: Mapping[str, Any]
    ) -> None:
        """Take in a step.

        Args:
            step: its number, from 1.
            batch: what it saw.
            each: (B, 2), loss and score of each of its pairs, triplets or images, see `Judged`.
            norm: (), the length of the gradient before it was cut.
            before: the sampler's state that the batch was drawn from.
        """
        self._norms = self._norms + norm.detach().double()
        self._count += 1
        self._timed_steps += 1
        if batch.drawn is not None and self._pairs is not None:
            self._waiting.append((step, batch.drawn, before))
            self._each.append(each)

    # --- now and then -------------------------------------------------------------------------

    def report(self) -> dict[str, float]:
        """Values of the curves since the last report, by name; the pairs so far are written if it is time.

        Raises:
            OSError: they cannot be written.
        """
        now = time.perf_counter()
        values = {"gradient_norm": float(self._norms) / max(self._count, 1)}
        if self._timed_steps:
            values["step_seconds"] = (now - self._since) / self._timed_steps
            values["data_wait"] = self._waited / self._timed_steps
        values["memory"] = memory_used(self._device)
        use = self._gpu.percent()
        if use is not None:
            values["gpu_use"] = use
        self._norms, self._count = torch.zeros_like(self._norms), 0
        self._waited, self._timed_steps, self._afresh = 0.0, 0, True
        self._take_in()
        if now - self._written > min(SPARE * self._cost, LATEST):
            self.write()
        return values

    def measured(self, step: int, batches: Sequence[PatchBatch], judged: Sequence[Judged]) -> None:
        """Write how held-out pairs, triplets or images were scored.

        Raises:
            OSError: it cannot be written.
        """
        pairs = [one.drawn.same if isinstance(one.drawn, PairBatch) else one.labels >= 0 for one in batches]
        scores, losses = (
            torch.cat([getattr(one, name).float() for one in judged]).cpu().numpy()
            for name in ("scores", "losses")
        )
        positive = np.concatenate(pairs).astype(bool)
        HeldOutScores(step, scores, positive, losses).write(self._folder)

    def look(self, step: int, trunk: Trunk) -> dict[str, float]:
        """Write the probe's nearest neighbours and what excites conv1; give the values of curves, by name.

        Raises:
            OSError: it cannot be written.
        """
        if self._probe is None:
            return {}
        fc7, response, place = _seen(trunk, self._probe.pixels, self._config, self._device)
        sample, places = self._probe.sample, self._probe.places
        found = [*sample.queries, *sample.gallery]
        rows, apart = nearest(fc7[found], np.arange(len(sample.queries)), neighbours.NEAREST)
        rows = np.array(found, np.int64)[rows]
        Neighbours(step, places.take(np.array(sample.queries)), places.take(rows), apart).write(self._folder)
        self._excite(step, trunk, response, place)
        if not sample.asked:
            return {}
        first, fifth = recall(fc7[sample.asked], fc7[sample.answers], (1, 5))
        return {"recall_at_1": first, "recall_at_5": fifth}

    def _excite(self, step: int, trunk: Trunk, response: np.ndarray, place: np.ndarray) -> None:
        """Write what excites conv1; `response` and `place` are (S, F)."""
        assert self._probe is not None
        rows = np.argsort(-response, axis=0, kind="stable")[: excitations.KEPT].T
        filters = np.arange(len(rows))[:, None]
        patch = self._probe.places.take(rows)
        width = trunk.network.input_size
        pad = trunk.network.pads[0]
        columns = (width + 2 * pad - CONV1_SIDE) // CONV1_STRIDE + 1
        where = np.stack(np.divmod(place[rows, filters], columns), axis=-1)
        spot = spots(patch.box, where, width, side=CONV1_SIDE, stride=CONV1_STRIDE, pad=pad)
        Excitations(step, patch, response[rows, filters], spot).write(self._folder)

    # --- keeping ------------------------------------------------------------------------------

    def write(self) -> None:
        """Write the pairs and what trajectories cost so far.

        Raises:
            OSError: they cannot be written.
        """
        self._take_in()
        if self._pairs is None or self._tally is None:
            return
        begun = time.perf_counter()
        self._pairs.write()
        self._tally.losses().write(self._folder)
        self._written = time.perf_counter()
        self._cost = self._written - begun

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside `arrays`, as JSON values."""
        return {"norms": float(self._norms), "count": self._count}

    def arrays(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps, as arrays by name."""
        self._take_in()
        kept = self._tally.state() if self._tally is not None else {}
        return {f"watch.{name}": array for name, array in kept.items()}

    def _take_in(self) -> None:
        """Bring to the host what waits on the device."""
        if not self._waiting or self._pairs is None or self._tally is None:
            return
        values = torch.stack(self._each).float().cpu().numpy()
        for (step, drawn, before), each in zip(self._waiting, values, strict=True):
            losses, scores = each.T
            self._pairs.add(step, before, losses, scores)
            self._tally.add(step, drawn, losses)
        self._waiting.clear()
        self._each.clear()


@torch.no_grad()
def _seen(
    trunk: Trunk, pixels: np.ndarray, config: PretrainConfig, device: torch.device
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a trunk makes of S patches, without dropout.

    Returns:
        fc7 (S, D) float32; the highest response of every conv1 filter in each patch, (S, F) float32, and its
        place in the filter's map, counted row by row, (S, F) int64.
    """
    features: list[Tensor] = []
    highest: list[tuple[Tensor, Tensor]] = []
    training = trunk.training
    trunk.eval()
    hook = trunk.conv1.register_forward_hook(lambda *passed: highest.append(passed[-1].flatten(2).max(dim=2)))
    for start in range(0, len(pixels), 2 * config.batch):
        images = torch.from_numpy(pixels[start : start + 2 * config.batch]).to(device).permute(0, 3, 1, 2)
        with mixed_precision(device, config.amp, config.amp_on_cpu):
            features.append(trunk(normalise(images))[1].float())
    hook.remove()
    trunk.train(training)
    fc7, response, place = (torch.cat(list(parts)).cpu() for parts in (features, *zip(*highest, strict=True)))
    return fc7.numpy(), response.float().numpy(), place.numpy()
