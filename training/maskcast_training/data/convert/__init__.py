"""Converters from other data sets' layouts into the plain one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .cityscapes import convert_cityscapes
from .cvat import convert_cvat
from .voc import convert_voc

CONVERTERS: dict[str, Callable[[Path, str, Path], int]] = {
    "cityscapes": convert_cityscapes,
    "voc": convert_voc,
    "cvat": convert_cvat,
}
"""By format: from (source folder, split, target folder) to the number of images written."""
