"""A second witness for labels that a network has made: what moves in front of a camera that stands still.

Networks miss far and small things and paint ground seen from above as vehicles; the difference to the empty scene does
neither. In: frames of one camera with their labels. Out: corrected labels, to look through (``show``) before they are used.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .classes import IGNORE
from .fixed_camera import find_moving
from .folder import LabelledFolder

# Fewer frames don't show what is behind everything that passes.
FEWEST_FRAMES = 10
# A frame of which more than this share moves was shaken, or its light has changed.
MOST_MOVING = 0.25


def correct_labels(
    frames: np.ndarray, labels: np.ndarray, moving: int, background: int, smallest: int, alone: bool
) -> np.ndarray:
    """Correct the labels of one camera's frames by what differs from their median.

    Movers become ``moving`` where the label says ``background``, ``moving`` or ignore; other classes stay. What may move is
    ignored where the label says ``background``.

    Args:
        frames: uint8 [N, H, W, 3], spread over the video and not one after the other.
        labels: uint8 [N, H, W], class indices or the ignore index.
        moving: class of what moves there.
        background: class of the empty scene.
        smallest: pixels of the smallest mover; smaller ones are ignored.
        alone: nothing of class ``moving`` stands still in this scene, so its pixels that don't move are ``background``,
            and a frame that was shaken is ignored. Otherwise such a frame keeps its label.

    Returns:
        uint8 [N, H, W].

    Raises:
        ValueError: fewer than :data:`FEWEST_FRAMES` frames.
    """
    if len(frames) < FEWEST_FRAMES:
        raise ValueError(f"{len(frames)} frames; at least {FEWEST_FRAMES} of one camera are needed to know its empty scene")
    empty = np.median(frames, axis=0).astype(np.uint8)
    results = labels.copy()
    for frame, label in zip(frames, results, strict=True):
        movers, doubtful = find_moving(frame, empty, smallest)
        if movers.mean() > MOST_MOVING:
            if alone:
                label[:] = IGNORE
            continue
        if alone:
            label[label == moving] = background
        label[doubtful & (label == background)] = IGNORE
        label[movers & np.isin(label, (background, moving, IGNORE))] = moving
    return results


def write_corrected(
    folder: Path, camera: str, target: Path, moving: str, background: str, smallest: int = 60, alone: bool = False
) -> int:
    """Write corrected labels of the images called ``CAMERA_NUMBER`` of a split; returns how many.

    Args:
        folder: split in the plain layout.
        camera: name of the camera.
        target: folder for the labels, made where it is missing.
        moving, background: names of the classes, as in :func:`correct_labels`.
        smallest, alone: as there.

    Raises:
        ValueError: too few images of this camera, images of several sizes, or an unknown class.
    """
    data = LabelledFolder(folder)
    chosen = [number for number, path in enumerate(data.images) if path.stem.rpartition("_")[0] == camera]
    items = [data.read(number) for number in chosen]
    sizes = sorted({label.shape for _, label in items})
    if len(sizes) > 1:
        raise ValueError(f"{camera}: images of {len(sizes)} sizes, {sizes[0]} and {sizes[1]} (height, width) among them")
    if len(items) < FEWEST_FRAMES:
        raise ValueError(f"{camera}: {len(items)} images in {folder}; at least {FEWEST_FRAMES} are needed")
    results = correct_labels(
        np.stack([image for image, _ in items]),
        np.stack([label for _, label in items]),
        data.classes.index(moving),
        data.classes.index(background),
        smallest,
        alone,
    )
    Path(target).mkdir(parents=True, exist_ok=True)
    for number, label in zip(chosen, results, strict=True):
        path = Path(target) / f"{data.images[number].stem}.png"
        if not cv2.imwrite(str(path), label):
            raise ValueError(f"{path} can't be written")
    return len(chosen)
