"""Cityscapes: ``leftImg8bit/SPLIT/CITY/*_leftImg8bit.png`` and ``gtFine/SPLIT/CITY/*_gtFine_labelIds.png``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..classes import IGNORE, ClassList
from ..folder import read_label
from .writer import PlainWriter

# (labelId in the files, name, colour) of the 19 classes that the benchmark evaluates, in its order
# (github.com/mcordts/cityscapesScripts, helpers/labels.py).
EVALUATED = (
    (7, "road", (128, 64, 128)),
    (8, "sidewalk", (244, 35, 232)),
    (11, "building", (70, 70, 70)),
    (12, "wall", (102, 102, 156)),
    (13, "fence", (190, 153, 153)),
    (17, "pole", (153, 153, 153)),
    (19, "traffic light", (250, 170, 30)),
    (20, "traffic sign", (220, 220, 0)),
    (21, "vegetation", (107, 142, 35)),
    (22, "terrain", (152, 251, 152)),
    (23, "sky", (70, 130, 180)),
    (24, "person", (220, 20, 60)),
    (25, "rider", (255, 0, 0)),
    (26, "car", (0, 0, 142)),
    (27, "truck", (0, 0, 70)),
    (28, "bus", (0, 60, 100)),
    (31, "train", (0, 80, 100)),
    (32, "motorcycle", (0, 0, 230)),
    (33, "bicycle", (119, 11, 32)),
)


def convert_cityscapes(source: Path, split: str, target: Path) -> int:
    """Convert one split; returns the number of images.

    Args:
        source: folder that holds ``leftImg8bit`` and ``gtFine``.
        split: ``train``, ``val`` or ``test``.
        target: data set's folder in the plain layout.

    Raises:
        FileNotFoundError: no image, or an image without its label.
    """
    classes = ClassList(tuple(n for _, n, _ in EVALUATED), tuple(c for _, _, c in EVALUATED), IGNORE)
    table = np.full(256, IGNORE, np.uint8)
    for index, (label_id, _, _) in enumerate(EVALUATED):
        table[label_id] = index
    images = sorted((Path(source) / "leftImg8bit" / split).glob("*/*_leftImg8bit.png"))
    if not images:
        raise FileNotFoundError(f"{source}/leftImg8bit/{split} holds no *_leftImg8bit.png")
    writer = PlainWriter(target, split, classes)
    for image in images:
        stem = image.name.removesuffix("_leftImg8bit.png")
        label = Path(source) / "gtFine" / split / image.parent.name / f"{stem}_gtFine_labelIds.png"
        if not label.is_file():
            raise FileNotFoundError(f"{label} is missing")
        writer.add(image, table[read_label(label)], stem)
    return len(images)
