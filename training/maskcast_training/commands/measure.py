"""``evaluate`` and ``benchmark``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ..benchmark import compare_latency
from ..data.folder import LabelledFolder
from ..evaluate import describe, evaluate_folder, open_predictor, write_report


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the two parsers."""
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


def _benchmark(options: argparse.Namespace) -> int:
    medians = compare_latency(options.models, tuple(options.size), options.threads, options.runs)
    for path, median in zip(options.models, medians):
        print(f"{median:8.1f} ms  {medians[0] / median:5.2f}×  {path}")
    return 0
