"""Start a run from the weights of another network."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .checkpoint import load_model
from .data.classes import ClassList
from .data.mixture import MixtureDataset
from .deploy.onnx_import import load_onnx_weights, read_convolutions, restore_batch_norm
from .grow import grow
from .models.hrnet import HRNet
from .normalise import normalise

# Enough pixels for the statistics of 16 channels and more; takes seconds.
CALIBRATION_BATCHES = 6
CALIBRATION_BATCH = 8


def warm_start(model: nn.Module, path: Path, classes: ClassList, data: MixtureDataset) -> None:
    """Copy trunk and, where the classes are the same, classifier from an ONNX file or a checkpoint.

    Args:
        model: the network to fill.
        path: ``.onnx`` file exported from the same architecture, or a checkpoint ``.pt`` of it or of a smaller HRNet, which
            then grows into the larger one. Without a manifest beside it, an ONNX file's classes are taken for the same if
            they are as many.
        classes: the new classes; the classifier is kept only if they are the same.
        data: training samples, for the statistics that an ONNX file no longer has.

    Raises:
        ValueError: the architecture differs, and isn't a smaller HRNet's.
    """
    path = Path(path)
    if path.suffix != ".onnx":
        _from_checkpoint(model, path, classes)
        return
    load_onnx_weights(model, path, keep_classifier=_same_classes(path, classes))
    batches = []
    for index in range(CALIBRATION_BATCHES):
        numbers = range(index * CALIBRATION_BATCH, (index + 1) * CALIBRATION_BATCH)
        images = [data[number % len(data)][0] for number in numbers]
        batches.append(normalise(torch.stack(images)))
    restore_batch_norm(model, batches)


def _same_classes(path: Path, classes: ClassList) -> bool:
    manifest = path.with_name("manifest.json")
    if manifest.is_file():
        return ClassList.load(manifest).names == classes.names
    return read_convolutions(path)[-1][0].shape[0] == len(classes)


def _from_checkpoint(model: nn.Module, path: Path, classes: ClassList) -> None:
    trained = load_model(path)
    same_classes = trained.classes.names == classes.names
    state, own = trained.model.state_dict(), model.state_dict()
    if not same_classes:
        state = {k: own[k] if k.startswith("classifier.") else v for k, v in state.items()}
    if {k: v.shape for k, v in state.items()} == {k: v.shape for k, v in own.items()}:
        model.load_state_dict(state)
    elif isinstance(model, HRNet) and isinstance(trained.model, HRNet):
        grow(trained.model, model, keep_classifier=same_classes)
    else:
        raise ValueError(f"{path} holds a {trained.name}, which doesn't fit the recipe's model")
