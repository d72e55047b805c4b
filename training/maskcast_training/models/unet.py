"""U-Net (Ronneberger, Fischer, Brox: "U-Net: Convolutional Networks for Biomedical Image Segmentation", arXiv:1505.04597).

Differs from the paper in what has become usual: padded convolutions, batch normalisation, bilinear upsampling followed by
a convolution instead of a transposed one.
"""

from __future__ import annotations

import torch
from torch import nn

from .base import Segmenter
from .layers import conv_bn, initialise, resize_to

LEVELS = 5


def double_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3×3 convolutions with batch normalisation and ReLU."""
    return nn.Sequential(conv_bn(in_channels, out_channels), conv_bn(out_channels, out_channels))


class UNet(Segmenter):
    """U-Net with five levels.

    Args:
        width: channels of the finest level (64 in the paper); every level down has twice as many.
        classes: number of output classes.
    """

    output_stride = 1

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(LEVELS)]
        self.down = nn.ModuleList(double_conv(a, b) for a, b in zip([3, *widths], widths))
        self.pool = nn.MaxPool2d(2)
        self.narrow = nn.ModuleList(conv_bn(2 * w, w) for w in reversed(widths[:-1]))
        self.up = nn.ModuleList(double_conv(2 * w, w) for w in reversed(widths[:-1]))
        self.classifier = nn.Conv2d(width, classes, 1)
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skips = []
        x = image
        for index, block in enumerate(self.down):
            x = block(self.pool(x) if index else x)
            skips.append(x)
        skips.pop()
        for narrow, block in zip(self.narrow, self.up):
            skip = skips.pop()
            x = block(torch.cat([skip, narrow(resize_to(x, skip))], dim=1))
        return self.classifier(x)


WIDTHS = {"unet": 64, "unet-small": 16}


def build_unet(name: str, classes: int) -> UNet:
    """The U-Net called ``name`` (a key of :data:`WIDTHS`)."""
    return UNet(WIDTHS[name], classes)
