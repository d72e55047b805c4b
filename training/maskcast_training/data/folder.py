"""The plain layout on disk: ``images/``, ``labels/`` and a ``classes.json`` beside or above them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .classes import ClassList

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def find_classes(folder: Path) -> Path:
    """The nearest ``classes.json`` in ``folder`` or above it; FileNotFoundError where there is none."""
    for place in [folder, *folder.resolve().parents]:
        if (place / "classes.json").is_file():
            return place / "classes.json"
    raise FileNotFoundError(f"no classes.json in {folder} or above it")


def read_image(path: Path) -> np.ndarray:
    """RGB uint8 [H, W, 3]; ValueError if the file is no image."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not an image that can be read")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_label(path: Path) -> np.ndarray:
    """Class indices, uint8 [H, W], of an 8-bit single-channel PNG."""
    label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if label is None or label.ndim != 2 or label.dtype != np.uint8:
        raise ValueError(f"{path}: a label must be an 8-bit single-channel PNG whose value is the class index")
    return label


class LabelledFolder:
    """Images with labels in the plain layout.

    Args:
        folder: holds ``images/`` and the labels.
        labels: name of the labels' folder.

    Raises:
        FileNotFoundError: a folder is missing, is empty, or an image has no label.
    """

    def __init__(self, folder: Path, labels: str = "labels") -> None:
        self.folder = Path(folder)
        image_folder, label_folder = self.folder / "images", self.folder / labels
        for place in (image_folder, label_folder):
            if not place.is_dir():
                raise FileNotFoundError(f"{place} is missing")
        self.images = sorted(p for p in image_folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        if not self.images:
            raise FileNotFoundError(f"{image_folder} holds no image")
        self.labels = [label_folder / f"{p.stem}.png" for p in self.images]
        missing = [p.name for p in self.labels if not p.is_file()]
        if missing:
            raise FileNotFoundError(f"{label_folder}: {len(missing)} labels are missing, the first is {missing[0]}")
        self.classes = ClassList.load(find_classes(self.folder))
        self._values: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.images)

    def values(self, index: int) -> np.ndarray:
        """The label values that occur in one item, uint8 in ascending order; its image isn't read."""
        if index not in self._values:
            self._values[index] = np.flatnonzero(np.bincount(read_label(self.labels[index]).ravel())).astype(np.uint8)
        return self._values[index]

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(image RGB uint8 [H, W, 3], label uint8 [H, W]) of one item; ValueError if their sizes differ."""
        image, label = read_image(self.images[index]), read_label(self.labels[index])
        if image.shape[:2] != label.shape:
            raise ValueError(f"{self.images[index]}: image is {image.shape[:2]}, its label {label.shape}")
        return image, label
