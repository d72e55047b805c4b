"""Pictures of augmented training samples: the cheapest way to find a wrong mapping or an augmentation that goes too far."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..data.classes import IGNORE, ClassList
from ..data.mixture import MixtureDataset

IGNORE_COLOUR = (255, 255, 255)
# A label that allows several classes has no colour of its own.
SEVERAL_COLOUR = (255, 0, 255)
COLUMNS = 4


def overlay(image: np.ndarray, codes: np.ndarray, classes: ClassList) -> np.ndarray:
    """``image`` (RGB uint8 [H, W, 3]) half covered by the colours of its labels; black classes stay clear."""
    palette = np.full((256, 3), SEVERAL_COLOUR, np.uint8)
    palette[: len(classes)] = classes.colours
    palette[IGNORE] = IGNORE_COLOUR
    colours = palette[codes]
    clear = (colours == 0).all(axis=2, keepdims=True)
    return np.where(clear, image, (image // 2 + colours // 2).astype(np.uint8))


def write_preview(data: MixtureDataset, count: int, path: Path, first: int = 0) -> None:
    """Write ``count`` samples, each above its labels, as one picture.

    White is ignored, magenta allows several classes.
    """
    tiles = []
    for number in range(first, first + count):
        image, codes = data.sample(number)
        tiles.append(np.vstack([image, overlay(image, codes, data.classes)]))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    picture = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture):
        raise ValueError(f"{path}: can't be written")
