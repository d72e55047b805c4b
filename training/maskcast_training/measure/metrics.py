"""Scores of a semantic segmentation, all from one confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.classes import IGNORE


class ConfusionMatrix:
    """Counts pixels by true class (row) and predicted class (column)."""

    def __init__(self, classes: int) -> None:
        self.counts = np.zeros((classes, classes), np.int64)

    def add(self, truth: np.ndarray, prediction: np.ndarray) -> None:
        """Count one image; both [H, W], truth 255 is ignored."""
        classes = len(self.counts)
        valid = truth != IGNORE
        pairs = truth[valid].astype(np.int64) * classes + prediction[valid]
        self.counts += np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)

    def scores(self) -> Scores:
        """Scores of everything counted so far."""
        hits = np.diag(self.counts).astype(np.float64)
        truth, predicted = self.counts.sum(axis=1), self.counts.sum(axis=0)
        union = truth + predicted - hits
        # A class that neither occurs nor is predicted has no IoU; one that is only predicted has 0.
        iou = np.divide(hits, union, out=np.full(len(hits), np.nan), where=union > 0)
        accuracy = np.divide(hits, truth, out=np.full(len(hits), np.nan), where=truth > 0)
        total = self.counts.sum()
        return Scores(iou, accuracy, float(hits.sum() / total) if total else float("nan"))


@dataclass(frozen=True)
class Scores:
    """Shares between 0 and 1.

    Attributes:
        iou: intersection over union a class, NaN where the class neither occurs nor is predicted.
        class_accuracy: recall a class, NaN where it doesn't occur.
        pixel_accuracy: share of labelled pixels that are right.
    """

    iou: np.ndarray
    class_accuracy: np.ndarray
    pixel_accuracy: float

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that have an IoU."""
        return float(np.nanmean(self.iou)) if np.isfinite(self.iou).any() else float("nan")

    @property
    def mean_class_accuracy(self) -> float:
        """Mean over the classes that occur."""
        return float(np.nanmean(self.class_accuracy)) if np.isfinite(self.class_accuracy).any() else float("nan")
