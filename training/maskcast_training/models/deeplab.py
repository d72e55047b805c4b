"""DeepLabv3+ (Chen et al., arXiv:1802.02611) on MobileNetV2 (Sandler et al., arXiv:1801.04381) at output stride 16."""

from __future__ import annotations

import torch
from torch import nn

from .base import Segmenter
from .layers import conv_bn, initialise, resize_to

# (expansion, channels, blocks, stride, dilation): MobileNetV2's table; the last halving is replaced by dilation 2.
MOBILENET_V2 = (
    (1, 16, 1, 1, 1),
    (6, 24, 2, 2, 1),
    (6, 32, 3, 2, 1),
    (6, 64, 4, 2, 1),
    (6, 96, 3, 1, 1),
    (6, 160, 3, 1, 2),
    (6, 320, 1, 1, 2),
)
STEM_CHANNELS = 32
# Index of the row whose output, at 1/4 resolution, the decoder reads.
LOW_LEVEL_ROW = 1
LOW_LEVEL_CHANNELS = 48
# At output stride 16 (the paper's setting).
ATROUS_RATES = (6, 12, 18)


class InvertedResidual(nn.Module):
    """Expand 1×1, filter each channel 3×3, project 1×1 without activation; residual where the shapes allow it."""

    def __init__(self, in_channels: int, out_channels: int, expansion: int, stride: int, dilation: int) -> None:
        super().__init__()
        inner = in_channels * expansion
        layers = [] if expansion == 1 else [conv_bn(in_channels, inner, kernel=1)]
        layers.append(conv_bn(inner, inner, stride=stride, dilation=dilation, groups=inner))
        layers.append(conv_bn(inner, out_channels, kernel=1, relu=False))
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class AtrousPyramid(nn.Module):
    """1×1, three dilated 3×3 (depthwise separable) and a global mean, concatenated and projected."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList([conv_bn(in_channels, channels, kernel=1)])
        for rate in ATROUS_RATES:
            depthwise = conv_bn(in_channels, in_channels, dilation=rate, groups=in_channels)
            self.branches.append(nn.Sequential(depthwise, conv_bn(in_channels, channels, kernel=1)))
        # No normalisation here: one value a channel has no variance in a batch of one.
        self.global_mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(in_channels, channels, 1), nn.ReLU())
        self.project = conv_bn(channels * (len(ATROUS_RATES) + 2), channels, kernel=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [branch(x) for branch in self.branches]
        parts.append(self.global_mean(x).expand_as(parts[0]))
        return self.project(torch.cat(parts, dim=1))


class DeepLabV3Plus(Segmenter):
    """DeepLabv3+ with a MobileNetV2 backbone.

    Args:
        classes: number of output classes.
        channels: width of the pyramid and the decoder (256 in the paper).
    """

    output_stride = 4

    def __init__(self, classes: int, channels: int = 256) -> None:
        super().__init__()
        self.stem = conv_bn(3, STEM_CHANNELS, stride=2)
        rows, before = [], STEM_CHANNELS
        for expansion, width, blocks, stride, dilation in MOBILENET_V2:
            row = []
            for index in range(blocks):
                row.append(InvertedResidual(before, width, expansion, stride if index == 0 else 1, dilation))
                before = width
            rows.append(nn.Sequential(*row))
        self.rows = nn.ModuleList(rows)
        self.pyramid = AtrousPyramid(before, channels)
        self.low_level = conv_bn(MOBILENET_V2[LOW_LEVEL_ROW][1], LOW_LEVEL_CHANNELS, kernel=1)
        joined = channels + LOW_LEVEL_CHANNELS
        self.decoder = nn.Sequential(
            conv_bn(joined, joined, groups=joined),
            conv_bn(joined, channels, kernel=1),
            conv_bn(channels, channels, groups=channels),
            conv_bn(channels, channels, kernel=1),
        )
        self.classifier = nn.Conv2d(channels, classes, 1)
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stem(image)
        fine = x
        for index, row in enumerate(self.rows):
            x = row(x)
            if index == LOW_LEVEL_ROW:
                fine = self.low_level(x)
        context = resize_to(self.pyramid(x), fine)
        return self.classifier(self.decoder(torch.cat([fine, context], dim=1)))


def build_deeplab(name: str, classes: int) -> DeepLabV3Plus:
    """DeepLabv3+; ``name`` is for the registry only, there is one."""
    del name
    return DeepLabV3Plus(classes)
