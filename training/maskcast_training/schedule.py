"""Learning-rate schedules as pure functions of the step."""

from __future__ import annotations

import math


def rate_factor(step: int, steps: int, warm_up: int, kind: str) -> float:
    """Factor on the peak learning rate at ``step`` of ``steps``.

    Linear from 0 during ``warm_up`` steps; then ``cosine`` (Loshchilov and Hutter, 2017: ``(1 + cos πt) / 2``) or ``poly``
    (Chen et al., DeepLab: ``(1 - t) ** 0.9``), t running from 0 to 1.

    Raises:
        ValueError: unknown kind.
    """
    if step < warm_up:
        return (step + 1) / warm_up
    t = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    if kind == "cosine":
        return (1 + math.cos(math.pi * t)) / 2
    if kind == "poly":
        return (1 - t) ** 0.9
    raise ValueError(f"unknown schedule {kind!r}; known are: cosine, poly")
