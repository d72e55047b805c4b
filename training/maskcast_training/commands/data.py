"""``convert``, ``fixed-camera``, ``demo`` and ``preview``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..data.convert import CONVERTERS
from ..data.demo import write_demo
from ..data.fixed_camera import Scene, write_fixed_camera
from ..data.mixture import MixtureDataset
from ..preview import write_preview
from ..recipe import Recipe


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the four parsers."""
    convert = commands.add_parser("convert", help="turn another data set's layout into images/, labels/, classes.json")
    convert.add_argument("--format", choices=sorted(CONVERTERS), required=True)
    convert.add_argument("--data", type=Path, required=True, help="the data set as it comes")
    convert.add_argument("--split", default="train", help="train, val or test (default train)")
    convert.add_argument("--out", type=Path, required=True, help="data set's folder in the plain layout")
    convert.set_defaults(run=_convert)

    camera = commands.add_parser("fixed-camera", help="label a fixed camera's frames from one drawing of the scene")
    camera.add_argument("--video", type=Path, required=True)
    camera.add_argument("--scene", type=Path, required=True, help="classes and outlines, as in scenes/pedestrians.json")
    camera.add_argument("--train", type=int, default=24, help="frames of the video's first part (default 24)")
    camera.add_argument("--val", type=int, default=8, help="frames of its last part (default 8)")
    camera.add_argument("--out", type=Path, required=True, help="data set's folder in the plain layout")
    camera.set_defaults(run=_fixed_camera)

    demo = commands.add_parser("demo", help="draw a tiny data set of shapes, to try the other commands on")
    demo.add_argument("--train", type=int, default=20, help="pictures to train on (default 20)")
    demo.add_argument("--val", type=int, default=8, help="pictures to validate on (default 8)")
    demo.add_argument("--out", type=Path, required=True, help="data set's folder in the plain layout")
    demo.set_defaults(run=_demo)

    preview = commands.add_parser("preview", help="write a picture of augmented training samples and their labels")
    preview.add_argument("--recipe", type=Path, required=True)
    preview.add_argument("--data", type=Path, required=True, help="folder that the recipe's paths are relative to")
    preview.add_argument("--count", type=int, default=16)
    preview.add_argument("--first", type=int, default=0, help="number of the first sample")
    preview.add_argument("--out", type=Path, required=True, help="PNG or JPEG to write")
    preview.set_defaults(run=_preview)


def _convert(options: argparse.Namespace) -> int:
    count = CONVERTERS[options.format](options.data, options.split, options.out)
    print(f"{options.out / options.split}: {count} images")
    return 0


def _fixed_camera(options: argparse.Namespace) -> int:
    write_fixed_camera(options.video, Scene.load(options.scene), options.out, options.train, options.val)
    print(f"{options.out}: {options.train} frames to train on, {options.val} to validate on; look through the labels")
    return 0


def _demo(options: argparse.Namespace) -> int:
    write_demo(options.out, options.train, options.val)
    print(f"{options.out}: {options.train} pictures to train on, {options.val} to validate on")
    return 0


def _preview(options: argparse.Namespace) -> int:
    write_preview(MixtureDataset(Recipe.load(options.recipe), options.data), options.count, options.out, options.first)
    return 0
