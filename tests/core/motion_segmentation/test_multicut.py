"""Minimum-cost multicuts against the best of all partitions, found by trying them."""

import itertools

import numpy as np
import pytest

from core.motion_segmentation.multicut import contracted, energy, improved, multicut


def all_partitions(nodes: int):
    """Every partition of some nodes, once: a node joins an earlier part or begins the next."""
    found = [[]]
    for _ in range(nodes):
        found = [[*one, part] for one in found for part in range(max(one, default=-1) + 2)]
    return np.array(found)


def graph(seed: int, nodes: int, density: float = 0.7):
    random = np.random.default_rng(seed)
    edges = np.array(list(itertools.combinations(range(nodes), 2)))
    edges = edges[random.random(len(edges)) < density]
    return edges, random.normal(size=len(edges))


def test_small_graphs_are_never_cut_worse_than_greedily_and_mostly_as_well_as_can_be():
    best = 0
    every = {nodes: all_partitions(nodes) for nodes in range(2, 9)}
    for seed in range(70):
        nodes = 2 + seed % 7
        edges, gains = graph(seed, nodes)
        cost = energy(edges, gains, multicut(nodes, edges, gains))
        cut = every[nodes][:, edges[:, 0]] != every[nodes][:, edges[:, 1]]
        optimum = (cut * gains).sum(axis=1).min(initial=0)
        assert optimum - 1e-9 <= cost <= energy(edges, gains, contracted(nodes, edges, gains)) + 1e-9
        assert cost <= min(0.0, gains.sum()) + 1e-9
        best += cost <= optimum + 1e-9
    assert best >= 65


def test_a_wrong_greedy_start_is_mended():
    # greedy contraction joins 0 and 1 first; the optimum keeps 0 with 2 and 3, 1 with 4 and 5
    edges = np.array([(0, 1), (0, 2), (0, 3), (2, 3), (1, 4), (1, 5), (4, 5), (2, 4), (3, 5)])
    gains = np.array([2.0, 1.5, 1.5, 1.0, 1.5, 1.5, 1.0, -1.5, -1.5])
    start = np.zeros(6, np.int64)
    labels = improved(6, edges, gains, start)
    assert energy(edges, gains, labels) == pytest.approx(-1.0)
    assert len(set(labels.tolist())) == 2


@pytest.mark.parametrize("start", [np.zeros(40, np.int64), np.arange(40), np.arange(40) % 3])
def test_two_groups_come_out_from_wherever_the_search_begins(start):
    truth = np.repeat([0, 1], 20)
    edges = np.array(list(itertools.combinations(range(40), 2)))
    gains = np.where(truth[edges[:, 0]] == truth[edges[:, 1]], 1.0, -1.0)
    labels = improved(40, edges, gains, start)
    assert energy(edges, gains, labels) == -400
    assert len(set(zip(truth.tolist(), labels.tolist(), strict=True))) == 2


def test_edges_may_come_twice_turned_or_from_a_node_to_itself():
    edges = np.array([(0, 1), (1, 0), (1, 2), (2, 2)])
    labels = multicut(3, edges, np.array([-1.0, 2.0, -1.0, 5.0]))
    assert labels.tolist() == [0, 0, 1]


def test_nodes_without_edges_stay_where_it_costs_nothing():
    assert multicut(0, np.zeros((0, 2), int), np.zeros(0)).tolist() == []
    assert len(multicut(3, np.zeros((0, 2), int), np.zeros(0))) == 3


def test_the_same_graph_gives_the_same_partition():
    edges, gains = graph(5, 60, 0.3)
    first = multicut(60, edges, gains)
    assert np.array_equal(first, multicut(60, edges, gains))
    assert first[0] == 0


def crowd(seed: int, nodes: int = 60, groups: int = 5):
    """A graph in which each node is with some and against others, mostly as its group says."""
    random = np.random.default_rng(seed)
    truth = random.integers(groups, size=nodes)
    edges = np.array(list(itertools.combinations(range(nodes), 2)))
    edges = edges[random.random(len(edges)) < 0.3]
    gains = np.where(truth[edges[:, 0]] == truth[edges[:, 1]], 1.0, -1.0) + random.normal(0, 1.2, len(edges))
    return edges, gains


def plain_energy(edges, gains, labels):
    return sum(gain for (a, b), gain in zip(edges, gains, strict=True) if labels[a] != labels[b])


@pytest.mark.parametrize("seed", range(6))
def test_no_move_of_a_node_and_no_join_of_parts_gains_any_more(seed):
    edges, gains = crowd(seed)
    labels = multicut(60, edges, gains)
    cost = plain_energy(edges, gains, labels)
    assert cost == pytest.approx(energy(edges, gains, labels))
    parts = range(labels.max() + 1)
    assert len(parts) > 1
    for node, part in itertools.product(range(60), range(labels.max() + 2)):
        changed = labels.copy()
        changed[node] = part
        assert plain_energy(edges, gains, changed) >= cost - 1e-9, (node, part)
    for one, other in itertools.combinations(parts, 2):
        changed = np.where(labels == other, one, labels)
        assert plain_energy(edges, gains, changed) >= cost - 1e-9, (one, other)
