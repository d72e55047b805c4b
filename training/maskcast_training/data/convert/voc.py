"""PASCAL VOC: ``JPEGImages``, ``SegmentationClass`` (colours for classes) and ``ImageSets/Segmentation/SPLIT.txt``.

A ``labelmap.txt`` (``name:red,green,blue::`` a line) replaces VOC's own classes; with it, CVAT's and Datumaro's
"Segmentation mask" exports are read too.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..classes import IGNORE, ClassList
from .writer import PlainWriter

NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip


def voc_colour(index: int) -> tuple[int, int, int]:
    """Entry of VOC's palette: the index's bits, three at a time, become the high bits of red, green and blue."""
    channels = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            channels[channel] |= ((index >> channel) & 1) << shift
        index >>= 3
    return channels[0], channels[1], channels[2]


def read_label_map(path: Path) -> ClassList:
    """Classes of a ``labelmap.txt``; ValueError names a line that can't be read."""
    names, colours = [], []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(":")
        values = parts[1].split(",") if len(parts) > 1 else []
        if len(values) != 3 or not all(value.strip().isdigit() for value in values):
            raise ValueError(f"{path}: expected name:red,green,blue::, found {line!r}")
        names.append(parts[0])
        colours.append(tuple(int(value) for value in values))
    return ClassList(tuple(names), tuple(colours), IGNORE)


def labels_from_colours(picture: np.ndarray, classes: ClassList) -> np.ndarray:
    """Class indices [H, W] of an RGB picture [H, W, 3]; colours of no class are ignored."""
    flat = picture.astype(np.int64) @ (65536, 256, 1)
    label = np.full(flat.shape, IGNORE, np.uint8)
    for index, colour in enumerate(classes.colours):
        label[flat == int(np.dot(colour, (65536, 256, 1)))] = index
    return label


def convert_voc(source: Path, split: str, target: Path) -> int:
    """Convert one split; returns the number of images.

    Args:
        source: the folder with ``JPEGImages`` (``VOCdevkit/VOC2012``).
        split: name of a list in ``ImageSets/Segmentation``, such as ``train``.
        target: data set's folder in the plain layout.

    Raises:
        FileNotFoundError: the list, an image or a label is missing.
    """
    source = Path(source)
    label_map = source / "labelmap.txt"
    own = ClassList(NAMES, tuple(voc_colour(i) for i in range(len(NAMES))), IGNORE)
    classes = read_label_map(label_map) if label_map.is_file() else own
    listing = source / "ImageSets" / "Segmentation" / f"{split}.txt"
    stems = [line.strip() for line in listing.read_text().splitlines() if line.strip()]
    writer = PlainWriter(target, split, classes)
    for stem in stems:
        candidates = [source / "JPEGImages" / f"{stem}{suffix}" for suffix in (".jpg", ".jpeg", ".png")]
        image = next((path for path in candidates if path.is_file()), None)
        if image is None:
            raise FileNotFoundError(f"{candidates[0]} is missing")
        mask = source / "SegmentationClass" / f"{stem}.png"
        # IMREAD_COLOR turns the palette into colours, which are what both VOC and a label map define.
        picture = cv2.imread(str(mask), cv2.IMREAD_COLOR)
        if picture is None:
            raise FileNotFoundError(f"{mask} is missing or no PNG")
        writer.add(image, labels_from_colours(picture[..., ::-1], classes), stem.replace("/", "_"))
    return len(stems)
