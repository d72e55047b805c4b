"""Scores camera by camera: a network that is right on average may be useless on the one camera that somebody has.

A frame belongs to the camera that its file name begins with: ``mall_0012.webp`` to ``mall``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..data.classes import IGNORE, ClassList, LabelCodes
from ..data.folder import LabelledFolder
from .metrics import ConfusionMatrix
from .predictors import Predictor

SMALLEST_SHARE = 0.002
"""A class counts on a camera whose labelled pixels it makes up at least this share of: below, faults of labels decide."""

NamedSample = tuple[str, np.ndarray, np.ndarray]
"""(file name, image RGB uint8 [H, W, 3], label codes uint8 [H, W])."""


def camera_of(name: str) -> str:
    """The file's name without suffix and trailing number; a name that is nothing else stays whole."""
    stem = Path(name).stem
    return re.sub(r"[_-]?\d+$", "", stem) or stem


@dataclass
class CameraTally:
    """What was counted on one camera.

    Attributes:
        confusion: pixels by true and predicted class.
        images: frames seen.
        seconds: CPU time of each frame's prediction, all threads together.
        free_pixels: int64 [classes], labelled pixels of the frames that show nothing of the class.
        false_pixels: int64 [classes], those of them that the network took for the class.
    """

    confusion: ConfusionMatrix
    images: int = 0
    seconds: list[float] = field(default_factory=list)
    free_pixels: np.ndarray = field(init=False)
    false_pixels: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        classes = len(self.confusion.counts)
        self.free_pixels, self.false_pixels = np.zeros(classes, np.int64), np.zeros(classes, np.int64)

    def add(self, truth: np.ndarray, prediction: np.ndarray) -> None:
        """Count one frame; both [H, W], truth 255 is ignored."""
        classes = len(self.confusion.counts)
        self.confusion.add(truth, prediction)
        labelled = truth != IGNORE
        absent = np.bincount(truth[labelled], minlength=classes)[:classes] == 0
        found = np.bincount(prediction[labelled], minlength=classes)[:classes]
        self.free_pixels += absent * int(labelled.sum())
        self.false_pixels += absent * found
        self.images += 1


def tally_cameras(predict: Predictor, samples: Iterable[NamedSample], codes: LabelCodes) -> dict[str, CameraTally]:
    """Count ``predict`` on every sample, by camera in order of name."""
    tallies: dict[str, CameraTally] = {}
    for name, image, label in samples:
        tally = tallies.setdefault(camera_of(name), CameraTally(ConfusionMatrix(len(codes.classes))))
        started = time.process_time()
        prediction = predict(image)
        tally.seconds.append(time.process_time() - started)
        tally.add(codes.truth(label, prediction), prediction)
    return dict(sorted(tallies.items()))


def report_on_folder(
    predict: Predictor, classes: ClassList, folder: LabelledFolder, every: int = 1, progress: bool = True
) -> dict[str, Any]:
    """:func:`camera_report` on every ``every``-th image of a folder whose classes have the same names in any order."""
    codes = LabelCodes(classes)
    table = codes.lookup(folder.classes, None)

    def samples() -> Iterable[NamedSample]:
        for item in tqdm(range(0, len(folder), every), unit="image", disable=not progress):
            image, label = folder.read(item)
            yield folder.images[item].name, image, table[label]

    return camera_report(tally_cameras(predict, samples(), codes), classes.names)


def camera_report(tallies: dict[str, CameraTally], names: tuple[str, ...]) -> dict[str, Any]:
    """A JSON document of what was counted, all shares in per cent.

    Args:
        tallies: output of :func:`tally_cameras`.
        names: the classes.

    Returns:
        ``cameras``: by camera ``images`` and by class ``share`` (of the labelled pixels), ``iou``, ``precision``, ``recall``
        and ``falseShare`` (pixels taken for the class in frames that show nothing of it); None where undefined.
        ``mean``: by class the mean IoU over the cameras on which it counts (:data:`SMALLEST_SHARE`), and on how many.
        ``falseShare``: by class over the frames of all cameras.
        ``cpuMilliseconds``: median CPU time of a frame's prediction, if it was taken.
    """
    cameras = {camera: _camera(tally, names) for camera, tally in tallies.items()}
    means, false_shares = {}, {}
    for index, name in enumerate(names):
        counting = [c["classes"][name]["iou"] for c in cameras.values() if c["classes"][name]["counts"]]
        means[name] = {"iou": _rounded(float(np.mean(counting))) if counting else None, "cameras": len(counting)}
        free = sum(int(tally.free_pixels[index]) for tally in tallies.values())
        false_shares[name] = _share(sum(int(tally.false_pixels[index]) for tally in tallies.values()), free)
    report = {"cameras": cameras, "mean": means, "falseShare": false_shares}
    seconds = [value for tally in tallies.values() for value in tally.seconds]
    return report | ({"cpuMilliseconds": round(1000 * float(np.median(seconds)), 1)} if seconds else {})


def _camera(tally: CameraTally, names: tuple[str, ...]) -> dict[str, Any]:
    counts = tally.confusion.counts
    truth, predicted, hits = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    classes = {}
    for i, name in enumerate(names):
        classes[name] = {
            "share": _share(truth[i], counts.sum()),
            "counts": bool(truth[i] >= SMALLEST_SHARE * max(counts.sum(), 1)),
            "iou": _share(hits[i], truth[i] + predicted[i] - hits[i]),
            "precision": _share(hits[i], predicted[i]),
            "recall": _share(hits[i], truth[i]),
            "falseShare": _share(tally.false_pixels[i], tally.free_pixels[i]),
        }
    return {"images": tally.images, "classes": classes}


def _share(part: float, whole: float) -> float | None:
    return _rounded(100 * part / whole) if whole else None


def _rounded(value: float) -> float:
    return round(float(value), 3)


def worst_loss(reference: dict[str, Any], other: dict[str, Any]) -> tuple[float, str]:
    """Points of IoU that ``other`` has less than ``reference`` where it loses most, and there: "CAMERA, CLASS".

    Over every camera and class that counts; a gain is negative. ValueError if no class counts anywhere.
    """
    losses = [
        (row["iou"] - other["cameras"][camera]["classes"][name]["iou"], f"{camera}, {name}")
        for camera, entry in reference["cameras"].items()
        for name, row in entry["classes"].items()
        if row["counts"]
    ]
    if not losses:
        raise ValueError("no class makes up enough of any camera's labelled pixels")
    return max(losses)


def describe_cameras(report: dict[str, Any], classes: Iterable[str]) -> str:
    """A report for people: a row a camera and class that counts there, then means and false class shares."""
    classes = list(classes)
    lines = [f"{'camera':<16}{'class':<10}{'IoU':>7}{'prec.':>7}{'recall':>7}"]
    for camera, entry in report["cameras"].items():
        for name in classes:
            row = entry["classes"][name]
            if row["counts"]:
                cells = "".join(f"{_cell(row[key]):>7}" for key in ("iou", "precision", "recall"))
                lines.append(f"{camera:<16}{name:<10}{cells}")
    lines.append(f"\n{'mean over cameras':<26}{'IoU':>7}{'of':>7}{'false share, %':>16}")
    for name in classes:
        mean, false_share = report["mean"][name], report["falseShare"][name]
        lines.append(f"{name:<26}{_cell(mean['iou']):>7}{mean['cameras']:>7}{_cell(false_share, 3):>16}")
    if "cpuMilliseconds" in report:
        lines.append(f"\nCPU time of a frame: {report['cpuMilliseconds']:.1f} ms (median)")
    return "\n".join(lines)


def _cell(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
