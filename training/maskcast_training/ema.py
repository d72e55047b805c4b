"""Exponential moving average of a network's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """Keeps ``average = decay * average + (1 - decay) * weights`` of parameters and batch-normalisation statistics.

    Early on the decay is ``(1 + updates) / (10 + updates)`` where that is smaller, so that the starting weights are
    forgotten quickly (as in TensorFlow's ``ExponentialMovingAverage``).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights after an optimiser step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)

    def state(self) -> dict:
        """What a checkpoint stores."""
        return {"updates": self.updates, "model": self.model.state_dict()}

    def restore(self, state: dict) -> None:
        """Take up a stored state."""
        self.updates = state["updates"]
        self.model.load_state_dict(state["model"])
