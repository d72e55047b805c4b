"""Small synthetic data sets, drawn by the tests themselves."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

CLASSES = {
    "ignoreIndex": 255,
    "classes": [
        {"id": 0, "name": "ground", "color": [0, 0, 0]},
        {"id": 1, "name": "disc", "color": [220, 20, 60]},
        {"id": 2, "name": "square", "color": [0, 90, 200]},
    ],
}


@pytest.fixture(autouse=True)
def few_threads() -> None:
    """Results must not depend on the machine's core count."""
    torch.set_num_threads(1)


def draw_scene(rng: np.random.Generator, height: int = 72, width: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """A noisy grey ground with one red disc and one blue square; image BGR and its label."""
    image = rng.integers(90, 130, (height, width, 3)).astype(np.uint8)
    label = np.zeros((height, width), np.uint8)
    x, y = (int(v) for v in rng.integers(20, 40, 2))
    cv2.circle(image, (x, y), 12, (30, 30, 230), -1)
    cv2.circle(label, (x, y), 12, 1, -1)
    left, top = int(rng.integers(55, 70)), int(rng.integers(25, 45))
    cv2.rectangle(image, (left, top), (left + 18, top + 18), (230, 60, 20), -1)
    cv2.rectangle(label, (left, top), (left + 18, top + 18), 2, -1)
    return image, label


def write_split(folder: Path, count: int, seed: int) -> None:
    """Write ``count`` scenes in the plain layout."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    rng = np.random.default_rng(seed)
    for index in range(count):
        image, label = draw_scene(rng)
        cv2.imwrite(str(folder / "images" / f"scene_{index:02d}.png"), image)
        cv2.imwrite(str(folder / "labels" / f"scene_{index:02d}.png"), label)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A data set of discs and squares with ``train`` (6 images) and ``val`` (2)."""
    root = tmp_path / "shapes"
    root.mkdir()
    (root / "classes.json").write_text(json.dumps(CLASSES))
    write_split(root / "train", 6, seed=1)
    write_split(root / "val", 2, seed=2)
    return root


@pytest.fixture
def recipe_document() -> dict:
    """A recipe for :func:`shapes` that trains in seconds."""
    return {
        "model": "hrnet-w18-small-v1",
        "classes": "classes.json",
        "sources": [{"path": "train", "scale": [0.8, 1.25]}],
        "crop": [64, 64],
        "batch": 2,
        "steps": 4,
        "warm_up": 1,
        "check_every": 4,
        "look": 0.5,
        "validate": {"val": {"path": "val"}},
        "select": ["val"],
    }
