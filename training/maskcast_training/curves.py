"""Learning curves as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


def draw_curves(entries: list[dict[str, Any]], path: Path) -> None:
    """Draw loss, learning rate and validation IoU over steps.

    Args:
        entries: lines of a run's ``log.jsonl``.
        path: PNG to write.
    """
    reports = [e for e in entries if "loss" in e]
    checks = [e for e in entries if "validation" in e]
    figure = Figure(figsize=(12, 4.5), constrained_layout=True)
    left, right = figure.subplots(1, 2)
    steps = [e["step"] for e in reports]
    left.plot(steps, [e["loss"] for e in reports], linewidth=0.8)
    left.set(xlabel="step", ylabel="loss", title="training loss and learning rate (dotted)")
    twin = left.twinx()
    twin.plot(steps, [e["rate"] for e in reports], "k:", linewidth=0.8)
    twin.set_ylabel("learning rate")
    names = sorted({name for e in checks for name in e["validation"]})
    for name in names:
        points = [(e["step"], e["validation"][name]) for e in checks if name in e["validation"]]
        right.plot(*zip(*points), marker=".", label=name)
    right.set(xlabel="step", ylabel="IoU, per cent", title="validation (averaged weights)", ylim=(0, 100))
    if names:
        right.legend(fontsize=7, ncols=2)
    figure.savefig(path, dpi=110)
