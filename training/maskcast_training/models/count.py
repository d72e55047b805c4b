"""Size and cost of a network."""

from __future__ import annotations

import torch
from torch import nn


def parameters(model: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@torch.no_grad()
def multiply_adds(model: nn.Module, height: int, width: int) -> int:
    """Multiply-adds of all convolutions for one image of ``height`` × ``width``.

    A convolution costs output pixels × output channels × kernel area × input channels / groups; everything else is left
    out, as in the published figures. Runs on the ``meta`` device, so that even the largest network costs nothing to count.
    """
    total = 0

    def count(layer: nn.Conv2d, _inputs: tuple, output: torch.Tensor) -> None:
        nonlocal total
        kernel = layer.kernel_size[0] * layer.kernel_size[1]
        total += output.shape[-2] * output.shape[-1] * layer.out_channels * kernel * layer.in_channels // layer.groups

    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, nn.Conv2d)]
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    model(torch.zeros(1, 3, height, width, device=device))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return total
