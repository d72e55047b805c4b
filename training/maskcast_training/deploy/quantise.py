"""Static int8 quantisation of an exported network, with the sensitive nodes kept in fp32 by a measured ranking.

Weights are quantised per output channel to signed, activations per tensor to unsigned 8-bit integers, with pairs of
quantise and dequantise in the graph (Jacob et al., arXiv:1712.05877; Nagel et al., arXiv:2106.08295). onnxruntime fuses
these into integer convolutions.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import CalibrationDataReader, CalibrationMethod, TensorsData, create_calibrator
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process
from tqdm import tqdm

from ..measure.predictors import open_session, pad_to_alignment
from .onnx_export import INPUT, OUTPUT

QUANTISED_OPS = ("Conv", "Add", "Concat", "Resize", "MaxPool", "AveragePool", "GlobalAveragePool")

KEPT_SHARES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)
"""Shares of the nodes, the most sensitive first, that are tried in fp32."""


class ImageReader(CalibrationDataReader):
    """Feeds one image, RGB uint8 [H, W, 3], to onnxruntime's calibrator."""

    def __init__(self, image: np.ndarray) -> None:
        self._images: Iterator[np.ndarray] = iter([image])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next input by name, or None at the end."""
        image = next(self._images, None)
        return None if image is None else {INPUT: pad_to_alignment(image)[None]}


def prepare(source: Path, target: Path) -> None:
    """Write ``source`` with shapes inferred and constants folded, as quantisation needs it."""
    quant_pre_process(str(source), str(target), skip_symbolic_shape=True)


def calibrate(prepared: Path, images: list[np.ndarray], ops: tuple[str, ...] = QUANTISED_OPS) -> TensorsData:
    """Range of every activation: the median over ``images`` of the smallest and of the largest value that each gives.

    Over many views the extremes come from a few pictures, and a range that holds them leaves too few steps for all others.
    Of a Small-v1 in int8, the classes on other cameras were those of fp32 for 92 % of the pixels with the extremes of 64
    views, 99.0 % with the means of each picture's extremes, and 99.4 % with the medians.
    """
    lows: dict[str, list[float]] = {}
    highs: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        calibrator = create_calibrator(
            str(prepared),
            [*ops, "Relu"],
            augmented_model_path=str(Path(folder) / "augmented.onnx"),
            calibrate_method=CalibrationMethod.MinMax,
        )
        for image in tqdm(images, desc="calibrating", unit="image", leave=False):
            # Without this it would merge the ranges of this picture into those of the pictures before.
            calibrator.calibrate_tensors_range = None
            calibrator.collect_data(ImageReader(image))
            for name, data in calibrator.calibrate_tensors_range.items():
                low, high = data.range_value
                lows.setdefault(name, []).append(float(low))
                highs.setdefault(name, []).append(float(high))
    middle = {name: (np.float32(np.median(lows[name])), np.float32(np.median(highs[name]))) for name in lows}
    return TensorsData(CalibrationMethod.MinMax, middle)


def candidates(prepared: Path, but: set[str] = frozenset()) -> list[str]:
    """Names of the nodes that can be quantised, in order of execution; those of the operators ``but`` are left out."""
    ops = set(QUANTISED_OPS) - but
    return [node.name for node in onnx.load(str(prepared)).graph.node if node.op_type in ops]


def with_activations(model: onnx.ModelProto, nodes: list[str]) -> list[str]:
    """``nodes`` and every ReLU that reads one of them.

    A ReLU left in fp32 between two integer operators would keep both from being fused; quantised, it disappears into the
    zero point of its input.
    """
    wanted = set(nodes)
    outputs = {name for node in model.graph.node if node.name in wanted for name in node.output}
    relus = [node.name for node in model.graph.node if node.op_type == "Relu" and node.input[0] in outputs]
    return [*nodes, *relus]


def quantise(prepared: Path, ranges: TensorsData, nodes: list[str], target: Path) -> None:
    """Write ``prepared`` with these nodes (and the ReLUs behind them) in int8 and all others in fp32."""
    model = onnx.load(str(prepared))
    quantizer = QDQQuantizer(
        model,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=ranges,
        nodes_to_quantize=with_activations(model, nodes),
        nodes_to_exclude=[],
        op_types_to_quantize=[*QUANTISED_OPS, "Relu"],
        extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
    )
    quantizer.quantize_model()
    quantizer.model.save_model_to_file(str(target))


def logits_of(path: Path, images: list[np.ndarray], threads: int = 0) -> list[np.ndarray]:
    """Logits of every image, padded, by the ONNX file."""
    session = open_session(path, threads)
    return [session.run([OUTPUT], {INPUT: pad_to_alignment(image)[None]})[0] for image in images]


def noise_to_signal(reference: list[np.ndarray], other: list[np.ndarray]) -> float:
    """Power of the difference over the power of the reference about its mean; 0 where they agree."""
    noise = sum(float(((a - b) ** 2).sum()) for a, b in zip(reference, other))
    signal = sum(float(((a - a.mean()) ** 2).sum()) for a in reference)
    return noise / max(signal, 1e-12)


@dataclass(frozen=True)
class Sensitivity:
    """How much one node hurts when it alone is quantised.

    Attributes:
        node: its name.
        kind: its operator.
        noise: :func:`noise_to_signal` of the logits.
    """

    node: str
    kind: str
    noise: float


def rank_nodes(prepared: Path, ranges: TensorsData, images: list[np.ndarray]) -> list[Sensitivity]:
    """Every candidate node with its sensitivity on ``images``, the most sensitive first."""
    kinds = {node.name: node.op_type for node in onnx.load(str(prepared)).graph.node}
    reference = logits_of(prepared, images)
    ranking = []
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "trial.onnx"
        for name in tqdm(candidates(prepared), desc="ranking", unit="node", leave=False):
            quantise(prepared, ranges, [name], trial)
            ranking.append(Sensitivity(name, kinds[name], noise_to_signal(reference, logits_of(trial, images))))
    return sorted(ranking, key=lambda entry: -entry.noise)


@dataclass(frozen=True)
class Choice:
    """One point of the search over how many nodes stay in fp32.

    Attributes:
        kept: number of the most sensitive nodes in fp32.
        score: what the scorer gave, higher is better.
    """

    kept: int
    score: float


def choose_nodes(
    prepared: Path,
    ranges: TensorsData,
    ranking: list[Sensitivity],
    always_float: set[str],
    score: Callable[[Path], float],
    floor: float,
    target: Path,
    shares: tuple[float, ...] = KEPT_SHARES,
) -> list[Choice]:
    """Keep more and more of the most sensitive nodes in fp32 until the score reaches ``floor``.

    Writes each trial to ``target``; the last one stays.

    Args:
        prepared: output of :func:`prepare`.
        ranges: output of :func:`calibrate`.
        ranking: output of :func:`rank_nodes`.
        always_float: operators that are never quantised.
        score: from a model file to its score.
        floor: the lowest score that will do.
        target: the quantised file.
        shares: shares of the nodes to keep in fp32, ascending.

    Raises:
        ValueError: even the largest share misses the floor; ``target`` is removed.
    """
    usable = [entry for entry in ranking if entry.kind not in always_float]
    order = {name: i for i, name in enumerate(candidates(prepared))}
    tried: list[Choice] = []
    for share in shares:
        kept = round(share * len(usable))
        nodes = sorted((entry.node for entry in usable[kept:]), key=order.__getitem__)
        quantise(prepared, ranges, nodes, target)
        tried.append(Choice(kept, score(target)))
        if tried[-1].score >= floor:
            return tried
    Path(target).unlink()
    best = max(choice.score for choice in tried)
    raise ValueError(f"int8 reaches {best:.2f} at best, wanted is {floor:.2f}; loosen --allowed-loss")


def write_ranking(ranking: list[Sensitivity], tried: list[Choice], path: Path) -> None:
    """Write ranking and search as JSON."""
    document = {
        "ranking": [{"node": r.node, "kind": r.kind, "noiseToSignal": r.noise} for r in ranking],
        "tried": [{"keptInFp32": c.kept, "score": round(c.score, 3)} for c in tried],
    }
    Path(path).write_text(json.dumps(document, indent=2) + "\n")


def read_ranking(path: Path, prepared: Path) -> list[Sensitivity]:
    """The ranking in a file of :func:`write_ranking`; ValueError if it isn't of the nodes of ``prepared``.

    Weights change little in the order of nodes, and measuring it costs one model for each node.
    """
    entries = json.loads(Path(path).read_text())["ranking"]
    ranking = [Sensitivity(entry["node"], entry["kind"], entry["noiseToSignal"]) for entry in entries]
    if {entry.node for entry in ranking} != set(candidates(prepared)):
        raise ValueError(f"{path} ranks the nodes of another network")
    return ranking
