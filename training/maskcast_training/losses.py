"""The segmentation loss: cross-entropy that accepts "one of these classes", weighted, over all or the hardest pixels."""

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
