"""The ``manifest.json`` that tells the server what a network takes and gives."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..data.classes import ClassList
from .onnx_export import INPUT, OUTPUT

FILE = "model.onnx"
# Sides of a picture are padded to a multiple of this, and scaled down to at most this longest side, pixels.
MULTIPLE = 32
LONGEST_SIDE = 512


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def manifest(
    folder: Path,
    classes: ClassList,
    stride: int,
    licence: str,
    data: str,
    size: tuple[int, int] | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Manifest of the ``model.onnx`` in ``folder``; the folder's name is the model's.

    Args:
        folder: holds the ONNX file.
        classes: the output classes.
        stride: input pixels a logit, in each direction.
        licence: terms under which the weights may be used.
        data: what the network was trained on.
        size: (height, width) of a graph of fixed size, None for any.
        description: one sentence.
    """
    shape = {"kind": "dynamic", "multipleOf": MULTIPLE, "longestSide": LONGEST_SIDE}
    if size:
        shape = {"kind": "fixed", "width": size[1], "height": size[0]}
    folder = Path(folder)
    document: dict[str, Any] = {"name": folder.resolve().name, "task": "semantic-segmentation"}
    if description:
        document["description"] = description
    document |= {
        "file": FILE,
        "sha256": sha256(folder / FILE),
        "licence": licence,
        "data": data,
        "input": {"tensor": INPUT, "type": "uint8", "layout": "NHWC", "colorOrder": "RGB", "size": shape},
        "output": {"tensor": OUTPUT, "kind": "logits", "layout": "NCHW", "stride": stride},
        "classes": classes.document()["classes"],
        "ignoreIndex": classes.ignore_index if classes.ignore_index is not None else 255,
        "scores": [],
    }
    return document


def write_manifest(document: dict[str, Any], folder: Path) -> None:
    """Write ``manifest.json`` into ``folder``."""
    (Path(folder) / "manifest.json").write_text(json.dumps(document, indent=2) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in ``folder``; FileNotFoundError where there is none."""
    path = Path(folder) / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing")
    return json.loads(path.read_text())
