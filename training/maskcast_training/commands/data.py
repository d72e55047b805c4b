"""``convert``, ``fixed-camera``, ``movement``, ``demo`` and ``preview``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..data.convert import CONVERTERS
from ..data.demo import write_demo
from ..data.fixed_camera import Scene, write_fixed_camera
from ..data.mixture import MixtureDataset
from ..data.movement import write_corrected
from ..measure.preview import write_preview
from ..recipe import Recipe


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the five parsers."""
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

    movement = commands.add_parser("movement", help="correct a still camera's labels by what moves in its frames")
    movement.add_argument("--data", type=Path, required=True, help="split in the plain layout, such as DATA/train")
    movement.add_argument("--camera", required=True, help="camera of the images called CAMERA_NUMBER")
    movement.add_argument("--moving", required=True, help="name of the class that moves there")
    movement.add_argument("--background", required=True, help="name of the class of the empty scene")
    movement.add_argument("--smallest", type=int, default=60, help="pixels of the smallest mover (default 60)")
    movement.add_argument("--alone", action="store_true", help="nothing of that class stands still there")
    movement.add_argument("--out", type=Path, required=True, help="folder for the corrected labels")
    movement.set_defaults(run=_movement)

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


def _movement(options: argparse.Namespace) -> int:
    count = write_corrected(
        options.data,
        options.camera,
        options.out,
        options.moving,
        options.background,
        smallest=options.smallest,
        alone=options.alone,
    )
    print(f"{options.out}: {count} labels of {options.camera}; look through them")
    return 0


def _demo(options: argparse.Namespace) -> int:
    write_demo(options.out, options.train, options.val)
    print(f"{options.out}: {options.train} pictures to train on, {options.val} to validate on")
    return 0


def _preview(options: argparse.Namespace) -> int:
    write_preview(MixtureDataset(Recipe.load(options.recipe), options.data), options.count, options.out, options.first)
    return 0
