"""What all networks have in common."""

from __future__ import annotations

import torch
from torch import nn


class Segmenter(nn.Module):
    """A segmentation network whose last layer is ``classifier``, a convolution with bias.

    ``forward`` takes normalised RGB [N, 3, H, W] and returns logits [N, classes, ceil(H/s), ceil(W/s)] with s the
    ``output_stride``; H and W are multiples of 32, or the network says otherwise.
    """

    output_stride: int
    classifier: nn.Conv2d

    def trunk_parameters(self) -> list[nn.Parameter]:
        """All parameters but the classifier's."""
        head = {id(p) for p in self.classifier.parameters()}
        return [p for p in self.parameters() if id(p) not in head]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError
