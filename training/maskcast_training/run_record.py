"""What a run leaves beside its checkpoints: settings, environment, curves."""

from __future__ import annotations

import json
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
        self.path(name).write_text(json.dumps(document, indent=2) + "\n")

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
        path = self.path("log.jsonl")
        if not path.exists():
            return
        lines = [line for line in path.read_text().splitlines() if json.loads(line)["step"] <= step]
        path.write_text("".join(line + "\n" for line in lines))

    def entries(self) -> list[dict[str, Any]]:
        """All lines of ``log.jsonl``."""
        path = self.path("log.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
