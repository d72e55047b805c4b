"""Take weights out of an exported ONNX network back into the PyTorch module, so that it can be trained on.

An exported graph has its batch normalisation folded into the convolutions. Both sides execute their convolutions in the
same order, so the n-th ``Conv`` node of the graph belongs to the n-th convolution that the module runs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn


def read_convolutions(path: Path) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """(weight [O, I, kh, kw], bias [O] or None) of every ``Conv`` node of the ONNX file, in order of execution."""
    graph = onnx.load(str(path)).graph
    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    # The exporter stores equal tensors once and refers to them through Identity nodes.
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    pairs = []
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        if node.input[1] not in constants:
            raise ValueError(f"{path}: {node.name} has no constant weight; quantised networks can't be trained on")
        pairs.append((constants[node.input[1]], constants[node.input[2]] if len(node.input) > 2 else None))
    return pairs


def convolutions_in_order(model: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Every convolution of ``model`` in order of execution, with the batch normalisation that follows it at once."""
    order: list[nn.Module] = []
    hooks = [
        layer.register_forward_hook(lambda module, _inputs, _output: order.append(module))
        for layer in model.modules()
        if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d))
    ]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 64))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    pairs = []
    for index, layer in enumerate(order):
        if isinstance(layer, nn.Conv2d):
            follower = order[index + 1] if index + 1 < len(order) else None
            pairs.append((layer, follower if isinstance(follower, nn.BatchNorm2d) else None))
    return pairs


def load_onnx_weights(model: nn.Module, path: Path, keep_classifier: bool = True) -> None:
    """Copy the convolutions of the ONNX file ``path`` into ``model``.

    The batch normalisation becomes the identity plus the folded bias: right for inference. Before training on, call
    :func:`restore_batch_norm`, or the first batch's statistics undo the weights.

    Args:
        model: the same architecture as the file's.
        path: the ONNX file.
        keep_classifier: also copy the last convolution; False where the classes differ.

    Raises:
        ValueError: the file's convolutions don't fit the module's.
    """
    stored = read_convolutions(path)
    layers = convolutions_in_order(model)
    if len(stored) != len(layers):
        raise ValueError(f"{path}: {len(stored)} convolutions, the model has {len(layers)}")
    if not keep_classifier:
        stored, layers = stored[:-1], layers[:-1]
    with torch.no_grad():
        for index, ((weight, bias), (conv, norm)) in enumerate(zip(stored, layers)):
            if tuple(conv.weight.shape) != weight.shape:
                raise ValueError(
                    f"{path}: convolution {index} has shape {weight.shape}, the model's {tuple(conv.weight.shape)}"
                )
            conv.weight.copy_(torch.from_numpy(weight.copy()))
            shift = torch.zeros(weight.shape[0]) if bias is None else torch.from_numpy(bias.copy())
            if norm is None:
                if conv.bias is not None:
                    conv.bias.copy_(shift)
                continue
            norm.running_mean.zero_()
            # eval-mode BN divides by sqrt(var + eps): this makes it exactly one.
            norm.running_var.fill_(1.0 - norm.eps)
            norm.weight.fill_(1.0)
            norm.bias.copy_(shift)


class _Moments:
    """Running sums, in double precision, of the values of each channel."""

    def __init__(self, channels: int) -> None:
        self.total = torch.zeros(channels, dtype=torch.float64)
        self.squares = torch.zeros(channels, dtype=torch.float64)
        self.count = 0

    def add(self, x: torch.Tensor) -> None:
        """Take in features [N, C, H, W]."""
        x = x.double()
        self.total += x.sum(dim=(0, 2, 3))
        self.squares += (x * x).sum(dim=(0, 2, 3))
        self.count += x.numel() // x.shape[1]

    def mean_and_variance(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Both float32 [C]."""
        mean = self.total / self.count
        return mean.float(), (self.squares / self.count - mean**2).clamp_min(0).float()


def restore_batch_norm(model: nn.Module, batches: list[torch.Tensor]) -> None:
    """Give every batch normalisation the statistics of its input, and scale and shift that cancel them.

    Afterwards the network computes the same in inference mode and nearly the same in training mode, so that training
    goes on from the weights rather than from an arbitrary rescaling of them.

    Args:
        model: a network filled by :func:`load_onnx_weights`.
        batches: normalised images, each [N, 3, H, W], drawn as in training.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    moments = {id(norm): _Moments(norm.num_features) for norm in norms}

    def observe(module: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        moments[id(module)].add(inputs[0])

    hooks = [n.register_forward_pre_hook(observe) for n in norms]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for batch in batches:
            model(batch)
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    with torch.no_grad():
        for norm in norms:
            mean, var = moments[id(norm)].mean_and_variance()
            old_scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            old_shift = norm.bias - norm.running_mean * old_scale
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_(old_scale * torch.sqrt(var + norm.eps))
            norm.bias.copy_(old_shift + mean * old_scale)
