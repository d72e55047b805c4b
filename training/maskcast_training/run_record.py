"""What a run leaves beside its checkpoints: settings, environment, curves."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch


def environment() -> dict[str, Any]:
    """Command, versions and hardware, as far as they are known."""
    return {
        "command": shlex.join(["python", "-m", "maskcast_training", *sys.argv[1:]]),
        "commit": _commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _commit() -> str | None:
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def write_whole(path: Path, text: str) -> None:
    """Write a file at once: a kill on the way leaves the earlier one."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


def write_json(path: Path, document: Any) -> None:
    """:func:`write_whole` of a JSON document."""
    write_whole(Path(path), json.dumps(document, indent=2) + "\n")


class RunRecord:
    """The folder of one run.

    Holds ``recipe.json``, ``classes.json``, ``environment.json`` (one entry for each start or resumption), ``log.jsonl``
    (one line for each report), ``curves.png``, ``last.pt`` and ``best.pt``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Path of a file of the run."""
        return self.folder / name

    def write(self, name: str, document: Any) -> None:
        """Write a JSON document."""
        write_json(self.path(name), document)

    def note_start(self) -> None:
        """Add the present environment to the list of starts."""
        path = self.path("environment.json")
        earlier = json.loads(path.read_text()) if path.exists() else []
        self.write("environment.json", [*earlier, environment()])

    def log(self, entry: dict[str, Any]) -> None:
        """Append one line to ``log.jsonl``."""
        with self.path("log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def drop_after(self, step: int) -> None:
        """Remove the log's lines beyond ``step``: a resumed run writes them again."""
        kept = [entry for entry in self.entries() if entry["step"] <= step]
        write_whole(self.path("log.jsonl"), "".join(json.dumps(entry) + "\n" for entry in kept))

    def entries(self) -> list[dict[str, Any]]:
        """All whole lines of ``log.jsonl``: the last one of a run that was killed may be cut short."""
        path = self.path("log.jsonl")
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]
