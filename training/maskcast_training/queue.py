"""Recipes worked through in order, over interruptions: what a kill leaves behind is where the next start goes on.

A queue's folder holds one run's folder for each entry, ``table.md`` and ``table.json`` (what each run reached), ``best.pt``
(the checkpoint with the highest selection score of all runs so far) and ``curves.png`` (that score over crops).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from .recipe import Recipe
from .run_record import RunRecord, write_json

DONE = "done.json"


@dataclass(frozen=True)
class Entry:
    """One run of a queue.

    Attributes:
        name: of its folder.
        recipe: its settings.
        start_from: ONNX file or checkpoint that it starts from; None for random weights.
        after: name of the earlier run whose best checkpoint it starts from, or None.
    """

    name: str
    recipe: Recipe
    start_from: Path | None
    after: str | None


def load_queue(path: Path) -> list[Entry]:
    """Read a queue file: ``{"runs": [{"name": …, "recipe": FILE, "from": FILE or the name of an earlier run}, …]}``.

    Files are relative to the queue's own. Everything is checked here, before hours are spent on the first run.

    Raises:
        ValueError: a key is unknown or missing, a name isn't unique or is a path, a file to start from is missing, or a
            recipe is wrong.
    """
    path = Path(path)
    entries: list[Entry] = []
    for document in json.loads(path.read_text())["runs"]:
        unknown = sorted(set(document) - {"name", "recipe", "from"})
        if unknown or not {"name", "recipe"} <= set(document):
            raise ValueError(f"{path}: a run has name, recipe and, if it likes, from; received {', '.join(document)}")
        name, origin = document["name"], document.get("from")
        if name != Path(name).name or name in (entry.name for entry in entries):
            raise ValueError(f"{path}: {name!r} must be the name of a folder that no other run has")
        recipe = Recipe.load(path.parent / document["recipe"])
        if not recipe.select:
            raise ValueError(f"{path}: the recipe of {name!r} has no 'select', so that nothing tells its best checkpoint")
        after = origin if origin in (entry.name for entry in entries) else None
        start_from = path.parent / origin if origin is not None and after is None else None
        if start_from is not None and not start_from.is_file():
            raise ValueError(f"{path}: {name!r} starts from {origin!r}, which is neither an earlier run nor a file")
        entries.append(Entry(name, recipe, start_from, after))
    return entries


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the queue's folder; ValueError if another process does. The lock goes with its process, however that ends."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another process works on the queue in {folder}") from None
        yield


def run_queue(
    entries: list[Entry], folder: Path, train: Callable[[Entry, Path, Path | None], Any], say: Callable[[str], None] = print
) -> None:
    """Work through ``entries``; those that are done are left alone, and a begun one goes on.

    Args:
        entries: output of :func:`load_queue`.
        folder: the queue's folder.
        train: trains or goes on with an entry in a run's folder, from the given file if the folder is new.
        say: is told what begins and what was reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder):
        for entry in entries:
            place = folder / entry.name
            if not (place / DONE).exists():
                say(f"{entry.name}: {'goes on' if (place / 'last.pt').exists() else 'begins'}")
                train(entry, place, folder / entry.after / "best.pt" if entry.after else entry.start_from)
                write_json(place / DONE, {"step": entry.recipe.steps})
            rows = summarise(entries, folder)
            keep_best(rows, folder)
            write_table(rows, folder)
            draw_queue(entries, folder)
            say(f"{entry.name}: done")


def summarise(entries: list[Entry], folder: Path) -> list[dict[str, Any]]:
    """One row for each run that was validated, from its best validation.

    Keys: ``run``, ``step``, ``crops`` (seen until then), ``selection``, ``scores``, ``falseShare``.
    """
    rows = []
    for entry in entries:
        checks = validations(folder / entry.name)
        if not checks:
            continue
        best = max(checks, key=lambda check: check["validation"]["selection"])
        scores = {key: value for key, value in best["validation"].items() if key != "selection"}
        rows.append(
            {
                "run": entry.name,
                "step": best["step"],
                "crops": best["step"] * entry.recipe.batch,
                "selection": best["validation"]["selection"],
                "scores": scores,
                "falseShare": best.get("falseShare", {}),
            }
        )
    return rows


def validations(place: Path) -> list[dict[str, Any]]:
    """The lines of a run's log that hold a validation."""
    log = RunRecord(place).entries() if place.is_dir() else []
    return [line for line in log if "validation" in line]


def keep_best(rows: list[dict[str, Any]], folder: Path) -> None:
    """Copy the checkpoint of the best row to ``best.pt``; a kill leaves the earlier one whole."""
    best = max(rows, key=lambda row: row["selection"])
    part = folder / "best.pt.part"
    shutil.copyfile(folder / best["run"] / "best.pt", part)
    os.replace(part, folder / "best.pt")


def write_table(rows: list[dict[str, Any]], folder: Path) -> None:
    """Write ``table.json`` and, for people, ``table.md``."""
    write_json(folder / "table.json", rows)
    columns = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    lines = [f"| run | step | crops | selection | {' | '.join(columns)} |", "|---" * (4 + len(columns)) + "|"]
    for row in rows:
        cells = [f"{row['scores'][name]:.1f}" if name in row["scores"] else "–" for name in columns]
        lines.append(f"| {row['run']} | {row['step']} | {row['crops']} | {row['selection']:.1f} | {' | '.join(cells)} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n")


def draw_queue(entries: list[Entry], folder: Path) -> None:
    """Draw the selection score of every run over the crops that were seen from the queue's start."""
    figure = Figure(figsize=(9, 4.5), constrained_layout=True)
    axis = figure.subplots()
    before = 0
    for entry in entries:
        checks = validations(folder / entry.name)
        crops = [before + check["step"] * entry.recipe.batch for check in checks]
        axis.plot(crops, [check["validation"]["selection"] for check in checks], marker=".", label=entry.name)
        before = max(crops, default=before)
    axis.set(xlabel="crops", ylabel="selection, mean IoU in per cent", title="queue (averaged weights)")
    axis.legend()
    figure.savefig(folder / "curves.png", dpi=110)
