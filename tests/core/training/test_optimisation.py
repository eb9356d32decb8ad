import torch
from torch import nn

from core.training.optimisation import set_learning_rate, sgd


def trained(net, optimizer, steps):
    images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        set_learning_rate(optimizer, 0.1)
        optimizer.zero_grad()
        net(images.to(memory_format=torch.channels_last)).square().mean().backward()
        optimizer.step()


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 5, 3)).to(
        memory_format=torch.channels_last
    )


def test_a_step_is_caffe_s_whatever_the_memory_format():
    net, told = small_net(), small_net()
    trained(net, sgd(net, 0.9, 0.01), 3)
    momenta = [torch.zeros_like(parameter) for parameter in told.parameters()]
    images = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    for _ in range(3):
        told.zero_grad()
        told(images).square().mean().backward()
        for parameter, momentum in zip(told.parameters(), momenta, strict=True):
            bias = parameter.ndim == 1
            momentum.mul_(0.9).add_(parameter.grad + (0 if bias else 0.01) * parameter.detach())
            parameter.data -= (0.2 if bias else 0.1) * momentum
    for one, other in zip(net.parameters(), told.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_momenta_kept_in_another_memory_format_go_on_as_they_were():
    whole, part = small_net(), small_net()
    trained(whole, sgd(whole, 0.9, 0.01), 4)
    first = sgd(part, 0.9, 0.01)
    trained(part, first, 2)
    kept = first.state_dict()
    for values in kept["state"].values():
        values["momentum_buffer"] = values["momentum_buffer"].clone(memory_format=torch.contiguous_format)
    again = sgd(part, 0.9, 0.01)
    again.load_state_dict(kept)
    trained(part, again, 2)
    for one, other in zip(whole.parameters(), part.parameters(), strict=True):
        assert torch.equal(one, other)
