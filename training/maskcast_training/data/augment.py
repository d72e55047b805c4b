"""Geometric and photometric augmentation of one labelled image; every function draws only from the generator given."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

Sample = tuple[np.ndarray, np.ndarray]
"""(image RGB uint8 [H, W, 3], label codes uint8 [H, W])."""


DISPLAY_GAMMA = 2.2
"""Exponent between a pixel's value and the light that it stands for, as displays and most cameras take it."""


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between ``low`` and ``high`` whose logarithm is uniform: halving is as likely as doubling."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


@dataclass(frozen=True)
class Placement:
    """Where a crop lies in a scaled image; moves image, label and whatever else belongs to them alike.

    Attributes:
        size: (width, height) that the whole image is scaled to, pixels.
        corner: (top, left) of the crop in it.
        crop: (height, width) of the result.
        margin: rows above and columns before, where the scaled image doesn't fill the crop.
        mirrored: left and right are exchanged.
    """

    size: tuple[int, int]
    corner: tuple[int, int]
    crop: tuple[int, int]
    margin: tuple[int, int]
    mirrored: bool

    def move(self, array: np.ndarray, interpolation: int) -> np.ndarray:
        """The crop of an array [H, W, …] of any size that covers the whole image."""
        array = cv2.resize(array, self.size, interpolation=interpolation)
        (top, left), (height, width) = self.corner, self.crop
        array = array[top : top + height, left : left + width]
        below, right = height - array.shape[0], width - array.shape[1]
        if below or right:
            above, before = self.margin
            array = cv2.copyMakeBorder(array, above, below - above, before, right - before, cv2.BORDER_WRAP)
        return np.ascontiguousarray(array[:, ::-1] if self.mirrored else array)


def place(
    shape: tuple[int, int], crop: tuple[int, int], scale: tuple[float, float], aspect: float, rng: np.random.Generator
) -> Placement:
    """Draw a placement for an image of ``shape`` (height, width); the other parameters as in :func:`rescale_and_crop`."""
    factor = log_uniform(rng, *scale)
    stretch = log_uniform(rng, 1 / aspect, aspect) ** 0.5
    width, height = max(8, round(shape[1] * factor * stretch)), max(8, round(shape[0] * factor / stretch))
    top = int(rng.integers(0, max(1, height - crop[0] + 1)))
    left = int(rng.integers(0, max(1, width - crop[1] + 1)))
    below, right = max(0, crop[0] - height), max(0, crop[1] - width)
    margin = (int(rng.integers(0, below + 1)), int(rng.integers(0, right + 1))) if below or right else (0, 0)
    return Placement((width, height), (top, left), crop, margin, bool(rng.random() < 0.5))


def move_sample(sample: Sample, placement: Placement) -> Sample:
    """Image and label of a placement."""
    image, label = sample
    shrinks = placement.size[0] < label.shape[1]
    # EXACT samples at pixel centres like the image; plain INTER_NEAREST shifts small labels by half a pixel.
    return (
        placement.move(image, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        placement.move(label, cv2.INTER_NEAREST_EXACT),
    )


def rescale_and_crop(
    sample: Sample,
    crop: tuple[int, int],
    scale: tuple[float, float],
    aspect: float,
    rng: np.random.Generator,
) -> Sample:
    """Scale at random, mirror half of the time, and cut out ``crop`` (height, width).

    Where the scaled image is smaller than the crop it is repeated, which fills the crop with more small objects instead of
    with pixels that don't train.

    Args:
        sample: image and label.
        crop: height and width of the result, pixels.
        scale: smallest and largest factor, drawn log-uniformly.
        aspect: largest ratio by which width and height are scaled apart, 1 for none. A camera that looks down shortens
            people: the stretched copies stand for it.
        rng: source of randomness.
    """
    return move_sample(sample, place(sample[1].shape, crop, scale, aspect, rng))


def jitter_colour(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, gamma, saturation and white balance at random.

    Args:
        image: RGB uint8 [H, W, 3].
        strength: 0 for none, 1 for what cameras differ by in practice.
        rng: source of randomness.
    """
    gamma = np.exp(rng.normal(0, 0.25 * strength))
    contrast = np.exp(rng.normal(0, 0.2 * strength))
    brightness = rng.normal(0, 0.08 * strength)
    gains = np.exp(rng.normal(0, 0.08 * strength, 3))
    ramp = np.arange(256, dtype=np.float32) / 255
    curve = (ramp**gamma - 0.5) * contrast + 0.5 + brightness
    table = np.clip(curve[:, None] * gains[None] * 255, 0, 255).astype(np.uint8)
    image = cv2.LUT(image, np.ascontiguousarray(table[None]))
    saturation = max(0.0, 1 + rng.normal(0, 0.3 * strength))
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, saturation, grey, 1 - saturation, 0)


def relight(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The scene at another hour: exposure, a slope of light across the picture, colour temperature and gamma.

    Pixels follow a power law close to 1/2.2, so that a change of ``e`` stops multiplies them by ``2 ** (e / 2.2)``; what
    passes white is clipped, as a sensor does.

    Args:
        image: RGB uint8 [H, W, 3].
        strength: 0 for none, 1 for noon to dusk on one camera: 0.8 stops (standard deviation).
        rng: source of randomness.
    """
    if strength <= 0:
        return image
    height, width = image.shape[:2]
    exposure, down, across = rng.normal(0, 1, 3) * (0.8, 0.6, 0.3)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    light = np.exp2(strength * (exposure + down * y + across * x) / DISPLAY_GAMMA)
    warmth, tint = rng.normal(0, 1, 2) * (0.15, 0.05) * strength
    gains = np.exp((warmth, tint, -warmth))
    curve = (np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.25 * strength)) * 255).astype(np.float32)
    lit = cv2.LUT(image, curve) * light[..., None].astype(np.float32) * gains.astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def tint(sample: Sample, code: int, rng: np.random.Generator) -> np.ndarray:
    """The pixels of one class in another colour of the same brightness: half of the time in the hue of skin.

    Args:
        sample: image and label codes.
        code: label code of the class.
        rng: source of randomness.

    Returns:
        RGB uint8 [H, W, 3]; what is labelled otherwise stays as it was but for a soft edge.
    """
    image, label = sample
    colour = rng.uniform((0.9, 0.6, 0.3), (1.4, 0.9, 0.7)) if rng.random() < 0.5 else rng.uniform(0.4, 1.5, 3)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    painted = grey[..., None] * (colour / (colour @ (0.299, 0.587, 0.114))).astype(np.float32)
    share = cv2.GaussianBlur((label == code).astype(np.float32), (0, 0), 1.0)[..., None] * rng.uniform(0.3, 1.0)
    return np.clip(image + (painted - image) * share, 0, 255).astype(np.uint8)


def night_look(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A dark scene, or the grey, vignetted picture of a camera with infrared lamps."""
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        table = (np.linspace(0, 1, 256) ** rng.uniform(1.2, 2.2) * rng.uniform(120, 220)).astype(np.uint8)
        return cv2.LUT(image, table)
    # Near infrared is closest to the red channel; lamps light the centre.
    weights = rng.dirichlet((4, 2, 1)).astype(np.float32)
    grey = cv2.transform(image, weights[None])
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall_off = 1 - rng.uniform(0.1, 0.6) * np.minimum(1, x * x + y * y)
    grey = np.clip(grey.astype(np.float32) * fall_off * rng.uniform(0.6, 1.3), 0, 255).astype(np.uint8)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What optics, sensor and codec take away: blur, motion blur, low resolution, noise, compression."""
    height, width = image.shape[:2]
    draw = rng.random(4)
    if draw[0] < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    elif draw[0] < 0.22:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        image = cv2.filter2D(image, -1, kernel if rng.random() < 0.7 else kernel.T)
    if draw[1] < 0.15:
        factor = rng.uniform(0.4, 0.8)
        small = cv2.resize(image, (int(width * factor), int(height * factor)), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if draw[2] < 0.3:
        # One normal field is drawn for all channels or for each: sensors show both luma and chroma noise.
        sigma = log_uniform(rng, 1.5, 12)
        noise = rng.standard_normal((height, width, 1 if rng.random() < 0.5 else 3), dtype=np.float32) * sigma
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if draw[3] < 0.4:
        quality = int(rng.integers(20, 85))
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return image


def change_look(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """All photometric steps in the order in which a camera applies them; uint8 [H, W, 3] in and out."""
    if strength <= 0:
        return image
    draw = rng.random(2)
    image = jitter_colour(image, strength, rng)
    if draw[0] < 0.1 * strength:
        image = night_look(image, rng)
    elif draw[0] < 0.2 * strength:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return degrade(image, rng) if draw[1] < 0.8 * strength else image
