"""Score a network on labelled images at their native size."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..checkpoint import load_model
from ..data.augment import Sample
from ..data.classes import ClassList, LabelCodes
from ..data.folder import LabelledFolder
from .metrics import ConfusionMatrix, Scores
from .predictors import Predictor, onnx_predictor, torch_predictor


def evaluate(predict: Predictor, samples: Iterable[Sample], codes: LabelCodes) -> tuple[Scores, np.ndarray]:
    """Score ``predict`` on (image, label codes) pairs; returns the scores and the confusion matrix [truth, prediction].

    Where a code allows several classes, each of them is right; any other is a miss of the first of them.
    """
    matrix = ConfusionMatrix(len(codes.classes))
    for image, label in samples:
        prediction = predict(image)
        matrix.add(codes.truth(label, prediction), prediction)
    return matrix.scores(), matrix.counts


def open_predictor(path: Path, classes_file: Path | None, threads: int = 0) -> tuple[Predictor, ClassList]:
    """Predictor and classes of a checkpoint (``.pt``) or an ONNX file.

    Args:
        path: the model.
        classes_file: class file for an ONNX file that has no ``manifest.json`` beside it; None to read that.
        threads: onnxruntime's threads, 0 for its own choice.

    Raises:
        FileNotFoundError: an ONNX file without any class list.
    """
    path = Path(path)
    if path.suffix != ".onnx":
        trained = load_model(path)
        return torch_predictor(trained.model), trained.classes
    source = classes_file or path.with_name("manifest.json")
    if not source.is_file():
        raise FileNotFoundError(f"{path} has no manifest.json beside it: name the classes with --classes")
    return onnx_predictor(path, threads), ClassList.load(source)


def evaluate_folder(
    predict: Predictor,
    classes: ClassList,
    folder: LabelledFolder,
    include: str = "*",
    every: int = 1,
    progress: bool = True,
) -> dict[str, Any]:
    """Score on a folder in the plain layout.

    Args:
        predict: the network.
        classes: its classes; the folder's classes must have the same names in any order.
        folder: images and labels.
        include: pattern of the image names that count.
        every: take every n-th of these, the first included.
        progress: show a progress bar.

    Returns:
        A JSON document with all shares in per cent: ``images``, ``meanIoU``, ``pixelAccuracy``, ``meanClassAccuracy``,
        ``iou`` by class name (None where undefined) and ``confusion`` [truth][prediction] in pixels.
    """
    codes = LabelCodes(classes)
    table = codes.lookup(folder.classes, None)
    items = [i for i, p in enumerate(folder.images) if p.match(include)][::every]
    if not items:
        raise ValueError(f"{folder.folder}: no image fits {include!r}")

    def samples() -> Iterable[Sample]:
        for item in tqdm(items, unit="image", disable=not progress):
            image, label = folder.read(item)
            yield image, table[label]

    scores, confusion = evaluate(predict, samples(), codes)
    return {
        "images": len(items),
        "meanIoU": _per_cent(scores.mean_iou),
        "pixelAccuracy": _per_cent(scores.pixel_accuracy),
        "meanClassAccuracy": _per_cent(scores.mean_class_accuracy),
        "iou": {name: _per_cent(float(value)) for name, value in zip(classes.names, scores.iou)},
        "confusion": confusion.tolist(),
    }


def _per_cent(share: float) -> float | None:
    return None if np.isnan(share) else round(100 * share, 2)


def describe(report: dict[str, Any]) -> str:
    """A report of :func:`evaluate_folder` for people."""
    lines = [f"{report['images']} images: mIoU {report['meanIoU']}, pixel accuracy {report['pixelAccuracy']}"]
    lines += [f"  {name:<12} {'–' if value is None else value}" for name, value in report["iou"].items()]
    return "\n".join(lines)


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report as JSON."""
    Path(path).write_text(json.dumps(report, indent=2) + "\n")
