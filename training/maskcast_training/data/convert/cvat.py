"""CVAT: an ``annotations.xml`` of the format "CVAT for images 1.1", with the images in ``images/`` beside it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from ..classes import IGNORE, ClassList
from .writer import PlainWriter

BACKGROUND = "background"
# Pixels of a shape with this label are ignored.
IGNORE_LABEL = "ignore"


def read_classes(root: ElementTree.Element) -> ClassList:
    """Classes of the task: ``background`` first unless the task has it, then the task's labels in their order."""
    names, colours = [], []
    for entry in root.iterfind(".//labels/label"):
        name = entry.findtext("name", "")
        if name == IGNORE_LABEL:
            continue
        value = entry.findtext("color", "").lstrip("#") or "808080"
        names.append(name)
        colours.append(tuple(int(value[i : i + 2], 16) for i in (0, 2, 4)))
    if not names:
        raise ValueError("the XML lists no labels: export the task as 'CVAT for images 1.1'")
    if BACKGROUND not in names:
        names.insert(0, BACKGROUND)
        colours.insert(0, (0, 0, 0))
    return ClassList(tuple(names), tuple(colours), IGNORE)


def _points(shape: ElementTree.Element) -> np.ndarray:
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
    return np.round(np.array(pairs, np.float64)).astype(np.int32)


def draw_shape(label: np.ndarray, shape: ElementTree.Element, value: int) -> None:
    """Draw one polygon, box or mask of the XML into ``label`` [H, W]; other shapes have no area and are skipped."""
    if shape.tag == "polygon":
        cv2.fillPoly(label, [_points(shape)], value)
    elif shape.tag == "box":
        left, top, right, bottom = (round(float(shape.get(key, "0"))) for key in ("xtl", "ytl", "xbr", "ybr"))
        label[max(top, 0) : bottom, max(left, 0) : right] = value
    elif shape.tag == "mask":
        left, top, width, height = (int(shape.get(key, "0")) for key in ("left", "top", "width", "height"))
        # Run lengths alternate between outside and inside, row by row within the mask's box, outside first.
        runs = [int(run) for run in shape.get("rle", "").replace(" ", "").split(",")]
        inside = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
        label[top : top + height, left : left + width][inside] = value


def convert_cvat(source: Path, split: str, target: Path) -> int:
    """Convert one export; returns the number of images.

    Shapes are drawn in the order of their ``z_order``; what no shape covers is ``background``; shapes labelled ``ignore``
    are ignored.

    Args:
        source: folder of the unpacked export.
        split: name of the split to write.
        target: data set's folder in the plain layout.

    Raises:
        FileNotFoundError: ``annotations.xml`` or an image is missing.
        ValueError: the XML isn't of this format, or a shape has a label that the task doesn't list.
    """
    source = Path(source)
    root = ElementTree.parse(source / "annotations.xml").getroot()
    classes = read_classes(root)
    writer = PlainWriter(target, split, classes)
    count = 0
    for entry in root.iterfind("image"):
        name = entry.get("name", "")
        image = source / "images" / name
        if not image.is_file():
            raise FileNotFoundError(f"{image} is missing")
        size = int(entry.get("height", "0")), int(entry.get("width", "0"))
        label = np.full(size, classes.index(BACKGROUND), np.uint8)
        for shape in sorted(entry, key=lambda s: int(s.get("z_order", "0"))):
            wanted = shape.get("label", "")
            draw_shape(label, shape, IGNORE if wanted == IGNORE_LABEL else classes.index(wanted))
        writer.add(image, label, name.rsplit(".", 1)[0].replace("/", "_"))
        count += 1
    return count
