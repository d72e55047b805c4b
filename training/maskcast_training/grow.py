"""Grow a trained HRNet into a larger one that computes the same (Net2Net, Chen et al., arXiv:1511.05641).

The larger network starts where the smaller one ends, instead of from noise:

- channels that a layer has more get ordinary random weights for what comes in and zero weights for what goes out to the
  channels that were there before. They carry features from the first step on, and nobody listens yet;
- blocks and exchange modules that are new add nothing: the last batch normalisation of their residual path scales by 0, and
  what they pass on has gone through a ReLU before;
- the classifier is kept.

Gradients reach the zeros at once, and through them, a step or two later, all the rest.
"""

from __future__ import annotations

import torch
from torch import nn

from .models.hrnet import BasicBlock, Bottleneck, Downward, HRNet, Upward


@torch.no_grad()
def grow(small: HRNet, large: HRNet, keep_classifier: bool = True) -> None:
    """Give ``large``, a network with random weights, the function of ``small``.

    Args:
        small: the trained network.
        large: the network to fill; none of its stages has fewer channels, blocks or modules.
        keep_classifier: False leaves the classifier of ``large`` as it is, for other classes.

    Raises:
        ValueError: ``large`` is smaller somewhere, or has another number of classes though its classifier is to be filled.
    """
    state, grown = small.state_dict(), large.state_dict()
    for name, value in state.items():
        fits = name in grown and all(a <= b for a, b in zip(value.shape, grown[name].shape))
        fits = fits and (name != "classifier.bias" or not keep_classifier or value.shape == grown[name].shape)
        if not fits:
            raise ValueError(f"can't grow: the larger network has no room for {name} {list(value.shape)}")
    for name, value in state.items():
        if name.startswith("classifier.") and not keep_classifier:
            continue
        if value.ndim == 4:
            inputs = _joined(small, large) if name.startswith("head.") else torch.arange(value.shape[1])
            grown[name][: len(value)] = 0
            grown[name][: len(value), inputs] = value
        elif value.ndim == 1:
            grown[name][: len(value)] = value
        else:
            grown[name].copy_(value)
    known = {name for name, _ in small.named_modules()}
    for name, module in large.named_modules():
        if name not in known and isinstance(module, (BasicBlock, Bottleneck, Downward, Upward)):
            nn.init.zeros_(_last_normalisation(module).weight)


def _joined(small: HRNet, large: HRNet) -> torch.Tensor:
    """Where the channels of the four joined branches of ``small`` lie among those of ``large``."""
    places, start = [], 0
    for ours, theirs in zip(small.branch_widths, large.branch_widths):
        places.append(torch.arange(start, start + ours))
        start += theirs
    return torch.cat(places)


def _last_normalisation(module: nn.Module) -> nn.BatchNorm2d:
    return [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)][-1]
