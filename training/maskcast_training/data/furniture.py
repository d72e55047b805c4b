"""Drawn furniture: boxes with a top, a front and a side, as a camera on a wall sees sofas, tables and cupboards.

Photos of people hardly show any, and a network that knows wood and leather only as "skin-coloured, person-sized" takes them
for people. What is drawn here needs to share no more with furniture than that: large, warm in colour, softly shaded, with
straight edges, under and beside people.
"""

from __future__ import annotations

import cv2
import numpy as np

from .classes import IGNORE
from .paste import CutOut

# Side of the square that pieces are drawn in, pixels.
CANVAS = 192
# RGB of wood, leather, cloth and brick, whose hues are those of skin.
WARM = ((196, 148, 110), (160, 105, 70), (120, 75, 50), (205, 170, 140), (150, 60, 50), (225, 200, 175), (90, 60, 45))


def draw_furniture(background: int, rng: np.random.Generator) -> CutOut:
    """One piece: a box, often with a back or arms, turned at random.

    Args:
        background: label code that its pixels get.
        rng: source of randomness.
    """
    image = np.zeros((CANVAS, CANVAS, 3), np.uint8)
    inside = np.zeros((CANVAS, CANVAS), np.uint8)
    colour = np.array(WARM[int(rng.integers(len(WARM)))]) * rng.uniform(0.7, 1.15)
    if rng.random() < 0.3:
        colour = rng.uniform(30, 230, 3)
    width, height = rng.uniform(60, 110), rng.uniform(20, 60)
    depth = np.array((rng.uniform(-35, 35), -rng.uniform(15, 50)))
    left, bottom = CANVAS / 2 - width / 2, CANVAS * 0.72
    shades = np.array((rng.uniform(0.95, 1.25), 1.0, rng.uniform(0.6, 0.9)))
    boxes = [(left, width, height, depth)]
    if rng.random() < 0.5:
        boxes.insert(0, (left + depth[0] * 0.8, width, height * rng.uniform(1.4, 1.9), depth * 0.3))
    if rng.random() < 0.3:
        arm = width * rng.uniform(0.1, 0.2)
        boxes += [(left - arm, arm, height * 1.3, depth), (left + width, arm, height * 1.3, depth)]
    for x, wide, tall, deep in boxes:
        tone = colour * rng.uniform(0.9, 1.1)
        for corners, shade in zip(_faces(x, bottom, wide, tall, deep), shades, strict=True):
            points = np.round(corners).astype(np.int32)
            cv2.fillConvexPoly(image, points, np.clip(tone * shade, 0, 255).tolist(), cv2.LINE_AA)
            cv2.fillConvexPoly(inside, points, 1)
    textured = np.clip(image * _texture(rng)[..., None], 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(textured, (0, 0), rng.uniform(0.5, 2.0))
    turn = cv2.getRotationMatrix2D((CANVAS / 2, CANVAS / 2), rng.normal(0, 15), 1)
    soft = cv2.warpAffine(soft, turn, (CANVAS, CANVAS))
    inside = cv2.warpAffine(inside, turn, (CANVAS, CANVAS), flags=cv2.INTER_NEAREST)
    x, y, w, h = cv2.boundingRect(inside)
    codes = np.where(inside[y : y + h, x : x + w] > 0, background, IGNORE).astype(np.uint8)
    return CutOut(soft[y : y + h, x : x + w].copy(), codes)


def _faces(left: float, bottom: float, width: float, height: float, depth: np.ndarray) -> tuple[np.ndarray, ...]:
    """Corners of a box's visible faces in oblique projection: top, front, and the side that ``depth`` points away from."""
    front = np.array(((left, bottom - height), (left + width, bottom - height), (left + width, bottom), (left, bottom)))
    top = np.array((front[0], front[1], front[1] + depth, front[0] + depth))
    near, far = (front[1], front[2]) if depth[0] > 0 else (front[0], front[3])
    return top, front, np.array((near, far, far + depth, near + depth))


def _texture(rng: np.random.Generator) -> np.ndarray:
    """Factors around 1, float32 [CANVAS, CANVAS]: light that falls unevenly, grain or folds, and fine noise."""
    coarse = cv2.resize(rng.normal(1, 0.12, (4, 4)).astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 0.05, (CANVAS, 8) if rng.random() < 0.5 else (8, CANVAS)).astype(np.float32)
    folds = cv2.resize(grain, (CANVAS, CANVAS), interpolation=cv2.INTER_LINEAR)
    return coarse + folds + rng.normal(0, 0.02, (CANVAS, CANVAS)).astype(np.float32)
