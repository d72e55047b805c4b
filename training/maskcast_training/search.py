"""A small random search over settings of a recipe (Bergstra and Bengio, JMLR 2012)."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .data.augment import log_uniform
from .recipe import Recipe

WIDE = 20
"""Largest over smallest value from which on a plot's axis is logarithmic: on a shorter one the ticks collide."""

Space = dict[str, Any]
"""Setting to a list of values to choose from, or to ``{"low", "high"}`` for a log-uniform number."""


def load_space(path: Path) -> Space:
    """Read a search space; ValueError if a setting doesn't exist or has no values."""
    space = json.loads(Path(path).read_text())
    known = set(Recipe.__dataclass_fields__)
    for name, values in space.items():
        if name not in known:
            raise ValueError(f"{path}: unknown setting {name!r}")
        ranged = isinstance(values, dict) and set(values) == {"low", "high"} and 0 < values["low"] <= values["high"]
        if not ranged and not (isinstance(values, list) and values):
            raise ValueError(f'{path}: {name!r} needs a list of values or {{"low": …, "high": …}} above 0')
    return space


def draw(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """One point of the space."""
    return {
        name: values[int(rng.integers(len(values)))]
        if isinstance(values, list)
        else log_uniform(rng, values["low"], values["high"])
        for name, values in space.items()
    }


def search(
    recipe: Recipe,
    space: Space,
    trials: int,
    folder: Path,
    score: Callable[[Recipe, Path], float],
) -> list[dict[str, Any]]:
    """Score ``trials`` random points; a trial whose score is already on disk isn't run again.

    Args:
        recipe: settings that the space doesn't name.
        space: output of :func:`load_space`.
        trials: number of points; the first is the recipe as it is.
        folder: gets one folder a trial, ``results.csv`` and ``results.png``.
        score: from a recipe and a folder to a score, higher is better.

    Returns:
        One row a trial: ``trial``, the settings, ``score``; the best first.
    """
    rng = np.random.default_rng(recipe.seed)
    rows = []
    for trial in range(trials):
        drawn = draw(space, rng)
        settings = {name: getattr(recipe, name) for name in space} if trial == 0 else drawn
        place = Path(folder) / f"trial-{trial:02d}"
        place.mkdir(parents=True, exist_ok=True)
        done = place / "score.json"
        if not done.exists():
            changed = copy.deepcopy(recipe)
            for name, value in settings.items():
                setattr(changed, name, value)
            done.write_text(json.dumps(score(changed, place)))
        rows.append({"trial": trial, **settings, "score": json.loads(done.read_text())})
        write_results(rows, list(space), folder)
    return sorted(rows, key=lambda row: -row["score"])


def write_results(rows: list[dict[str, Any]], names: list[str], folder: Path) -> None:
    """Write the table and one scatter plot a setting."""
    with (Path(folder) / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["trial", *names, "score"])
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: -row["score"]))
    figure = Figure(figsize=(4 * len(names), 3.5), constrained_layout=True)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for axis, name in zip(axes, names):
        numeric = all(isinstance(row[name], (int, float)) for row in rows)
        axis.scatter([row[name] if numeric else str(row[name]) for row in rows], [row["score"] for row in rows])
        axis.set(xlabel=name, ylabel="score")
        values = [row[name] for row in rows]
        if numeric and 0 < min(values) * WIDE < max(values):
            axis.set_xscale("log")
    figure.savefig(Path(folder) / "results.png", dpi=110)
