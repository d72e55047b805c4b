"""Copy-paste: cut labelled objects out of training images and paste them, mostly small, onto other samples.

After Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation"
(arXiv:2012.07177). The pasted copies are matched to the brightness of the place they land on and have soft edges, so that
a seam doesn't give them away.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .augment import Sample, log_uniform
from .classes import IGNORE


@dataclass(frozen=True)
class CutOut:
    """One object.

    Attributes:
        image: RGB uint8 [h, w, 3], the object's bounding box with a margin.
        codes: label codes uint8 [h, w]; 255 outside the object.
    """

    image: np.ndarray
    codes: np.ndarray


def cut_objects(sample: Sample, codes: frozenset[int], min_area: int, max_share: float = 0.6) -> list[CutOut]:
    """Connected regions of a label that make usable objects.

    Args:
        sample: image and label codes.
        codes: label codes that belong to one object (a bicycle with its rider has two).
        min_area: smallest region in pixels.
        max_share: largest share of the image's area.

    Regions that touch the left, right or upper border are cut off there and are left out; people cut off at the lower border
    stay, since furniture hides legs in real views too.
    """
    image, label = sample
    mask = np.isin(label, list(codes)).astype(np.uint8)
    height, width = mask.shape
    count, regions, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for region in range(1, count):
        x, y, w, h, area = stats[region]
        whole = x > 0 and y > 0 and x + w < width
        if area < min_area or area > max_share * height * width or not whole or area < 0.25 * w * h:
            continue
        inside = regions[y : y + h, x : x + w] == region
        # Copies: a slice would keep the whole source image in memory.
        found.append(
            CutOut(
                image[y : y + h, x : x + w].copy(),
                np.where(inside, label[y : y + h, x : x + w], IGNORE).astype(np.uint8),
            )
        )
    return found


def cut_decoy(sample: Sample, outline: CutOut, background: int, min_height: int, rng: np.random.Generator) -> CutOut | None:
    """A piece of plain background in the outline of an object.

    Args:
        sample: image and label codes.
        outline: the object whose outline is used.
        background: label code of the background.
        min_height: smallest height of the piece, pixels.
        rng: source of randomness.

    Returns:
        The piece, labelled as background, or None if a random place shows anything but background.
    """
    image, label = sample
    height, width = label.shape
    tall = int(rng.integers(min_height, max(min_height + 1, height * 2 // 3)))
    wide = max(2, round(outline.codes.shape[1] * tall / outline.codes.shape[0]))
    if wide >= width or tall >= height:
        return None
    top, left = int(rng.integers(height - tall)), int(rng.integers(width - wide))
    if (label[top : top + tall, left : left + wide] != background).any():
        return None
    inside = cv2.resize(outline.codes, (wide, tall), interpolation=cv2.INTER_NEAREST_EXACT) != IGNORE
    codes = np.where(inside, background, IGNORE).astype(np.uint8)
    return CutOut(image[top : top + tall, left : left + wide].copy(), codes)


def paste_object(sample: Sample, cut: CutOut, height: int, rng: np.random.Generator) -> None:
    """Paste one object, ``height`` pixels tall, at a random place; changes ``sample`` in place.

    Objects may hang over the left, right and lower border by half. Low places are likelier for tall objects, since near
    things stand lower in the picture.
    """
    image, label = sample
    rows, cols = label.shape
    stretch = log_uniform(rng, 0.85, 1.18)
    size = (max(3, round(cut.codes.shape[1] * height / cut.codes.shape[0] * stretch)), max(3, height))
    shrinks = height < cut.codes.shape[0]
    patch = cv2.resize(cut.image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    codes = cv2.resize(cut.codes, size, interpolation=cv2.INTER_NEAREST_EXACT)
    if rng.random() < 0.5:
        patch, codes = patch[:, ::-1], codes[:, ::-1]
    left = int(rng.integers(-size[0] // 2, max(1, cols - size[0] // 2)))
    feet = rng.triangular(min(size[1], rows), max(size[1] + 1, rows * 0.8), max(rows * 1.2, size[1] + 2))
    top = int(feet) - size[1]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size[0], cols), min(top + size[1], rows)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    patch = patch[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    codes = codes[y0 - top : y1 - top, x0 - left : x1 - left]
    inside = codes != IGNORE
    if not inside.any():
        return
    target = image[y0:y1, x0:x1].astype(np.float32)
    if rng.random() < 0.7:
        # Half the way towards the brightness of the surroundings keeps dark clothes dark.
        gain = ((target.mean() + 20) / (patch[inside].mean() + 20)) ** 0.5
        patch = np.clip(patch * gain, 0, 255)
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), rng.uniform(0.4, 1.0))[..., None]
    image[y0:y1, x0:x1] = (patch * alpha + target * (1 - alpha)).astype(np.uint8)
    label[y0:y1, x0:x1][inside] = codes[inside]


class Paster:
    """Pastes objects from a bank onto samples.

    Args:
        bank: the objects, by group ("person", "vehicle", …).
        weights: how often each group is drawn, relative to the others.
        probability: share of samples that get anything.
        most: largest number of objects in a sample.
        heights: smallest and largest height in pixels, drawn log-uniformly, for each group.
    """

    def __init__(
        self,
        bank: dict[str, list[CutOut]],
        weights: dict[str, float],
        probability: float,
        most: int,
        heights: dict[str, tuple[int, int]],
    ) -> None:
        self.bank = {group: cuts for group, cuts in bank.items() if cuts}
        self.groups = sorted(self.bank)
        total = sum(weights[group] for group in self.groups)
        self.chances = [weights[group] / total for group in self.groups]
        self.probability = probability
        self.most = most
        self.heights = heights

    def __call__(self, sample: Sample, rng: np.random.Generator) -> None:
        """Change ``sample`` in place, or leave it."""
        if not self.groups or rng.random() >= self.probability:
            return
        for _ in range(int(rng.integers(1, self.most + 1))):
            group = self.groups[int(rng.choice(len(self.groups), p=self.chances))]
            cuts = self.bank[group]
            cut = cuts[int(rng.integers(len(cuts)))]
            paste_object(sample, cut, round(log_uniform(rng, *self.heights[group])), rng)
