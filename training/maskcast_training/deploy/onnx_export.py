"""Write a network as the ONNX file that the server loads, and prove that it computes the same.

The graph's contract: input ``image`` uint8 [1, H, W, 3], RGB; output ``logits`` float32 [1, classes, ceil(H/s), ceil(W/s)]
with s the network's output stride. Normalisation is inside the graph, so no caller can get it wrong.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from ..measure.predictors import open_session
from ..models.base import Segmenter
from ..normalise import normalise

# Newest that PyTorch 1.13's quantisation-friendly export and every onnxruntime since 1.8 share.
OPSET = 13
INPUT, OUTPUT = "image", "logits"
# Largest difference that rounding explains, as a share of the largest logit.
TOLERANCE = 1e-4
# Sizes for the parity check: the usual one, one that 32 doesn't divide, and portrait.
CHECKED_SIZES = ((128, 160), (100, 148), (192, 96))


class ServedGraph(nn.Module):
    """A network behind the contract's input."""

    def __init__(self, model: Segmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(normalise(image.permute(0, 3, 1, 2).float()))


def export_onnx(model: Segmenter, path: Path, size: tuple[int, int] | None = None) -> float:
    """Write ``model`` to ``path`` and check it against PyTorch.

    Args:
        model: the network; put into inference mode.
        path: the ONNX file.
        size: fixed (height, width) in pixels, or None for a graph that takes any size.

    Returns:
        The largest difference of any logit over the checked sizes, as a share of the largest logit.

    Raises:
        ValueError: the difference is above the tolerance; the file is removed.
    """
    graph = ServedGraph(model).eval()
    height, width = size or CHECKED_SIZES[0]
    example = torch.zeros(1, height, width, 3, dtype=torch.uint8)
    axes = None
    if size is None:
        axes = {INPUT: {1: "height", 2: "width"}, OUTPUT: {2: "out_height", 3: "out_width"}}
    with warnings.catch_warnings():
        # PyTorch 1.13 warns about its own intermediate constants; the checker and the parity below judge the result.
        warnings.filterwarnings("ignore", message="The shape inference of prim::Constant")
        torch.onnx.export(
            graph,
            (example,),
            str(path),
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes=axes,
            do_constant_folding=True,
        )
    _state_output_shape(path, model.classifier.out_channels)
    difference = parity(model, path, [size] if size else list(CHECKED_SIZES))
    if difference > TOLERANCE:
        Path(path).unlink()
        raise ValueError(f"the ONNX graph differs from PyTorch by {difference:.2g}, allowed is {TOLERANCE:.0e}")
    return difference


def _state_output_shape(path: Path, classes: int) -> None:
    """Write batch and class count, which the exporter leaves open, into the graph's output, and check the file."""
    document = onnx.load(str(path))
    dimensions = document.graph.output[0].type.tensor_type.shape.dim
    dimensions[0].dim_value, dimensions[1].dim_value = 1, classes
    onnx.checker.check_model(document)
    onnx.save(document, str(path))


@torch.no_grad()
def parity(model: Segmenter, path: Path, sizes: list[tuple[int, int]]) -> float:
    """Largest difference between the logits of ``model`` and of the file, as a share of the largest logit.

    Taken over one random image of each of ``sizes`` (height, width). ValueError if the shapes differ.
    """
    graph, session = ServedGraph(model).eval(), open_session(path, threads=0)
    rng = np.random.default_rng(0)
    worst = 0.0
    for height, width in sizes:
        image = rng.integers(0, 256, (1, height, width, 3), dtype=np.uint8)
        served = session.run([OUTPUT], {INPUT: image})[0]
        expected = graph(torch.from_numpy(image)).numpy()
        if served.shape != expected.shape:
            raise ValueError(f"the ONNX graph gives {served.shape}, PyTorch {expected.shape}")
        worst = max(worst, float(np.abs(served - expected).max() / max(np.abs(expected).max(), 1e-6)))
    return worst
