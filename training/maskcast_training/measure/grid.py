"""Pictures to judge by eye: image, truth, each network's mask, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..data.classes import IGNORE, ClassList
from .predictors import Predictor
from .preview import overlay

WRONG_COLOUR = (255, 40, 40)
TILE_WIDTH = 320


def error_map(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """RGB uint8 [H, W, 3]: red where a labelled pixel is wrong, grey where there is no label, black elsewhere."""
    picture = np.zeros((*truth.shape, 3), np.uint8)
    picture[(truth != prediction) & (truth != IGNORE)] = WRONG_COLOUR
    picture[truth == IGNORE] = (90, 90, 90)
    return picture


def _tile(picture: np.ndarray) -> np.ndarray:
    height = round(picture.shape[0] * TILE_WIDTH / picture.shape[1])
    return cv2.resize(picture, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA)


def write_grid(
    items: list[tuple[np.ndarray, np.ndarray | None]],
    models: list[tuple[Predictor, ClassList]],
    path: Path,
) -> None:
    """Write one row an image: the image, the truth if known, then each model's mask and, with truth, its errors.

    Args:
        items: (image RGB uint8 [H, W, 3], label [H, W] in the first model's classes, or None).
        models: the networks and their classes.
        path: PNG or JPEG to write.
    """
    rows = []
    for image, truth in items:
        pictures = [image]
        if truth is not None:
            pictures.append(overlay(image, truth, models[0][1]))
        for predict, classes in models:
            prediction = predict(image)
            pictures.append(overlay(image, prediction, classes))
            if truth is not None:
                pictures.append(error_map(truth, prediction))
        rows.append(np.hstack([_tile(picture) for picture in pictures]))
    if not cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)):
        raise ValueError(f"{path}: can't be written")
