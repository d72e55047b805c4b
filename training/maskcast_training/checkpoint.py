"""Checkpoints: everything that a run needs to go on, or a network needs to be built again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .data.classes import ClassList
from .models import build_model
from .models.base import Segmenter

FORMAT = 1


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write atomically: a run that is killed while writing leaves the earlier file whole."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    torch.save({"format": FORMAT, **content}, part)
    os.replace(part, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; ValueError if its format isn't known.

    The file is a pickle: open only checkpoints from people you trust.
    """
    content = torch.load(Path(path), map_location="cpu")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path}: not a checkpoint of format {FORMAT}")
    return content


@dataclass(frozen=True)
class TrainedModel:
    """A network with its averaged weights, and what they mean.

    Attributes:
        name: name of the architecture.
        classes: the output classes.
        model: the network, in inference mode.
        step: training steps behind it.
    """

    name: str
    classes: ClassList
    model: Segmenter
    step: int


def load_model(path: Path) -> TrainedModel:
    """The averaged weights of a checkpoint."""
    content = load_checkpoint(path)
    document = content["classes"]
    classes = ClassList(
        tuple(entry["name"] for entry in document["classes"]),
        tuple(tuple(entry["color"]) for entry in document["classes"]),
        document.get("ignoreIndex"),
    )
    model = build_model(content["recipe"]["model"], len(classes))
    model.load_state_dict(content["average"]["model"])
    return TrainedModel(content["recipe"]["model"], classes, model.eval(), content["step"])
