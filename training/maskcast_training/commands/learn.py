"""``train``, ``queue``, ``finetune``, ``adapt``, ``average`` and ``search``."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import torch

from ..adapt import AdaptOptions, adapt
from ..average import average_checkpoints, average_onnx
from ..data.classes import ClassList
from ..deploy.manifest import FILE
from ..finetune import FineTuneOptions, architecture_of, finetune_recipe
from ..measure.cameras import describe_cameras
from ..measure.predictors import onnx_teacher
from ..queue import Entry, load_queue, run_queue
from ..recipe import Recipe
from ..search import load_space, search
from ..train import Trainer, TrainOptions


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the six parsers."""
    train = commands.add_parser("train", help="train by a recipe")
    train.add_argument("--recipe", type=Path, required=True, help="recipe file (JSON)")
    train.add_argument("--data", type=Path, required=True, help="folder that the recipe's paths are relative to")
    train.add_argument(
        "--from",
        dest="start_from",
        type=Path,
        help="ONNX file or checkpoint to start from; a smaller HRNet's checkpoint is grown into the recipe's network",
    )
    train.add_argument("--architecture", help="name of the network, instead of the recipe's: one recipe for several")
    train.add_argument("--steps", type=int, help="length of the run, instead of the recipe's")
    _add_execution(train)
    train.set_defaults(run=_train)

    queue = commands.add_parser("queue", help="work through recipes in order; after a kill, the same command goes on")
    queue.add_argument("file", type=Path, help='JSON: {"runs": [{"name", "recipe", "from"}, …]}')
    queue.add_argument("--data", type=Path, required=True, help="folder that the recipes' paths are relative to")
    _add_execution(queue, stops=False)
    queue.set_defaults(run=_queue)

    defaults = FineTuneOptions()
    tune = commands.add_parser("finetune", help="go on from a trained network with your own data and classes")
    tune.add_argument("--from", dest="start_from", type=Path, required=True, help="ONNX file or checkpoint")
    tune.add_argument("--data", type=Path, required=True, help="folder with train/ and, if possible, val/")
    tune.add_argument("--classes", type=Path, help="class file (default: classes.json in the data folder)")
    tune.add_argument("--architecture", help="name of the network, where the file's folder doesn't tell")
    tune.add_argument("--steps", type=int, help="length of the run (default: by the number of images)")
    tune.add_argument("--batch", type=int, default=defaults.batch, help=f"crops a step (default {defaults.batch})")
    tune.add_argument(
        "--trunk-rate",
        type=float,
        default=defaults.trunk_rate,
        help=f"learning rate of the trunk relative to the new classifier; 0 freezes it (default {defaults.trunk_rate})",
    )
    tune.add_argument("--seed", type=int, default=defaults.seed)
    _add_execution(tune)
    tune.set_defaults(run=_finetune)

    _add_adapt(commands)

    average = commands.add_parser("average", help="the mean of the weights of networks that come from one another")
    average.add_argument("models", type=Path, nargs="+", help="checkpoints (.pt) or ONNX files, of one network and classes")
    average.add_argument("--out", type=Path, required=True, help="file to write, of the same kind")
    average.set_defaults(run=_average)

    look = commands.add_parser("search", help="random search over settings of a recipe")
    look.add_argument("--recipe", type=Path, required=True)
    look.add_argument("--data", type=Path, required=True)
    look.add_argument("--from", dest="start_from", type=Path)
    look.add_argument("--space", type=Path, required=True, help='JSON: {"rate": {"low": 1e-4, "high": 1e-2}, …}')
    look.add_argument("--trials", type=int, default=8)
    look.add_argument("--steps", type=int, help="length of each trial, instead of the recipe's")
    _add_execution(look)
    look.set_defaults(run=_search)


def _add_adapt(commands: argparse._SubParsersAction) -> None:
    defaults = AdaptOptions()
    parser = commands.add_parser("adapt", help="teach a network one camera, from its frames and without drawn labels")
    parser.add_argument("--frames", type=Path, required=True, help="frames of the camera, whose names sort by time")
    parser.add_argument("--model", type=Path, required=True, help="model folder of the network that learns")
    parser.add_argument(
        "--teacher", type=Path, help="model folder of a network that sees more (default: the same, enlarged)"
    )
    parser.add_argument(
        "--side", type=int, default=defaults.side, help=f"longest side at which the teacher looks (default {defaults.side})"
    )
    parser.add_argument(
        "--sure", type=float, default=defaults.sure, help=f"smallest probability that teaches (default {defaults.sure})"
    )
    parser.add_argument("--moving", help="class of all that moves there, if the camera stands still")
    parser.add_argument("--alone", action="store_true", help="nothing of that class stands still there")
    parser.add_argument("--steps", type=int, help="length of the run (default: by the number of frames)")
    parser.add_argument("--batch", type=int, default=defaults.batch, help=f"crops a step (default {defaults.batch})")
    _add_execution(parser, stops=False, out="model folder to write, if the network became better")
    parser.set_defaults(run=_adapt)


def _add_execution(
    parser: argparse.ArgumentParser, stops: bool = True, out: str = "the run's folder; a run that lies there goes on"
) -> None:
    parser.add_argument("--out", type=Path, required=True, help=out)
    parser.add_argument("--workers", type=int, default=1, help="processes that read and augment (default 1)")
    parser.add_argument("--threads", type=int, help="threads of the computation (default: PyTorch's choice)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--full-precision", action="store_true", help="fp32 instead of bf16 (CPU) or mixed (GPU)")
    if stops:
        parser.add_argument("--stop-at", type=int, help="stop after this step; the same command without it goes on")


def _execution(options: argparse.Namespace) -> TrainOptions:
    if options.threads:
        torch.set_num_threads(options.threads)
    return TrainOptions(
        workers=options.workers,
        device=options.device,
        reduced=not options.full_precision,
        start_from=getattr(options, "start_from", None),
        stop_at=getattr(options, "stop_at", None),
    )


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = Recipe.load(options.recipe)
    return recipe if options.steps is None else dataclasses.replace(recipe, steps=options.steps)


def _train(options: argparse.Namespace) -> int:
    recipe = _recipe(options)
    if options.architecture is not None:
        recipe = dataclasses.replace(recipe, model=options.architecture)
    Trainer(recipe, options.data, options.out, _execution(options)).run()
    return 0


def _queue(options: argparse.Namespace) -> int:
    execution = dataclasses.replace(_execution(options), progress=False)

    def train(entry: Entry, folder: Path, start_from: Path | None) -> None:
        Trainer(entry.recipe, options.data, folder, dataclasses.replace(execution, start_from=start_from)).run()

    run_queue(load_queue(options.file), options.out, train)
    return 0


def _finetune(options: argparse.Namespace) -> int:
    classes = options.classes or options.data / "classes.json"
    architecture = options.architecture or architecture_of(options.start_from)
    settings = FineTuneOptions(options.steps, options.batch, options.trunk_rate, options.seed)
    recipe = finetune_recipe(architecture, options.data, classes, settings)
    Trainer(recipe, options.data, options.out, _execution(options)).run()
    return 0


def _adapt(options: argparse.Namespace) -> int:
    teacher = options.teacher or options.model
    classes, known = (ClassList.load(folder / "manifest.json") for folder in (options.model, teacher))
    looks = onnx_teacher(teacher / FILE, options.side, [known.index(name) for name in classes.names], options.threads or 0)
    settings = AdaptOptions(options.side, options.sure, options.moving, options.alone, options.steps, options.batch)
    outcome = adapt(options.frames, options.model, looks, options.out, settings, _execution(options))
    for title, report in (("before", outcome.before), ("after", outcome.after)):
        print(f"{title}\n{describe_cameras(report, classes.names[1:])}\n")
    if outcome.objections:
        raise ValueError(f"nothing was written, since on the later frames {'; '.join(outcome.objections)}")
    print(f"{options.out}: written")
    return 0


def _average(options: argparse.Namespace) -> int:
    kinds = {path.suffix for path in [*options.models, options.out]}
    if len(kinds) > 1:
        raise ValueError(f"checkpoints (.pt) and ONNX files don't mix, got {', '.join(sorted(kinds))}")
    average = average_onnx if kinds == {".onnx"} else average_checkpoints
    average(options.models, options.out)
    return 0


def _search(options: argparse.Namespace) -> int:
    execution = _execution(options)

    def score(recipe: Recipe, folder: Path) -> float:
        return Trainer(recipe, options.data, folder, execution).run()["selection"]

    rows = search(_recipe(options), load_space(options.space), options.trials, options.out, score)
    for row in rows:
        cells = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in row.items()}
        print("  ".join(f"{key}={cell}" for key, cell in cells.items()))
    return 0
