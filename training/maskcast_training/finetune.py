"""A recipe for fine-tuning a trained network on somebody's own data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .checkpoint import load_checkpoint
from .data.folder import LabelledFolder
from .recipe import Recipe, SourceSpec

# Images a run should draw altogether for each training image, before few data stop it from learning more.
PASSES = 60
SMALLEST_STEPS, LARGEST_STEPS = 150, 6000
RATE = 1e-3
CROP_MULTIPLE = 32
LARGEST_CROP = 448


@dataclass(frozen=True)
class FineTuneOptions:
    """What a user may want otherwise.

    Attributes:
        steps: length of the run; None chooses by the number of images.
        batch: crops a step.
        trunk_rate: factor on the learning rate of everything but the new classifier; 0 freezes it.
        seed: of everything random.
    """

    steps: int | None = None
    batch: int = 8
    trunk_rate: float = 0.25
    seed: int = 1


def architecture_of(path: Path) -> str:
    """Name of the architecture in a checkpoint, or by the name of an ONNX model's folder.

    Raises:
        ValueError: the folder's name doesn't begin with a known architecture.
    """
    from .models import BUILDERS

    path = Path(path)
    if path.suffix != ".onnx":
        return load_checkpoint(path)["recipe"]["model"]
    manifest = path.with_name("manifest.json")
    name = json.loads(manifest.read_text())["name"] if manifest.is_file() else path.resolve().parent.name
    fitting = [known for known in BUILDERS if name == known or name.startswith(f"{known}-")]
    if not fitting:
        raise ValueError(f"{path}: model {name!r} doesn't say its architecture; name one with --architecture")
    return max(fitting, key=len)


def finetune_recipe(architecture: str, data: Path, classes: Path, options: FineTuneOptions) -> Recipe:
    """Recipe for ``data``, with all paths relative to it.

    Args:
        architecture: name of the network.
        data: folder with ``train/`` and, for choosing the best checkpoint, ``val/``, both in the plain layout.
        classes: class file.
        options: deviations from the defaults.
    """
    data = Path(data)
    train = LabelledFolder(data / "train")
    steps = options.steps
    if steps is None:
        steps = min(max(PASSES * len(train) // options.batch, SMALLEST_STEPS), LARGEST_STEPS)
    has_val = (data / "val").is_dir()
    return Recipe(
        model=architecture,
        classes=str(Path(classes).resolve()),
        sources=[SourceSpec(path="train", scale=(0.5, 2.0))],
        crop=_crop(train),
        batch=options.batch,
        steps=steps,
        rate=RATE,
        trunk_rate=options.trunk_rate,
        warm_up=max(1, steps // 20),
        ema=0.99,
        check_every=max(1, steps // 10),
        validate={"val": SourceSpec(path="val")} if has_val else {"train": SourceSpec(path="train")},
        select=["val" if has_val else "train"],
        seed=options.seed,
    )


def _crop(train: LabelledFolder) -> tuple[int, int]:
    """The first image's size, at most :data:`LARGEST_CROP`, in multiples of 32."""
    height, width = train.read(0)[1].shape
    sides = [min(side, LARGEST_CROP) // CROP_MULTIPLE * CROP_MULTIPLE for side in (height, width)]
    return max(sides[0], CROP_MULTIPLE), max(sides[1], CROP_MULTIPLE)
