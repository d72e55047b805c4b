"""The input convention of every network here: RGB, 0–255, normalised by ImageNet's mean and standard deviation."""

from __future__ import annotations

import torch

MEAN = (123.675, 116.28, 103.53)
"""Mean of red, green, blue over ImageNet, on the scale 0–255."""
STD = (58.395, 57.12, 57.375)
"""Standard deviation of red, green, blue over ImageNet, on the scale 0–255."""


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Images [N, 3, H, W] with values 0–255 to zero mean and unit variance."""
    mean = images.new_tensor(MEAN).view(1, 3, 1, 1)
    std = images.new_tensor(STD).view(1, 3, 1, 1)
    return (images - mean) / std
