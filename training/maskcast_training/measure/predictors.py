"""From an RGB image to class indices, with a PyTorch network or an ONNX file: the same padding and upsampling for both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional as F

from ..normalise import MEAN, normalise

Predictor = Callable[[np.ndarray], np.ndarray]
"""From an RGB uint8 image [H, W, 3] to class indices uint8 [H, W]."""

Teacher = Callable[[np.ndarray], np.ndarray]
"""From an RGB uint8 image [H, W, 3] to probabilities float32 [classes, H, W]."""

# Sides are padded to a multiple of this: the coarsest branch of an HRNet works at 1/32.
ALIGNMENT = 32
# The mean colour, which the network sees as zero, like the padding of its own convolutions.
PADDING = np.round(MEAN).astype(np.uint8)


def pad_to_alignment(image: np.ndarray) -> np.ndarray:
    """Extend [H, W, 3] downwards and to the right until both sides are multiples of :data:`ALIGNMENT`; never stretches.

    ``maskcast eval`` pads alike; repeated edges cost up to two points of IoU.
    """
    height, width = image.shape[:2]
    padded = np.empty((height + -height % ALIGNMENT, width + -width % ALIGNMENT, 3), np.uint8)
    padded[:] = PADDING
    padded[:height, :width] = image
    return padded


def labels_from_logits(logits: torch.Tensor, padded: tuple[int, int], height: int, width: int) -> np.ndarray:
    """Upsample logits [1, C, h, w] bilinearly to ``padded`` (height, width), crop, and take the arg-max: uint8 [H, W]."""
    full = F.interpolate(logits, size=padded, mode="bilinear", align_corners=False)
    return full[0, :, :height, :width].argmax(0).numpy().astype(np.uint8)


def at_longest_side(predict: Predictor, side: int) -> Predictor:
    """``predict`` on pictures scaled to a longest side of ``side`` pixels, its classes brought back to the picture's size.

    It shows what a network makes of another plane. The server enlarges scores, not classes: rounder outlines.
    """

    def predict_scaled(image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        scale = side / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return cv2.resize(predict(scaled), (width, height), interpolation=cv2.INTER_NEAREST)

    return predict_scaled


def torch_predictor(model: nn.Module) -> Predictor:
    """Predictor of a PyTorch network in inference mode, in fp32, on the device where the network lies."""
    model.eval()
    device = next(model.parameters()).device

    @torch.no_grad()
    def predict(image: np.ndarray) -> np.ndarray:
        padded = pad_to_alignment(image)
        batch = torch.from_numpy(padded).permute(2, 0, 1)[None].float().to(device)
        batch = normalise(batch).contiguous(memory_format=torch.channels_last)
        return labels_from_logits(model(batch).float().cpu(), padded.shape[:2], *image.shape[:2])

    return predict


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """A session on the CPU with ``threads`` threads (0: onnxruntime's own choice) and without spinning."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_predictor(path: Path, threads: int = 0) -> Predictor:
    """Predictor of an exported network: input ``image`` uint8 [1, H, W, 3], output ``logits`` float32 [1, C, h, w]."""
    session = open_session(path, threads)

    def predict(image: np.ndarray) -> np.ndarray:
        padded = pad_to_alignment(image)
        logits = session.run(["logits"], {"image": padded[None]})[0]
        return labels_from_logits(torch.from_numpy(logits), padded.shape[:2], *image.shape[:2])

    return predict


def onnx_teacher(path: Path, side: int, order: list[int], threads: int = 0) -> Teacher:
    """An exported network that sees pictures at a longest side of ``side`` pixels, as they are and mirrored.

    Args:
        path: ONNX file as for :func:`onnx_predictor`.
        side: pixels.
        order: the network's class index of each class that is asked for.
        threads: onnxruntime's threads, 0 for its own choice.

    Returns:
        The mean of both views' probabilities at the picture's size, in the order asked for; classes that aren't asked for
        count as the first one, which is the background.
    """
    session = open_session(path, threads)

    def view(image: np.ndarray, height: int, width: int) -> np.ndarray:
        padded = pad_to_alignment(image)
        logits = torch.from_numpy(session.run(["logits"], {"image": padded[None]})[0])
        full = F.interpolate(logits, size=padded.shape[:2], mode="bilinear", align_corners=False)
        full = full[:, :, : image.shape[0], : image.shape[1]].softmax(1)
        return F.interpolate(full, size=(height, width), mode="bilinear", align_corners=False)[0].numpy()

    def probabilities(image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        scale = side / max(height, width)
        scaled = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        mirrored = np.ascontiguousarray(scaled[:, ::-1])
        mean = (view(scaled, height, width) + view(mirrored, height, width)[:, :, ::-1]) / 2
        wanted = mean[order]
        wanted[0] += mean.sum(axis=0) - wanted.sum(axis=0)
        return wanted

    return probabilities
