"""``export``, ``calibrate`` and ``quantise``: from a checkpoint to a folder that the server loads."""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime.quantization.calibrate import TensorsData

from ..checkpoint import load_model
from ..data.classes import ClassList, LabelCodes
from ..data.folder import IMAGE_SUFFIXES, LabelledFolder, read_image
from ..deploy.calibration import Calibration, collect, fit_bias, fit_temperature, fold, report_of
from ..deploy.manifest import FILE, manifest, read_manifest, sha256, write_manifest
from ..deploy.onnx_export import export_onnx
from ..deploy.quantise import (
    KEPT_SHARES,
    calibrate,
    candidates,
    choose_nodes,
    prepare,
    rank_nodes,
    read_ranking,
    write_ranking,
)
from ..deploy.quantise import quantise as write_int8
from ..measure.cameras import describe_cameras, report_on_folder, worst_loss
from ..measure.evaluate import evaluate_folder
from ..measure.predictors import onnx_predictor

# Images for the ranking: it needs the order of the nodes only, and costs one model for each node.
RANKING_IMAGES = 6


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the three parsers."""
    export = commands.add_parser("export", help="write a checkpoint as ONNX with its manifest, and check the parity")
    export.add_argument("--model", type=Path, required=True, help="checkpoint (.pt); its averaged weights are exported")
    export.add_argument("--out", type=Path, required=True, help="model folder; its name is the model's")
    export.add_argument("--size", type=int, nargs=2, metavar=("HEIGHT", "WIDTH"), help="fixed size (default: any)")
    export.add_argument("--licence", default="unknown", help="terms under which the weights may be used")
    export.add_argument("--trained-on", default="unknown", help="what the network was trained on")
    export.set_defaults(run=_export)

    tune = commands.add_parser("calibrate", help="fit a bias a class and a temperature on held-out cameras")
    tune.add_argument("--model", type=Path, required=True, help="folder with model.onnx and manifest.json, in fp32")
    tune.add_argument("--data", type=Path, required=True, help="labelled folder whose images are called CAMERA_NUMBER")
    tune.add_argument("--price", type=float, default=2.0, help="points of IoU for a per cent of false pixels (default 2)")
    tune.add_argument("--every", type=int, default=1, help="take every n-th image (default 1)")
    tune.add_argument("--keep-temperature", action="store_true", help="fold the bias only")
    tune.add_argument("--threads", type=int, default=0, help="onnxruntime's threads (default: its own choice)")
    tune.add_argument("--out", type=Path, required=True, help="model folder; its name is the model's")
    tune.set_defaults(run=_calibrate)

    quantise = commands.add_parser("quantise", help="write an int8 copy of an exported network")
    quantise.add_argument("--model", type=Path, required=True, help="folder with model.onnx and manifest.json")
    quantise.add_argument("--calibrate", type=Path, nargs="+", required=True, help="folders of training images")
    quantise.add_argument("--images", type=int, default=64, help="images to calibrate on from each folder (default 64)")
    quantise.add_argument("--validate", type=Path, help="labelled folder that decides what stays in fp32")
    quantise.add_argument("--allowed-loss", type=float, default=0.5, help="points of mIoU (default 0.5)")
    quantise.add_argument(
        "--by-camera",
        action="store_true",
        help="judge by the camera and class of --validate that lose most IoU, instead of by mIoU over all images",
    )
    quantise.add_argument("--ranking", type=Path, help="quantisation.json of an earlier run, instead of measuring anew")
    quantise.add_argument(
        "--plain",
        action="store_true",
        help="quantise every node but --float-ops: no --validate, no ranking, no limit to the loss",
    )
    quantise.add_argument("--keep", type=float, default=0.0, help="share of nodes to keep in fp32 at least (default 0)")
    quantise.add_argument(
        "--fp32-first",
        nargs="*",
        default=[],
        metavar="PATTERN",
        help="nodes to keep in fp32 before all others: small ones that see the picture first or the classes last",
    )
    quantise.add_argument(
        "--fp32-last",
        nargs="*",
        default=[],
        metavar="PATTERN",
        help="nodes to keep in fp32 only after all others, such as '*/stem/*': those of large planes cost most time",
    )
    quantise.add_argument("--float-ops", nargs="*", default=["Resize"], help="operators kept in fp32 (default Resize)")
    quantise.add_argument("--threads", type=int, default=0, help="onnxruntime's threads (default: its own choice)")
    quantise.add_argument("--out", type=Path, required=True, help="model folder; its name is the model's")
    quantise.set_defaults(run=_quantise)


def _export(options: argparse.Namespace) -> int:
    trained = load_model(options.model)
    options.out.mkdir(parents=True, exist_ok=True)
    size = tuple(options.size) if options.size else None
    difference = export_onnx(trained.model, options.out / FILE, size)
    stride = trained.model.output_stride
    document = manifest(options.out, trained.classes, stride, options.licence, options.trained_on, size)
    write_manifest(document, options.out)
    print(f"{options.out / FILE}: step {trained.step}, differs from PyTorch by {difference:.1e} of the largest logit")
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    document = read_manifest(options.model)
    if "calibration" in document:
        raise ValueError(f"{options.model} is calibrated already: begin with the folder that it was made from")
    classes, folder = ClassList.load(options.model / "manifest.json"), LabelledFolder(options.data)
    table = LabelCodes(classes).lookup(folder.classes, None)
    frames = collect(options.model / FILE, folder, table, options.threads, options.every)
    bias = fit_bias(frames, classes.names, options.price)
    temperature = 1.0 if options.keep_temperature else fit_temperature(frames, bias)
    options.out.mkdir(parents=True, exist_ok=True)
    fold(options.model / FILE, options.out / FILE, Calibration(bias, temperature))
    calibration = {
        "bias": {name: float(value) for name, value in zip(classes.names, bias)},
        "temperature": temperature,
        "data": f"{options.data.name} of {options.data.resolve().parent.name}, {len(frames)} images",
    }
    name, checksum = options.out.resolve().name, sha256(options.out / FILE)
    write_manifest({**document, "name": name, "sha256": checksum, "calibration": calibration, "scores": []}, options.out)
    for title, chosen in (("before", np.zeros_like(bias)), ("after", bias)):
        print(f"{title}\n{describe_cameras(report_of(frames, classes.names, chosen), classes.names[1:])}\n")
    print(f"bias {calibration['bias']}, temperature {temperature}")
    return 0


def _quantise(options: argparse.Namespace) -> int:
    if options.validate is None and not options.plain:
        raise ValueError("name the labelled folder to judge by with --validate, or quantise everything with --plain")
    images = [image for folder in options.calibrate for image in _draw_images(folder, options.images)]
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / FILE
    with tempfile.TemporaryDirectory() as place:
        prepared = Path(place) / "prepared.onnx"
        prepare(options.model / FILE, prepared)
        ranges = calibrate(prepared, images)
        if options.plain:
            write_int8(prepared, ranges, candidates(prepared, set(options.float_ops)), target)
            outcome = f"every node but {', '.join(options.float_ops)} in int8"
        else:
            outcome = _choose(options, prepared, ranges, images, target)
    document = read_manifest(options.model)
    write_manifest({**document, "name": options.out.resolve().name, "sha256": sha256(target), "scores": []}, options.out)
    print(f"{target}: {outcome}")
    return 0


def _choose(options: argparse.Namespace, prepared: Path, ranges: TensorsData, images: list[np.ndarray], target: Path) -> str:
    """Write the int8 network that loses at most what is allowed; returns how it went."""
    score, reference = _scorer(options)
    if options.ranking:
        ranking = read_ranking(options.ranking, prepared)
    else:
        # Every n-th, so that each folder has its part in the ranking.
        ranking = rank_nodes(prepared, ranges, images[:: max(1, len(images) // RANKING_IMAGES)])
    floor = reference - options.allowed_loss
    shares = tuple(sorted({max(share, options.keep) for share in KEPT_SHARES}))

    def turn(node: str) -> int:
        first, last = (any(fnmatch(node, p) for p in patterns) for patterns in (options.fp32_first, options.fp32_last))
        return last - first

    order = sorted(ranking, key=lambda entry: turn(entry.node))
    tried = choose_nodes(prepared, ranges, order, set(options.float_ops), score, floor, target, shares)
    write_ranking(ranking, tried, options.out / "quantisation.json")
    kept = f"{tried[-1].kept} sensitive nodes in fp32"
    if options.by_camera:
        return f"loses {-tried[-1].score:.2f} points where it loses most, {kept}"
    return f"mIoU {tried[-1].score:.2f}, fp32 {reference:.2f}, {kept}"


def _scorer(options: argparse.Namespace) -> tuple[Callable[[Path], float], float]:
    """From a model file to its score, higher is better, and the score of the network in fp32."""
    classes = ClassList.load(options.model / "manifest.json")
    folder = LabelledFolder(options.validate)

    def mean_iou(path: Path) -> float:
        predict = onnx_predictor(path, options.threads)
        return evaluate_folder(predict, classes, folder, progress=False)["meanIoU"]

    def report(path: Path) -> dict[str, Any]:
        return report_on_folder(onnx_predictor(path, options.threads), classes, folder, progress=False)

    if not options.by_camera:
        return mean_iou, mean_iou(options.model / FILE)
    reference = report(options.model / FILE)

    def minus_worst(path: Path) -> float:
        loss, place = worst_loss(reference, report(path))
        print(f"loses {loss:.2f} points on {place}")
        return -loss

    return minus_worst, 0.0


def _draw_images(folder: Path, count: int) -> list[np.ndarray]:
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    return [read_image(path) for path in random.Random(0).sample(paths, min(count, len(paths)))]
