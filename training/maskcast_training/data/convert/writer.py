"""Writes the plain layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from ..classes import ClassList


class PlainWriter:
    """Writes images and labels of one split.

    Args:
        target: data set's folder; gets ``classes.json`` and ``SPLIT/{images,labels}``.
        split: name of the split.
        classes: the classes.

    Raises:
        ValueError: ``target`` already holds other classes.
    """

    def __init__(self, target: Path, split: str, classes: ClassList) -> None:
        self.images, self.labels = Path(target) / split / "images", Path(target) / split / "labels"
        self.images.mkdir(parents=True, exist_ok=True)
        self.labels.mkdir(parents=True, exist_ok=True)
        path = Path(target) / "classes.json"
        document = classes.document()
        if path.exists() and json.loads(path.read_text()) != document:
            raise ValueError(f"{path} lists other classes than this source")
        path.write_text(json.dumps(document, indent=2) + "\n")

    def add(self, image: Path, label: np.ndarray, stem: str | None = None) -> None:
        """Copy an image file and write its label (uint8 [H, W], class indices or the ignore index)."""
        stem = stem or image.stem
        shutil.copyfile(image, self.images / f"{stem}{image.suffix.lower()}")
        _write(self.labels / f"{stem}.png", label)

    def write(self, stem: str, image: np.ndarray, label: np.ndarray) -> None:
        """Write an image (BGR uint8 [H, W, 3]) without loss, and its label."""
        _write(self.images / f"{stem}.png", image)
        _write(self.labels / f"{stem}.png", label)


def _write(path: Path, picture: np.ndarray) -> None:
    if not cv2.imwrite(str(path), picture):
        raise ValueError(f"{path} can't be written")
