"""The networks, by name."""

from __future__ import annotations

from torch import nn

from .hrnet import SPECS as HRNET_SPECS
from .hrnet import build_hrnet

BUILDERS = {name: build_hrnet for name in HRNET_SPECS}


def build_model(name: str, classes: int) -> nn.Module:
    """Build the network called ``name`` with random weights.

    Args:
        name: a key of :data:`BUILDERS`.
        classes: number of output classes.

    Raises:
        ValueError: no network of that name; the text lists the names.
    """
    if name not in BUILDERS:
        raise ValueError(f"unknown model {name!r}; known are: {', '.join(sorted(BUILDERS))}")
    return BUILDERS[name](name, classes)
