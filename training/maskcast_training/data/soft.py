"""Teachers' probabilities as training targets.

A soft map is a PNG of four channels (red, green, blue, alpha), usually at a quarter of the image's side lengths: probability
× 255 of classes 1 to 4 of the folder's list; class 0 is the rest. Alpha is a number like the others.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .augment import Placement
from .classes import ClassList

CHANNELS = 4
FULL = 255


def read_soft(path: Path) -> np.ndarray:
    """A soft map, uint8 [h, w, 4]; ValueError if the file isn't one."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != CHANNELS:
        raise ValueError(f"{path}: a soft map must be an 8-bit PNG of red, green, blue and alpha")
    return image[..., [2, 1, 0, 3]]


def check_classes(source: ClassList, target: ClassList) -> None:
    """ValueError unless ``source`` has the classes of ``target`` in their order, as many as a soft map tells."""
    if source.names != target.names or len(target) != CHANNELS + 1:
        raise ValueError(f"soft maps tell {CHANNELS + 1} classes: {', '.join(target.names)}; got {', '.join(source.names)}")


def soft_target(soft: np.ndarray, placement: Placement, changed: np.ndarray, weight: float, stride: int) -> np.ndarray:
    """What the loss compares the network with.

    Args:
        soft: output of :func:`read_soft`.
        placement: of the crop in the image.
        changed: boolean [height, width] of the crop: pixels that show something else than the teachers saw.
        weight: factor on the loss, 0 to 1.
        stride: every n-th pixel of rows and columns is wanted.

    Returns:
        uint8 [5, height, width] of these pixels: the weight × 255, then the probabilities × 255 of classes 1 to 4.
    """
    moved = placement.move(soft, cv2.INTER_LINEAR)[::stride, ::stride]
    weights = np.where(changed[::stride, ::stride], 0, round(weight * FULL)).astype(np.uint8)
    return np.concatenate([weights[None], moved.transpose(2, 0, 1)])


def no_target(crop: tuple[int, int], stride: int) -> np.ndarray:
    """The target of a sample that no teacher saw: weight 0 everywhere."""
    return np.zeros((CHANNELS + 1, -(-crop[0] // stride), -(-crop[1] // stride)), np.uint8)
