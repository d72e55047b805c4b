"""A tiny data set that is drawn rather than collected: enough to try every command, free to do anything with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .classes import ClassList
from .convert.writer import PlainWriter

CLASSES = ClassList(("ground", "disc", "square", "triangle"), ((0, 0, 0), (220, 20, 60), (0, 90, 200), (250, 170, 30)), 255)
HEIGHT, WIDTH = 240, 320
# What varies is everything but the shape, so that a network has to learn shapes and not colours.
RADII = (14, 45)
OBJECTS = (2, 5)


def draw_scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One picture (BGR uint8 [240, 320, 3]) of rotated shapes in random colours, and its label."""
    low, high = np.sort(rng.integers(40, 216, (2, 3)), axis=0)
    ramp = np.linspace(0, 1, WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 1))
    image = (low + ramp * (high - low)).astype(np.uint8)
    label = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(int(rng.integers(*OBJECTS))):
        kind = int(rng.integers(1, len(CLASSES)))
        radius = int(rng.integers(*RADII))
        centre = np.array([rng.integers(radius, WIDTH - radius), rng.integers(radius, HEIGHT - radius)])
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        if kind == CLASSES.index("disc"):
            for canvas, value in ((image, colour), (label, kind)):
                cv2.circle(canvas, centre.tolist(), radius, value, -1)
            continue
        corners = 4 if kind == CLASSES.index("square") else 3
        angles = rng.uniform(0, 2 * np.pi) + np.arange(corners) * 2 * np.pi / corners
        points = (centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).round().astype(np.int32)
        for canvas, value in ((image, colour), (label, kind)):
            cv2.fillPoly(canvas, [points], value)
    image = np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8)
    return image, label


def write_demo(target: Path, train: int, val: int, seed: int = 0) -> None:
    """Write ``train`` and ``val`` pictures in the plain layout."""
    rng = np.random.default_rng(seed)
    for split, count in (("train", train), ("val", val)):
        writer = PlainWriter(target, split, CLASSES)
        for index in range(count):
            image, label = draw_scene(rng)
            writer.write(f"scene_{index:03d}", image, label)
