"""Labels for a fixed camera from one drawing: the scene is outlined once, what moves in front of it is found.

In: a video of a camera that doesn't move, and a scene file. Out: frames with labels in the plain layout. The labels are
guesses to look through (``preview``, ``show``): whoever stands still from the first frame to the last belongs to the
background, and so does everything that a region names wrongly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .classes import IGNORE, ClassList
from .convert.writer import PlainWriter

# Frames for the median: many more than one object covers the same place in.
BACKGROUND_FRAMES = 41
# Differences to the background, in grey levels of the channel that differs most: above the first a pixel moves, between
# the two nobody knows (shadows, compression, leaves).
MOVING, DOUBTFUL = 36, 18
# Outlines of a drawing are off by a few pixels, and so are a mover's.
REGION_MARGIN, MOVER_MARGIN = 7, 5
# Share of the video's length between the last training frame and the first one that validates.
GAP = 0.05


@dataclass(frozen=True)
class Scene:
    """What the camera sees when nothing moves.

    Attributes:
        classes: the classes, whose ignore index is 255.
        background: class of all that no region covers.
        moving: class of what moves.
        regions: (class name or "ignore", outline int32 [points, 2] in pixels, x before y); later ones lie on top.
        smallest: pixels of the smallest mover; smaller ones are ignored.
    """

    classes: ClassList
    background: str
    moving: str
    regions: list[tuple[str, np.ndarray]]
    smallest: int

    @classmethod
    def load(cls, path: Path) -> Scene:
        """Read ``{"classes": […], "background", "moving", "smallest", "regions": [{"label", "points": [[x, y], …]}]}``."""
        document = json.loads(Path(path).read_text())
        regions = [(entry["label"], np.array(entry["points"], np.int32)) for entry in document["regions"]]
        scene = cls(
            ClassList.load(path), document["background"], document["moving"], regions, int(document.get("smallest", 60))
        )
        for name in [scene.background, scene.moving, *(label for label, _ in regions if label != "ignore")]:
            scene.classes.index(name)
        return scene

    def draw(self, height: int, width: int) -> np.ndarray:
        """Label of the empty scene, uint8 [height, width]; a margin along the regions' outlines is ignored."""
        label = np.full((height, width), self.classes.index(self.background), np.uint8)
        for name, points in self.regions:
            value = IGNORE if name == "ignore" else self.classes.index(name)
            cv2.fillPoly(label, [points], value)
        kernel = np.ones((REGION_MARGIN, REGION_MARGIN), np.uint8)
        label[cv2.dilate(label, kernel) != cv2.erode(label, kernel)] = IGNORE
        return label


def find_moving(frame: np.ndarray, background: np.ndarray, smallest: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of ``frame`` (uint8 [H, W, 3]) that cover ``background``, and those of which nobody knows: bool [H, W]."""
    difference = cv2.absdiff(cv2.GaussianBlur(frame, (3, 3), 0), cv2.GaussianBlur(background, (3, 3), 0)).max(axis=2)
    close = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 9))
    sure = cv2.morphologyEx((difference > MOVING).astype(np.uint8), cv2.MORPH_CLOSE, close)
    count, parts, sizes, _ = cv2.connectedComponentsWithStats(sure)
    large = [part for part in range(1, count) if sizes[part, cv2.CC_STAT_AREA] >= smallest]
    moving = np.isin(parts, large)
    around = cv2.dilate(moving.astype(np.uint8), np.ones((MOVER_MARGIN, MOVER_MARGIN), np.uint8)) > 0
    return moving, (around | (difference > DOUBTFUL) | (sure > 0)) & ~moving


def read_frames(video: Path, numbers: list[int]) -> dict[int, np.ndarray]:
    """The frames of a video (BGR uint8 [H, W, 3]) with these numbers, counted from 0; those behind its end are missing."""
    capture, wanted, frames = cv2.VideoCapture(str(video)), set(numbers), {}
    for number in range(max(numbers, default=-1) + 1):
        if not capture.grab():
            break
        if number in wanted:
            frames[number] = capture.retrieve()[1]
    capture.release()
    return frames


def write_fixed_camera(video: Path, scene: Scene, target: Path, train: int, val: int) -> None:
    """Write ``train`` frames of the first part of a video and ``val`` frames of its last part, with labels.

    The parts are as long as the counts are large, with :data:`GAP` between them.

    Raises:
        ValueError: the video can't be read, or has fewer frames than asked for.
    """
    capture = cv2.VideoCapture(str(video))
    length = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    if length < train + val:
        raise ValueError(f"{video}: {length} frames can be read, {train + val} were asked for")
    share = (1 - GAP) * train / (train + val)
    splits = {
        "train": np.linspace(0, length * share, train).astype(int).tolist(),
        "val": np.linspace(length * (share + GAP), length - 1, val).astype(int).tolist(),
    }
    sampled = np.linspace(0, length - 1, min(BACKGROUND_FRAMES, length)).astype(int).tolist()
    frames = read_frames(video, [*splits["train"], *splits["val"], *sampled])
    background = np.median(np.stack([frames[number] for number in sampled if number in frames]), axis=0).astype(np.uint8)
    empty = scene.draw(*background.shape[:2])
    for split, numbers in splits.items():
        writer = PlainWriter(target, split, scene.classes)
        for number in numbers:
            if number not in frames:
                continue
            moving, doubtful = find_moving(frames[number], background, scene.smallest)
            label = empty.copy()
            label[doubtful] = IGNORE
            label[moving] = scene.classes.index(scene.moving)
            writer.write(f"{Path(video).stem}_{number:05d}", frames[number], label)
