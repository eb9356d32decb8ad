"""What is left in the queue while items are decided and clips are looked through again."""

import numpy as np
import pytest

from core.review.findings import Findings, Item
from core.review.recipes import FEW, RECIPES
from studio.review.queue_order import QueueOrder


def items(clip: int, values: list[float]) -> Findings:
    """A point for each value, in a clip."""
    found = [Item(clip, (100 * clip + n,), 0, 3, 1, value) for n, value in enumerate(values, start=1)]
    return Findings.of_items(found)


def left(order: QueueOrder) -> list[int]:
    return [order.findings.item(row).tracks[0] for row in order.rows.tolist()]


@pytest.fixture
def order() -> QueueOrder:
    order = QueueOrder(RECIPES["worst_links"])
    order.replace({1, 2, 3}, Findings.join([items(1, [5, 1]), items(2, [9, 3]), items(3, [7])]))
    order.arrange(2.0)
    return order


def test_what_was_decided_is_not_found_again_though_nothing_is_copied(order: QueueOrder):
    found = order.findings
    assert left(order) == [201, 301, 101, 202]
    order.drop(int(order.rows[1]))
    order.arrange(2.0)
    assert order.findings is found
    assert left(order) == [201, 101, 202]
    assert order.undecided == 4
    assert order.row_of("3:301") is None
    assert order.place_of("1:101") == 1
    assert order.about(3, [301], 1) is None
    assert not order.items_of(["3:301"], [3])


def test_a_clip_that_is_looked_through_again_brings_back_what_it_has_and_leaves_the_others(order: QueueOrder):
    for row in order.rows[:2].tolist():  # 201 and 301
        order.drop(row)
    order.replace({2}, items(2, [4, 8]))
    order.arrange(2.0)
    assert left(order) == [202, 101, 201]
    assert order.undecided == 4
    assert np.unique(order.findings.clips).tolist() == [1, 2, 3]


def test_before_there_is_a_threshold_the_usual_ones_are_shown_and_not_a_million():
    order = QueueOrder(RECIPES["worst_links"])
    order.replace({1}, items(1, list(range(1, 3 * FEW))))
    order.arrange(None)
    assert len(order) == FEW
    assert order.findings.item(int(order.rows[0])).value == 3 * FEW - 1


def test_proposals_stay_with_their_rows_where_a_clip_before_them_goes(order: QueueOrder):
    mark = object()
    late = Item(4, (401,), 0, 3, 1, 6.0, proposal=mark)  # type: ignore[arg-type]
    order.replace({4}, Findings.of_items([late]))
    order.replace({2}, Findings())
    order.arrange(2.0)
    (row,) = [row for row in order.rows.tolist() if order.findings.item(row).clip_id == 4]
    assert order.findings.item(row).proposal is mark
