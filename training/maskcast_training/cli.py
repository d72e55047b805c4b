"""Command line: ``python -m maskcast_training COMMAND …``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 fine, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="maskcast_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, FileNotFoundError) as error:
        print(f"{parser.prog} {options.command}: {error}", file=sys.stderr)
        return 1


def _add_execution(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="the run's folder; a run that lies there goes on")
    parser.add_argument("--workers", type=int, default=1, help="processes that read and augment (default 1)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the computation (default: PyTorch's choice)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--full-precision", action="store_true", help="fp32 instead of bf16 (CPU) or mixed (GPU)")
    parser.add_argument("--stop-at", type=int, help="stop after this step; the same command without it goes on")


def _add_train(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("train", help="train by a recipe")
    parser.add_argument("--recipe", type=Path, required=True, help="recipe file (JSON)")
    parser.add_argument("--data", type=Path, required=True, help="folder that the recipe's paths are relative to")
    parser.add_argument("--from", dest="start_from", type=Path, help="ONNX file or checkpoint to start from")
    parser.add_argument("--steps", type=int, help="length of the run, instead of the recipe's")
    _add_execution(parser)
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from .recipe import Recipe
    from .train import Trainer, TrainOptions

    recipe = Recipe.load(options.recipe)
    if options.steps is not None:
        recipe.steps = options.steps
    if options.threads:
        torch.set_num_threads(options.threads)
    execution = TrainOptions(
        workers=options.workers,
        device=options.device,
        reduced=not options.full_precision,
        start_from=options.start_from,
        stop_at=options.stop_at,
    )
    Trainer(recipe, options.data, options.out, execution).run()
    return 0


def _add_evaluate(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("evaluate", help="score a checkpoint or an ONNX file on labelled images")
    parser.add_argument("--model", type=Path, required=True, help="checkpoint (.pt) or ONNX file")
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and labels/")
    parser.add_argument("--labels", default="labels", help="name of the labels' folder (default labels)")
    parser.add_argument("--classes", type=Path, help="class file, for an ONNX file without a manifest.json beside it")
    parser.add_argument("--include", default="*", help="pattern of the images that count, such as 'voc_*'")
    parser.add_argument("--every", type=int, default=1, help="take every n-th image (default 1)")
    parser.add_argument("--threads", type=int, default=0, help="threads of the computation (default: all)")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from .data.folder import LabelledFolder
    from .evaluate import describe, evaluate_folder, open_predictor, write_report

    if options.threads:
        torch.set_num_threads(options.threads)
    predict, classes = open_predictor(options.model, options.classes, options.threads)
    folder = LabelledFolder(options.data, options.labels)
    report = evaluate_folder(predict, classes, folder, options.include, options.every)
    print(describe(report))
    if options.json:
        write_report(report, options.json)
    return 0
