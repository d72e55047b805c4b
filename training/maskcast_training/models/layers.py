"""Building blocks shared by all networks: convolution + batch normalisation, and resizing."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

# Momentum of PyTorch's running mean, i.e. the weight of the new batch. The HRNet authors use 0.1 with batches of 12.
BATCH_NORM_MOMENTUM = 0.1


def conv_bn(
    in_channels: int,
    out_channels: int,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    relu: bool = True,
) -> nn.Sequential:
    """A bias-free convolution, batch normalisation and, if wanted, ReLU.

    Padding keeps ``height / stride`` for odd kernels.
    """
    padding = dilation * (kernel // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(out_channels, momentum=BATCH_NORM_MOMENTUM),
    ]
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def resize_to(features: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Resize ``features`` [N, C, h, w] bilinearly to the height and width of ``like`` [N, *, H, W].

    ``align_corners=False``, in training and in the exported graph alike: the two settings give different networks.
    """
    return F.interpolate(features, size=like.shape[-2:], mode="bilinear", align_corners=False)


def initialise(module: nn.Module) -> None:
    """He initialisation for convolutions (He et al., 2015), ones and zeros for batch normalisation."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
