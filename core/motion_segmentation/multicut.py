"""The partition of a graph that cuts the edges of least cost: a minimum-cost multicut.

Of each edge is given what it gains to keep its ends together; edges between parts are cut. How many parts
there are comes out by itself. Found by greedy contraction and then by moves of single nodes, joins of parts
and splits, as Kernighan and Lin 1970 do it between two parts.

Source: Keuper, Andres and Brox, Motion trajectory segmentation via minimum cost multicuts, ICCV 2015; Keuper
et al., Efficient decomposition of image and mesh graphs by lifted multicuts, ICCV 2015.
"""

import heapq
import itertools

import numpy as np
from scipy.sparse import coo_array

ROUNDS = 4
"""Times that all parts are gone through at most; it ends before where nothing changes."""

CAUTIONS = (0.0, 0.5)
"""How much less than it is each edge counts in the contractions that the search starts from, in medians of
those that gain: of too many parts the search joins what belongs together, while one that greed has joined
across a weak place seldom comes apart again."""

_GAIN = 1e-9  # what rounding cannot feign


def energy(edges: np.ndarray, gains: np.ndarray, labels: np.ndarray) -> float:
    """What a partition costs: the sum of the gains of the edges that it cuts.

    Args:
        edges: (E, 2) int, the two nodes of each.
        gains: (E,) float; above 0 where the ends want to be together.
        labels: (N,) int, the part of each node.
    """
    return float(gains[labels[edges[:, 0]] != labels[edges[:, 1]]].sum())


def multicut(nodes: int, edges: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """A partition of little cost; never dearer than all nodes together, each alone, or greedy contraction.

    Args:
        nodes: how many there are, N.
        edges: (E, 2) int; edges between the same nodes add up, an edge from a node to itself says nothing.
        gains: (E,) float, finite.

    Returns:
        (N,) int64, parts from 0, in the order of their first nodes.
    """
    edges, gains = _simple(nodes, edges, gains)
    usual = float(np.median(gains[gains > 0])) if (gains > 0).any() else 0.0
    starts = (contracted(nodes, edges, gains - caution * usual) for caution in CAUTIONS)
    found = [improved(nodes, edges, gains, start) for start in starts]
    plain = [np.zeros(nodes, np.int64), np.arange(nodes)]
    return _in_order(min((*found, *plain), key=lambda labels: energy(edges, gains, labels)))


def contracted(nodes: int, edges: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """(N,) int64 parts by greedy additive edge contraction: again and again the edge of most gain is
    contracted, parallel edges added up, until none gains."""
    beside: list[dict[int, float]] = [{} for _ in range(nodes)]
    for (one, other), gain in zip(edges.tolist(), gains.tolist(), strict=True):
        beside[one][other] = beside[other][one] = gain
    heap = [
        (-gain, one, other)
        for (one, other), gain in zip(edges.tolist(), gains.tolist(), strict=True)
        if gain > 0
    ]
    heapq.heapify(heap)
    parent = list(range(nodes))
    while heap:
        gain, one, other = heapq.heappop(heap)
        if beside[one].get(other) != -gain:
            continue  # of a node that is gone, or changed since
        if len(beside[one]) < len(beside[other]):
            one, other = other, one
        parent[other] = one
        del beside[one][other]
        for third, more in beside[other].items():
            if third != one:
                total = beside[one].get(third, 0.0) + more
                beside[one][third] = beside[third][one] = total
                del beside[third][other]
                if total > 0:
                    heapq.heappush(heap, (-total, one, third))
        beside[other] = {}
    for node in range(nodes):
        root = node
        while parent[root] != root:
            root = parent[root]
        while parent[node] != root:
            parent[node], node = root, parent[node]
    return np.array(parent, np.int64)


def improved(nodes: int, edges: np.ndarray, gains: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) int64 parts that cost no more than some given: nodes moved between neighbouring parts, parts
    joined, and parts split, while that gains."""
    return _Search(nodes, edges, gains, labels).run()


class _Search:
    """The state of a local search: which node is in which part."""

    def __init__(self, nodes: int, edges: np.ndarray, gains: np.ndarray, labels: np.ndarray) -> None:
        self._edges, self._left = edges, _BUDGET
        ends = np.concatenate((edges, edges[:, ::-1]))
        order = np.argsort(ends[:, 0], kind="stable")
        starts = np.searchsorted(ends[order, 0], np.arange(nodes + 1)).tolist()
        others, worth = ends[order, 1].tolist(), np.concatenate((gains, gains))[order].tolist()
        self._beside = [
            list(zip(others[a:b], worth[a:b], strict=True)) for a, b in itertools.pairwise(starts)
        ]
        self._part = _in_order(labels).tolist()
        self._members: list[set[int]] = [set() for _ in range(max(self._part, default=-1) + 1)]
        for node, part in enumerate(self._part):
            self._members[part].add(node)

    def run(self) -> np.ndarray:
        changed = set(range(len(self._members)))
        for _ in range(ROUNDS):
            self._move_nodes()
            changed = self._go_through_pairs(changed)
            if not changed:
                break
        return np.array(self._part, np.int64)

    def _put(self, node: int, part: int) -> None:
        self._members[self._part[node]].discard(node)
        self._members[part].add(node)
        self._part[node] = part

    def _move_nodes(self) -> None:
        """Move single nodes to the part where they gain most, or to one of their own."""
        waiting, queued = list(range(len(self._part)))[::-1], [True] * len(self._part)
        budget = 20 * len(self._part)
        while waiting and budget:
            budget -= 1
            node = waiting.pop()
            queued[node] = False
            here = self._part[node]
            pulls: dict[int, float] = {}
            for other, gain in self._beside[node]:
                to = self._part[other]
                pulls[to] = pulls.get(to, 0.0) + gain
            best, most = here, pulls.get(here, 0.0) + _GAIN
            for part, pull in pulls.items():
                if pull > most:
                    best, most = part, pull
            if most < 0 and len(self._members[here]) > 1:
                best = len(self._members)
                self._members.append(set())
            if best != here:
                self._put(node, best)
                for other, _ in self._beside[node]:
                    if not queued[other]:
                        queued[other] = True
                        waiting.append(other)

    def _go_through_pairs(self, changed: set[int]) -> set[int]:
        """Joins, exchanges and splits of parts of which one has changed; those that change now."""
        now: set[int] = set()
        part = np.array(self._part, np.int64)
        ends = np.sort(part[self._edges], axis=1)
        ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
        for one, other in ends.tolist():
            if (one in changed or other in changed) and self._exchange(one, other):
                now |= {one, other}
        for one in sorted(changed | now):
            if one < len(self._members) and len(self._members[one]) > 1:
                fresh = len(self._members)
                self._members.append(set())
                if self._exchange(one, fresh):
                    now |= {one, fresh}
        return now

    def _exchange(self, one: int, other: int) -> bool:
        """Move nodes one by one between two parts, that of most gain first, each once; keep the moves up
        to where all together gain most, or join the parts where that gains more."""
        turned = {one: other, other: one}
        small, large = sorted((one, other), key=lambda part: len(self._members[part]))
        if not self._members[large] or self._left <= 0:
            return False
        border, between = self._border(small, large)
        self._left -= sum(len(self._beside[node]) for node in self._members[small] or self._members[large])
        self._left -= sum(len(self._beside[node]) for node in border)
        sides: dict[int, int] = {}
        pulls = {node: self._pull(node, turned, sides) for node in border}
        heap = [(-pull, node) for node, pull in pulls.items()]
        heapq.heapify(heap)
        moves: list[int] = []
        so_far, best, length = 0.0, _GAIN, 0
        patience = min(_PATIENCE, 5 + len(self._members[small]))
        while heap and len(moves) - length <= patience:
            negative, node = heapq.heappop(heap)
            if node in sides or -negative != pulls[node]:
                continue
            so_far -= negative
            moves.append(node)
            self._left -= len(self._beside[node])
            sides[node] = turned[self._part[node]]
            if so_far > best:
                best, length = so_far, len(moves)
            for neighbour, gain in self._beside[node]:
                hub = len(self._beside[neighbour]) > _HUB
                if not hub and neighbour not in sides and self._part[neighbour] in turned:
                    if neighbour in pulls:
                        pulls[neighbour] += (
                            2 * gain if self._part[neighbour] == self._part[node] else -2 * gain
                        )
                    else:
                        pulls[neighbour] = self._pull(neighbour, turned, sides)
                    heapq.heappush(heap, (-pulls[neighbour], neighbour))
        if between > best:
            for node in list(self._members[small]):
                self._put(node, large)
            return True
        for node in moves[:length]:
            self._put(node, turned[self._part[node]])
        return length > 0

    def _border(self, small: int, large: int) -> tuple[list[int], float]:
        """The nodes of two parts with an edge to the other one, and what all these edges gain; without a
        node in the smaller part, those nodes that hold least to the larger."""
        if not self._members[small]:
            inside = {large: -1, -1: large}
            some = [node for node in self._members[large] if len(self._beside[node]) <= _HUB]
            loose = [(-self._pull(node, inside, {}), node) for node in some]
            return [node for _, node in heapq.nsmallest(_LOOSE, loose)], 0.0
        border: dict[int, None] = {}
        between = 0.0
        for node in self._members[small]:
            for neighbour, gain in self._beside[node]:
                if self._part[neighbour] == large:
                    border[node] = border[neighbour] = None
                    between += gain
        return [node for node in border if len(self._beside[node]) <= _HUB], between

    def _pull(self, node: int, turned: dict[int, int], sides: dict[int, int]) -> float:
        """What it gains to move a node to the other of two parts; `sides`: nodes that have moved already."""
        part, here, total = self._part, self._part[node], 0.0
        for neighbour, gain in self._beside[node]:
            to = sides.get(neighbour, part[neighbour])
            if to == here:
                total -= gain
            elif to in turned:
                total += gain
        return total


_BUDGET = 20_000_000
"""Edges looked at in a search before it makes do with what it has: it ends in seconds on any graph."""

_HUB = 1000
"""Edges of a node beyond which it is moved alone or with its part, not in a row of moves: that is as slow as
it has edges."""

_LOOSE = 20
"""Nodes that a split may begin with."""

_PATIENCE = 50
"""Moves without a gain in all after which an exchange is given up."""


def _simple(nodes: int, edges: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same graph with each edge once, the lower node first."""
    low, high = np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1).T
    real = low != high
    summed = coo_array((np.asarray(gains, np.float64)[real], (low[real], high[real])), shape=(nodes, nodes))
    summed.sum_duplicates()
    return np.stack(summed.coords, axis=1).astype(np.int64), summed.data


def _in_order(labels: np.ndarray) -> np.ndarray:
    """The same parts, numbered from 0 in the order of their first nodes."""
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[places]
