"""The segmentation losses: cross-entropy that accepts "one of these classes", weighted, over all or the hardest pixels; and
the distance to teachers' probabilities."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .data.classes import IGNORE


class MarginalCrossEntropy(nn.Module):
    """Cross-entropy where a label can stand for a set of classes.

    The loss of a pixel is ``-log Σ p(c)`` over the classes that its label allows (the marginal likelihood of Cour et al.,
    "Learning from Partial Labels", JMLR 2011). For a label that allows one class, this is ordinary cross-entropy.

    Args:
        membership: boolean [codes, classes]; row c, c < classes, must allow class c alone.
        class_weights: float [classes]; a label that allows several classes gets their largest weight. The loss is the
            weighted mean, as in ``torch.nn.CrossEntropyLoss``.
        hard_share: share (0, 1] of the labelled pixels that count, the hardest first (online hard example mining,
            Shrivastava et al., arXiv:1604.03540).

    ``forward`` takes logits [N, classes, H, W] and codes int64 [N, H, W] (255 is ignored) and returns a scalar; 0 where no
    pixel is labelled.
    """

    def __init__(self, membership: np.ndarray, class_weights: np.ndarray, hard_share: float = 1.0) -> None:
        super().__init__()
        if not 0 < hard_share <= 1:
            raise ValueError(f"hard_share is {hard_share}, allowed is above 0 up to 1")
        matrix = torch.from_numpy(np.asarray(membership, bool))
        classes = matrix.shape[1]
        if not torch.equal(matrix[:classes], torch.eye(classes, dtype=torch.bool)):
            raise ValueError("the first rows of membership must allow one class each, in order")
        weights = torch.as_tensor(class_weights, dtype=torch.float32)
        self.register_buffer("several", matrix[classes:])
        self.register_buffer("weights", torch.where(matrix, weights, weights.new_zeros(())).amax(dim=1))
        self.hard_share = hard_share

    def forward(self, logits: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        scores = F.log_softmax(logits.float(), dim=1)
        marginals = [torch.logsumexp(scores[:, members], dim=1, keepdim=True) for members in self.several]
        scores = torch.cat([scores, *marginals], dim=1) if marginals else scores
        losses = F.nll_loss(scores, codes, weight=self.weights, ignore_index=IGNORE, reduction="none")
        labelled = codes != IGNORE
        weights = self.weights[codes.where(labelled, codes.new_zeros(()))] * labelled
        if self.hard_share < 1:
            kept = max(1, int(self.hard_share * int(labelled.sum())))
            losses, chosen = losses.flatten().topk(kept)
            weights = weights.flatten()[chosen]
        return losses.sum() / weights.sum().clamp_min(1e-6)


class Distillation(nn.Module):
    """Kullback–Leibler divergence from teachers' probabilities (Hinton et al., arXiv:1503.02531), both softened.

    Teachers come as probabilities p, so that softening them by T is ``p ** (1 / T)``, normalised: as dividing logits is.

    Args:
        temperature: T, 1 or more; the loss is multiplied by its square, which keeps the gradients' size.
        sure: pixels whose likeliest class has a smaller probability don't count: the teachers doubt.

    ``forward`` takes logits [N, classes, H, W], targets uint8 [N, classes, H, W] (weight × 255, then probabilities × 255 of
    classes 1 and up) and codes int64 [N, H, W], whose ignored pixels (255) don't count either; returns the weighted mean,
    0 where nothing counts.
    """

    def __init__(self, temperature: float, sure: float) -> None:
        super().__init__()
        if temperature < 1 or not 0 <= sure <= 1:
            raise ValueError(f"temperature is {temperature} and sure {sure}, allowed is from 1 up, and from 0 to 1")
        self.temperature, self.sure = temperature, sure

    def forward(self, logits: torch.Tensor, targets: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        found = targets[:, 1:].float() / 255
        # Rounding may bring the sum above 1 by a little.
        teachers = torch.cat([(1 - found.sum(dim=1, keepdim=True)).clamp_min(0), found], dim=1)
        weights = targets[:, 0].float() / 255 * (codes != IGNORE) * (teachers.amax(dim=1) >= self.sure)
        softened = teachers.clamp_min(1e-4) ** (1 / self.temperature)
        softened = softened / softened.sum(dim=1, keepdim=True)
        scores = F.log_softmax(logits.float() / self.temperature, dim=1)
        losses = (softened * (softened.log() - scores)).sum(dim=1) * self.temperature**2
        return (losses * weights).sum() / weights.sum().clamp_min(1e-6)
