"""A bias a class and a temperature, fitted on cameras that took no part in training, and folded into the graph.

The bias moves the border between classes, so that fewer pixels are taken for a class where nothing of it is; the temperature
makes probabilities as sure as they are right. Both change the last convolution alone, since a bilinear enlargement of its
logits keeps sums and factors: they cost nothing at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F

from ..data.classes import IGNORE
from ..data.folder import LabelledFolder
from ..measure.cameras import CameraTally, camera_of, camera_report
from ..measure.metrics import ConfusionMatrix
from ..measure.predictors import open_session, pad_to_alignment
from .onnx_export import INPUT, OUTPUT

EVERY_PIXEL = 3
"""Every n-th pixel of rows and columns takes part: neighbours say the same."""

STEPS = (1.0, 0.5, 0.25, 0.125)
"""Step widths of the search for a bias, in logits."""

LARGEST_BIAS = 3.0


@dataclass(frozen=True)
class Frame:
    """The labelled pixels of one image: its camera, logits float32 [pixels, classes] and true classes [pixels]."""

    camera: str
    logits: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """What is folded: ``logits' = (logits + bias) / temperature``, ``bias`` float [classes]."""

    bias: np.ndarray
    temperature: float


def collect(model: Path, folder: LabelledFolder, table: np.ndarray, threads: int = 0, every: int = 1) -> list[Frame]:
    """Run an ONNX file over every ``every``-th image; ``table`` [256] maps label values to its classes."""
    session, frames = open_session(model, threads), []
    for index in range(0, len(folder), every):
        image, label = folder.read(index)
        padded = pad_to_alignment(image)
        scores = torch.from_numpy(session.run([OUTPUT], {INPUT: padded[None]})[0])
        full = F.interpolate(scores, padded.shape[:2], mode="bilinear", align_corners=False)[0].numpy()
        rows, columns = (slice(EVERY_PIXEL // 2, length, EVERY_PIXEL) for length in label.shape)
        truth = table[label[rows, columns]].ravel()
        known = truth != IGNORE
        logits = full[:, rows, columns].reshape(len(full), -1)[:, known].T
        frames.append(Frame(camera_of(folder.images[index].name), np.ascontiguousarray(logits), truth[known]))
    return frames


def report_of(frames: list[Frame], names: tuple[str, ...], bias: np.ndarray) -> dict[str, Any]:
    """The report by camera (:func:`.cameras.camera_report`) of ``frames`` with a bias added."""
    tallies: dict[str, CameraTally] = {}
    for frame in frames:
        tally = tallies.setdefault(frame.camera, CameraTally(ConfusionMatrix(len(names))))
        tally.add(frame.truth, (frame.logits + bias).argmax(axis=1))
    return camera_report(tallies, names)


def worth(report: dict[str, Any], price: float) -> float:
    """Mean IoU over cameras, summed over all classes but the first, less ``price`` for each per cent of false pixels."""
    classes = list(report["mean"])[1:]
    found = sum(report["mean"][name]["iou"] or 0.0 for name in classes)
    return found - price * sum(report["falseShare"][name] or 0.0 for name in classes)


def fit_bias(frames: list[Frame], names: tuple[str, ...], price: float) -> np.ndarray:
    """The bias of greatest :func:`worth`, class by class in turns with ever smaller steps; 0 for the first class."""
    bias = np.zeros(len(names), np.float32)
    best = worth(report_of(frames, names, bias), price)
    for step in STEPS:
        moved = True
        while moved:
            moved = False
            for index in range(1, len(names)):
                for change in (step, -step):
                    trial = bias.copy()
                    trial[index] += change
                    if abs(trial[index]) > LARGEST_BIAS:
                        continue
                    value = worth(report_of(frames, names, trial), price)
                    if value > best + 1e-6:
                        best, bias, moved = value, trial, True
    return bias


def fit_temperature(frames: list[Frame], bias: np.ndarray) -> float:
    """The temperature of the likeliest true classes (Guo et al., arXiv:1706.04599), every camera weighing the same."""
    cameras: dict[str, list[Frame]] = {}
    for frame in frames:
        cameras.setdefault(frame.camera, []).append(frame)

    def surprise(temperature: float) -> float:
        values = []
        for members in cameras.values():
            logits = torch.from_numpy(np.concatenate([f.logits for f in members]) + bias) / temperature
            truth = torch.from_numpy(np.concatenate([f.truth for f in members]).astype(np.int64))
            values.append(float(F.cross_entropy(logits, truth)))
        return float(np.mean(values))

    return _smallest(surprise, 0.5, 4.0)


def _smallest(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is smallest, by thirds, to a hundredth."""
    while high - low > 0.01:
        third = (high - low) / 3
        low, high = (low, high - third) if function(low + third) < function(high - third) else (low + third, high)
    return round((low + high) / 2, 2)


def fold(source: Path, target: Path, calibration: Calibration) -> None:
    """Write an ONNX file whose logits are those of ``source``, calibrated.

    Raises:
        ValueError: the logits don't come from a convolution with weights and bias in fp32 (an int8 copy: calibrate first).
    """
    document = onnx.load(str(source))
    last = next((node for node in document.graph.node if OUTPUT in node.output), None)
    weights = {entry.name: entry for entry in document.graph.initializer}
    if last is None or last.op_type != "Conv" or len(last.input) != 3 or not set(last.input[1:]) <= set(weights):
        raise ValueError(f"{source}: {OUTPUT!r} must come from a convolution with weights and bias in fp32")
    kernel, offset = (numpy_helper.to_array(weights[name]) for name in last.input[1:])
    changed = (kernel / calibration.temperature, (offset + calibration.bias) / calibration.temperature)
    for name, value in zip(last.input[1:], changed):
        weights[name].CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))
    onnx.save(document, str(target))
