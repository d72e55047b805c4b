"""The networks, by name."""

from __future__ import annotations

from .base import Segmenter
from .deeplab import build_deeplab
from .hrnet import SPECS as HRNET_SPECS
from .hrnet import build_hrnet
from .segnet import DIVISORS as SEGNETS
from .segnet import build_segnet
from .unet import WIDTHS as UNETS
from .unet import build_unet

BUILDERS = {
    **{name: build_hrnet for name in HRNET_SPECS},
    **{name: build_unet for name in UNETS},
    **{name: build_segnet for name in SEGNETS},
    "deeplabv3plus-mobilenetv2": build_deeplab,
}


def build_model(name: str, classes: int) -> Segmenter:
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
