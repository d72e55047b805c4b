"""The mean of several checkpoints' weights ("model soups", Wortsman et al., arXiv:2203.05482)."""

from __future__ import annotations

from pathlib import Path

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
