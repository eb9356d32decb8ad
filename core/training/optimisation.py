"""Stochastic gradient descent as Caffe runs it."""

import torch
from torch import nn


def sgd(net: nn.Module, momentum: float, weight_decay: float) -> torch.optim.SGD:
    """SGD with Caffe's treatment of biases: twice the learning rate, no weight decay.

    Parameters that do not require gradients are left out. Set the rate with `set_learning_rate`
    before every step.

    Source: the solver and network files of CaffeNet and Fast R-CNN (lr_mult 2, decay_mult 0).
    """
    trained = [(name, parameter) for name, parameter in net.named_parameters() if parameter.requires_grad]
    weights = [parameter for name, parameter in trained if not name.endswith("bias")]
    biases = [parameter for name, parameter in trained if name.endswith("bias")]
    groups = [
        {"params": weights, "rate_factor": 1.0, "weight_decay": weight_decay},
        {"params": biases, "rate_factor": 2.0, "weight_decay": 0.0},
    ]
    return torch.optim.SGD([group for group in groups if group["params"]], lr=0.0, momentum=momentum)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group its rate: `rate` times the group's factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate_factor"]
