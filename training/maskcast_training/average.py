"""The mean of several networks' weights ("model soups", Wortsman et al., arXiv:2203.05482)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .checkpoint import load_checkpoint, save_checkpoint


def average_checkpoints(paths: list[Path], target: Path) -> None:
    """Write a checkpoint whose averaged weights are the mean of those of ``paths``; everything else is the last one's.

    It helps where the checkpoints come from one another or from a common ancestor: then what lies between them is good too.

    Raises:
        ValueError: fewer than two checkpoints, or another network or other classes in one of them.
    """
    if len(paths) < 2:
        raise ValueError("the mean of fewer than two checkpoints is no mean")
    contents = [load_checkpoint(path) for path in paths]
    last = contents[-1]
    for path, content in zip(paths, contents):
        if content["recipe"]["model"] != last["recipe"]["model"] or content["classes"] != last["classes"]:
            raise ValueError(f"{path} holds another network or other classes than {paths[-1]}")
    states = [content["average"]["model"] for content in contents]
    mean = {
        name: sum(state[name] for state in states) / len(states) if value.dtype.is_floating_point else value
        for name, value in states[-1].items()
    }
    save_checkpoint(target, {**last, "average": {**last["average"], "model": mean}})


def average_onnx(paths: list[Path], target: Path) -> None:
    """Write an ONNX file whose weights are the mean of those of ``paths``, files that were exported from one architecture.

    Batch normalisation is folded into the convolutions there, so this isn't quite the mean of the checkpoints.

    Raises:
        ValueError: fewer than two files, or their weights differ in name or shape.
    """
    if len(paths) < 2:
        raise ValueError("the mean of fewer than two networks is no mean")
    networks = [onnx.load(str(path)) for path in paths]
    weights = [{item.name: numpy_helper.to_array(item) for item in network.graph.initializer} for network in networks]
    shapes = [{name: value.shape for name, value in own.items()} for own in weights]
    for path, own in zip(paths, shapes):
        if own != shapes[-1]:
            raise ValueError(f"{path} holds another network than {paths[-1]}: names or shapes of its weights differ")
    for item in networks[-1].graph.initializer:
        if np.issubdtype(weights[-1][item.name].dtype, np.floating):
            mean = np.mean([own[item.name] for own in weights], axis=0, dtype=np.float64)
            item.CopyFrom(numpy_helper.from_array(mean.astype(weights[-1][item.name].dtype), item.name))
    onnx.save(networks[-1], str(target))
