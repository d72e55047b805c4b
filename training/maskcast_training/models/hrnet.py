"""HRNetV2: parallel branches at 1/4 to 1/32 resolution that exchange features after every module.

Built from the architecture tables of Sun et al., "High-Resolution Representations for Labeling Pixels and Regions"
(arXiv:1904.04514), and Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition"
(arXiv:1908.07919).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from .base import Segmenter
from .layers import conv_bn, initialise, resize_to

STEM_CHANNELS = 64
BOTTLENECK_EXPANSION = 4


@dataclass(frozen=True)
class HRNetSpec:
    """One row of the architecture table.

    Attributes:
        stage1_blocks: bottleneck blocks of stage 1.
        stage1_channels: inner channels of a bottleneck; it puts out four times as many.
        modules: exchange modules in stages 2, 3 and 4.
        blocks: basic blocks a branch in each module.
        width: channels of the 1/4 branch; every further branch has twice the channels of the one before.
    """

    stage1_blocks: int
    stage1_channels: int
    modules: tuple[int, int, int]
    blocks: int
    width: int

    def widths(self, branches: int) -> list[int]:
        """Channels of the first ``branches`` branches, finest first."""
        return [self.width * 2**i for i in range(branches)]


SPECS = {
    "hrnet-w18-small-v1": HRNetSpec(1, 32, (1, 1, 1), 2, 16),
    "hrnet-w18-small-v2": HRNetSpec(2, 64, (1, 3, 2), 2, 18),
    "hrnet-w18": HRNetSpec(4, 64, (1, 4, 3), 4, 18),
    "hrnet-w48": HRNetSpec(4, 64, (1, 4, 3), 4, 48),
}


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1 with a residual connection (He et al., 2016); puts out ``4 * channels`` channels."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        out_channels = channels * BOTTLENECK_EXPANSION
        self.reduce = conv_bn(in_channels, channels, kernel=1)
        self.spatial = conv_bn(channels, channels)
        self.expand = conv_bn(channels, out_channels, kernel=1, relu=False)
        self.shortcut = (
            nn.Identity() if in_channels == out_channels else conv_bn(in_channels, out_channels, kernel=1, relu=False)
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.expand(self.spatial(self.reduce(x))) + self.shortcut(x))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with a residual connection; channels and resolution stay."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv_bn(channels, channels)
        self.second = conv_bn(channels, channels, relu=False)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.second(self.first(x)) + x)


class Upward(nn.Module):
    """Carry a coarse branch to a finer one: 1×1 convolution, then bilinear resizing."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.project = conv_bn(in_channels, out_channels, kernel=1, relu=False)

    def forward(self, x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        return resize_to(self.project(x), like)


class Downward(nn.Sequential):
    """Carry a fine branch to a coarser one by strided 3×3 convolutions, one for each halving.

    All but the last keep the channels and end in a ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, halvings: int) -> None:
        steps = [conv_bn(in_channels, in_channels, stride=2) for _ in range(halvings - 1)]
        steps.append(conv_bn(in_channels, out_channels, stride=2, relu=False))
        super().__init__(*steps)


class ExchangeModule(nn.Module):
    """Basic blocks on every branch, then each branch receives the sum of all branches at its own resolution."""

    def __init__(self, widths: list[int], blocks: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in widths)
        self.exchange = nn.ModuleList(
            nn.ModuleList(self._path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )
        self.relu = nn.ReLU(inplace=True)

    @staticmethod
    def _path(widths: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            return Upward(widths[source], widths[target])
        return Downward(widths[source], widths[target], halvings=target - source)

    def forward(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        features = [branch(x) for branch, x in zip(self.branches, features)]
        fused = []
        for target, paths in enumerate(self.exchange):
            total = None
            for source, path in enumerate(paths):
                term = path(features[source], features[target]) if source > target else path(features[source])
                total = term if total is None else total + term
            # The first term can be a branch itself, which others still read: no in-place addition above.
            fused.append(self.relu(total))
        return fused


class HRNet(Segmenter):
    """HRNetV2 for segmentation.

    Args:
        spec: the row of the architecture table.
        classes: number of output classes.

    Attributes:
        branch_widths: channels of the four branches that are joined at the end, finest first.

    ``forward`` takes [N, 3, H, W] (normalised RGB) and returns logits [N, classes, ceil(H/4), ceil(W/4)].
    """

    output_stride = 4

    def __init__(self, spec: HRNetSpec, classes: int) -> None:
        super().__init__()
        self.branch_widths = spec.widths(4)
        self.stem = nn.Sequential(conv_bn(3, STEM_CHANNELS, stride=2), conv_bn(STEM_CHANNELS, STEM_CHANNELS, stride=2))
        stage1_out = spec.stage1_channels * BOTTLENECK_EXPANSION
        self.stage1 = nn.Sequential(
            *(Bottleneck(STEM_CHANNELS if i == 0 else stage1_out, spec.stage1_channels) for i in range(spec.stage1_blocks))
        )
        first, second = spec.widths(2)
        self.transition1 = nn.ModuleList([conv_bn(stage1_out, first), conv_bn(stage1_out, second, stride=2)])
        self.stage2 = self._stage(spec, 0)
        self.transition2 = conv_bn(spec.widths(2)[-1], spec.widths(3)[-1], stride=2)
        self.stage3 = self._stage(spec, 1)
        self.transition3 = conv_bn(spec.widths(3)[-1], spec.widths(4)[-1], stride=2)
        self.stage4 = self._stage(spec, 2)
        head_channels = sum(self.branch_widths)
        self.head = conv_bn(head_channels, head_channels, kernel=1)
        self.classifier = nn.Conv2d(head_channels, classes, 1)
        initialise(self)

    @staticmethod
    def _stage(spec: HRNetSpec, index: int) -> nn.Sequential:
        widths = spec.widths(index + 2)
        return nn.Sequential(*(ExchangeModule(widths, spec.blocks) for _ in range(spec.modules[index])))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.stage1(self.stem(image))
        features = self.stage2([transition(x) for transition in self.transition1])
        features = self.stage3([*features, self.transition2(features[-1])])
        features = self.stage4([*features, self.transition3(features[-1])])
        joined = torch.cat([features[0], *(resize_to(x, features[0]) for x in features[1:])], dim=1)
        return self.classifier(self.head(joined))


def build_hrnet(name: str, classes: int) -> HRNet:
    """The HRNet called ``name`` (a key of :data:`SPECS`) with ``classes`` output classes."""
    return HRNet(SPECS[name], classes)
