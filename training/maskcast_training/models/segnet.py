"""SegNet (Badrinarayanan, Kendall, Cipolla: arXiv:1511.00561): VGG-16's convolutions, and a mirrored decoder that puts
values back where the maximum was."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .base import Segmenter
from .layers import conv_bn, initialise

# (channels, convolutions) of VGG-16's five stages.
VGG16_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def unpool(values: torch.Tensor, places: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Put values [N, C, h, w] at the flat indices ``places`` of an otherwise zero [N, C, height, width].

    The same as ``max_unpool2d``, which has no ONNX export.
    """
    batch, channels = values.shape[:2]
    empty = values.new_zeros((batch, channels, height * width))
    filled = empty.scatter(2, places.flatten(2), values.flatten(2))
    return filled.view(batch, channels, height, width)


class SegNet(Segmenter):
    """SegNet.

    Args:
        divisor: divides all channels; 1 for the paper's network.
        classes: number of output classes.
    """

    output_stride = 1

    def __init__(self, divisor: int, classes: int) -> None:
        super().__init__()
        stages = [(channels // divisor, count) for channels, count in VGG16_STAGES]
        inputs = [3, *(channels for channels, _ in stages)]
        self.encoder = nn.ModuleList(
            nn.Sequential(*(conv_bn(before if i == 0 else channels, channels) for i in range(count)))
            for before, (channels, count) in zip(inputs, stages)
        )
        # The last convolution of a decoder stage has the channels of the next one; the finest ends in the classifier.
        self.decoder = nn.ModuleList()
        for index in reversed(range(len(stages))):
            channels, count = stages[index]
            after = stages[index - 1][0] if index else channels
            convolutions = [conv_bn(channels, channels) for _ in range(count - 1)]
            if index:
                convolutions.append(conv_bn(channels, after))
            self.decoder.append(nn.Sequential(*convolutions))
        self.classifier = nn.Conv2d(stages[0][0], classes, 3, padding=1)
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x, memory = image, []
        for block in self.encoder:
            x = block(x)
            size = x.shape[-2:]
            x, places = F.max_pool2d(x, 2, return_indices=True)
            memory.append((places, size))
        for block in self.decoder:
            places, size = memory.pop()
            x = block(unpool(x, places, *size))
        return self.classifier(x)


DIVISORS = {"segnet": 1, "segnet-small": 4}


def build_segnet(name: str, classes: int) -> SegNet:
    """The SegNet called ``name`` (a key of :data:`DIVISORS`)."""
    return SegNet(DIVISORS[name], classes)
