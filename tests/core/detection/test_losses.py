import math

import pytest
import torch

from core.detection.losses import detection_losses


def test_losses_worked_by_hand():
    scores = torch.zeros(4, 3)
    deltas = torch.zeros(4, 3, 4)
    deltas[0, 2] = torch.tensor([0.5, 0, 0, 3.0])
    deltas[0, 1] = 100  # of another class: does not count
    deltas[1] = 100  # background: does not count
    class_loss, box_loss = detection_losses(
        scores, deltas, torch.tensor([2, 0, 0, 1]), torch.zeros(4, 4), torch.tensor([0, 3])
    )
    assert class_loss.item() == pytest.approx(math.log(3))
    assert box_loss.item() == pytest.approx((0.5 * 0.25 + 2.5) / 4)


def test_background_alone_has_no_box_loss():
    deltas = torch.ones(2, 3, 4, requires_grad=True)
    none = torch.zeros(0, dtype=torch.int64)
    _, box_loss = detection_losses(torch.zeros(2, 3), deltas, none.new_zeros(2), torch.ones(2, 4), none)
    assert box_loss.item() == 0
    box_loss.backward()
    assert not deltas.grad.any()
