"""``evaluate``, ``cameras``, ``show`` and ``benchmark``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ..data.classes import LabelCodes
from ..data.folder import IMAGE_SUFFIXES, LabelledFolder, read_image
from ..deploy.benchmark import compare_latency
from ..measure.cameras import describe_cameras, report_on_folder
from ..measure.evaluate import describe, evaluate_folder, open_predictor, write_report
from ..measure.grid import write_grid
from ..measure.predictors import at_longest_side


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the four parsers."""
    evaluate = commands.add_parser("evaluate", help="score a checkpoint or an ONNX file on labelled images")
    evaluate.add_argument("--model", type=Path, required=True, help="checkpoint (.pt) or ONNX file")
    evaluate.add_argument("--data", type=Path, required=True, help="folder with images/ and labels/")
    evaluate.add_argument("--labels", default="labels", help="name of the labels' folder (default labels)")
    evaluate.add_argument("--classes", type=Path, help="class file, for an ONNX file without a manifest.json beside it")
    evaluate.add_argument("--include", default="*", help="pattern of the images that count, such as 'voc_*'")
    evaluate.add_argument("--every", type=int, default=1, help="take every n-th image (default 1)")
    evaluate.add_argument("--threads", type=int, default=0, help="threads of the computation (default: all)")
    evaluate.add_argument("--json", type=Path, help="also write the report, with the confusion matrix, to this file")
    evaluate.set_defaults(run=_evaluate)

    cameras = commands.add_parser("cameras", help="score a checkpoint or an ONNX file camera by camera")
    cameras.add_argument("--model", type=Path, required=True, help="checkpoint (.pt) or ONNX file")
    cameras.add_argument("--data", type=Path, required=True, help="folder whose images are called CAMERA_NUMBER")
    cameras.add_argument("--labels", default="labels", help="name of the labels' folder (default labels)")
    cameras.add_argument("--classes", type=Path, help="class file, for an ONNX file without a manifest.json beside it")
    cameras.add_argument("--longest-side", type=int, help="scale the images to this, pixels (default: their own size)")
    cameras.add_argument("--every", type=int, default=1, help="take every n-th image (default 1)")
    cameras.add_argument("--threads", type=int, default=0, help="threads of the computation (default: all)")
    cameras.add_argument("--json", type=Path, help="also write the report to this file")
    cameras.set_defaults(run=_cameras)

    show = commands.add_parser("show", help="write a picture of images, truth if there is one, masks and errors")
    show.add_argument("--models", type=Path, nargs="+", required=True, help="checkpoints (.pt) or ONNX files")
    show.add_argument("--data", type=Path, required=True, help="folder with images/ (and labels/), or just with images")
    show.add_argument("--labels", default="labels", help="name of the labels' folder (default labels)")
    show.add_argument("--classes", type=Path, help="class file, for ONNX files without a manifest.json beside them")
    show.add_argument("--every", type=int, default=1, help="take every n-th image (default 1)")
    show.add_argument("--count", type=int, default=8, help="at most this many images (default 8)")
    show.add_argument("--out", type=Path, required=True, help="PNG or JPEG to write")
    show.set_defaults(run=_show)

    benchmark = commands.add_parser("benchmark", help="compare the latency of ONNX files, taking turns")
    benchmark.add_argument("models", type=Path, nargs="+", help="ONNX files; ratios are to the first")
    benchmark.add_argument("--size", type=int, nargs=2, default=(256, 512), metavar=("HEIGHT", "WIDTH"))
    benchmark.add_argument("--threads", type=int, default=2)
    benchmark.add_argument("--runs", type=int, default=50, help="timed inferences a file (default 50)")
    benchmark.set_defaults(run=_benchmark)


def _evaluate(options: argparse.Namespace) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    predict, classes = open_predictor(options.model, options.classes, options.threads)
    folder = LabelledFolder(options.data, options.labels)
    report = evaluate_folder(predict, classes, folder, options.include, options.every)
    print(describe(report))
    if options.json:
        write_report(report, options.json)
    return 0


def _cameras(options: argparse.Namespace) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    predict, classes = open_predictor(options.model, options.classes, options.threads)
    if options.longest_side is not None:
        if options.longest_side < 1:
            raise ValueError(f"--longest-side must be at least 1 pixel; received {options.longest_side}")
        predict = at_longest_side(predict, options.longest_side)
    report = report_on_folder(predict, classes, LabelledFolder(options.data, options.labels), options.every)
    # The first class is the background: what is left where nothing is found.
    print(describe_cameras(report, classes.names[1:]))
    if options.json:
        write_report(report, options.json)
    return 0


def _show(options: argparse.Namespace) -> int:
    models = [open_predictor(path, options.classes) for path in options.models]
    if (options.data / options.labels).is_dir():
        folder = LabelledFolder(options.data, options.labels)
        table = LabelCodes(models[0][1]).lookup(folder.classes, None)
        chosen = range(0, len(folder), options.every)[: options.count]
        items = [(image, table[label]) for image, label in map(folder.read, chosen)]
    else:
        place = options.data / "images" if (options.data / "images").is_dir() else options.data
        paths = sorted(p for p in place.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        items = [(read_image(path), None) for path in paths[:: options.every][: options.count]]
    if not items:
        raise ValueError(f"{options.data} holds no image")
    write_grid(items, models, options.out)
    return 0


def _benchmark(options: argparse.Namespace) -> int:
    medians = compare_latency(options.models, tuple(options.size), options.threads, options.runs)
    for path, median in zip(options.models, medians):
        print(f"{median:8.1f} ms  {medians[0] / median:5.2f}×  {path}")
    return 0
