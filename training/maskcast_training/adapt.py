"""Teach a network one camera, from that camera's own frames and without a drawn label.

The first half of the frames is labelled by a teacher that sees more (a larger network, or the same one on an enlarged and a
mirrored plane) and by what moves before the still background; the network learns from it. The second half judges: a network
that didn't become better there, or became worse anywhere, isn't written.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .checkpoint import load_model
from .data.classes import IGNORE, ClassList
from .data.convert.writer import PlainWriter
from .data.folder import IMAGE_SUFFIXES, LabelledFolder, read_image, read_label
from .data.movement import FEWEST_FRAMES, correct_labels
from .deploy.manifest import FILE, read_manifest, sha256, write_manifest
from .deploy.onnx_export import export_onnx
from .finetune import FineTuneOptions, architecture_of, finetune_recipe
from .measure.cameras import report_on_folder, worst_loss
from .measure.predictors import Predictor, Teacher, onnx_predictor
from .recipe import Recipe
from .train import Trainer, TrainOptions

GAP = 0.05
"""Share of the frames left out between those that teach and those that judge: neighbours are nearly the same picture."""

RATE = 3e-4
"""Peak learning rate: a third of a fine-tuning's, since the classes stay and the labels are guesses."""

ALLOWED_LOSS = 1.0
"""Points of IoU that a class may lose on the later frames."""

ALLOWED_FALSE_SHARE = 0.1
"""Points by which the false shares of all classes together may rise there."""


@dataclass(frozen=True)
class AdaptOptions:
    """What a user may want otherwise.

    Attributes:
        side: longest side on which the teacher sees the frames, pixels.
        sure: pixels whose likeliest class the teacher gives a smaller probability are ignored.
        moving: name of the class that moves before this camera, where it stands still; None if several do, or it turns.
        alone: nothing of that class stands still there.
        steps, batch: as in a fine-tuning.
    """

    side: int = 768
    sure: float = 0.6
    moving: str | None = None
    alone: bool = False
    steps: int | None = None
    batch: int = 8


@dataclass(frozen=True)
class Outcome:
    """What the later frames say: reports as of :func:`.cameras.camera_report`, and the reasons against the new network."""

    before: dict[str, Any]
    after: dict[str, Any]
    objections: list[str]


def write_frames(frames: Path, teacher: Teacher, classes: ClassList, target: Path, options: AdaptOptions) -> tuple[int, int]:
    """Label a camera's frames and write them as a data set with ``train`` (earlier) and ``val`` (later).

    Where ``frames`` has a folder ``labels`` with a label of a later frame, that is taken for the truth instead of the
    teacher's, and then only such frames judge.

    Args:
        frames: folder of images of one size whose names sort by time, or with such a folder ``images``.
        teacher: gives probabilities in the order of ``classes``.
        classes: the network's classes; the first is the background.
        target: the data set's folder.
        options: see there.

    Returns:
        How many frames teach and how many judge.

    Raises:
        ValueError: too few frames, or frames of several sizes.
    """
    place = frames / "images" if (frames / "images").is_dir() else frames
    paths = sorted(p for p in place.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if len(paths) < 2 * FEWEST_FRAMES:
        raise ValueError(f"{place}: {len(paths)} images; at least {2 * FEWEST_FRAMES} frames of one camera are needed")
    images = [read_image(path) for path in paths]
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise ValueError(f"{place}: images of {len(sizes)} sizes; frames of one camera have one")
    labels = np.stack([_label(teacher(image), options.sure) for image in images])
    if options.moving is not None:
        moving = classes.index(options.moving)
        labels = correct_labels(np.stack(images), labels, moving, 0, smallest=60, alone=options.alone)
    first, second = _halves(len(paths))
    truths = {n: frames / "labels" / f"{paths[n].stem}.png" for n in second}
    drawn = {n: read_label(path) for n, path in truths.items() if path.is_file()}
    for split, numbers in (("train", first), ("val", drawn or second)):
        writer = PlainWriter(target, split, classes)
        for n in numbers:
            # The name before the number is the camera's in every report.
            writer.add(paths[n], drawn.get(n, labels[n]), stem=f"camera_{n:05d}")
    return len(first), len(drawn or second)


def _label(probabilities: np.ndarray, sure: float) -> np.ndarray:
    """Class indices, uint8 [H, W], of probabilities [classes, H, W]; ignored where none is sure."""
    return np.where(probabilities.max(axis=0) < sure, IGNORE, probabilities.argmax(axis=0)).astype(np.uint8)


def _halves(count: int) -> tuple[range, range]:
    gap = round(GAP * count)
    return range((count - gap) // 2), range((count - gap) // 2 + gap, count)


def adapt_recipe(data: Path, model: Path, options: AdaptOptions) -> Recipe:
    """Recipe that teaches the network in the folder ``model`` the frames in ``data``: gently, and near their own scale."""
    settings = FineTuneOptions(steps=options.steps, batch=options.batch)
    recipe = finetune_recipe(architecture_of(model / FILE), data, data / "classes.json", settings)
    sources = [dataclasses.replace(recipe.sources[0], scale=(0.75, 1.6))]
    # The later frames judge and so may not choose a checkpoint: the last one counts.
    last_only = {"check_every": recipe.steps, "select": []}
    return dataclasses.replace(recipe, sources=sources, rate=RATE, look=0.4, light=0.3, **last_only)


def judge(before: Predictor, after: Predictor, classes: ClassList, folder: LabelledFolder) -> Outcome:
    """Compare two networks on the later frames; ValueError if no class makes up enough of them to be judged by."""
    reports = [report_on_folder(predict, classes, folder, progress=False) for predict in (before, after)]
    objections = []
    lost, where = worst_loss(*reports)
    if lost > ALLOWED_LOSS:
        objections.append(f"{where} loses {lost:.1f} points of IoU; at most {ALLOWED_LOSS} are allowed")
    things = classes.names[1:]
    gains = [
        reports[1]["mean"][name]["iou"] - reports[0]["mean"][name]["iou"]
        for name in things
        if reports[0]["mean"][name]["cameras"]
    ]
    if gains and np.mean(gains) <= 0:
        objections.append(f"the mean over {len(gains)} classes doesn't rise ({np.mean(gains):+.1f} points)")
    was, became = (sum(report["falseShare"][name] or 0.0 for name in things) for report in reports)
    if became - was > ALLOWED_FALSE_SHARE:
        objections.append(f"things are found where nothing of them is: {became:.2f} % of the pixels instead of {was:.2f}")
    return Outcome(*reports, objections)


def adapt(
    frames: Path,
    model: Path,
    teacher: Teacher,
    target: Path,
    options: AdaptOptions,
    execution: TrainOptions,
    tell: Callable[[str], None] = print,
) -> Outcome:
    """Teach, judge, and write ``target`` (a model folder) only if nothing speaks against it.

    Raises:
        ValueError: as of :func:`write_frames` and :func:`judge`.
    """
    classes = ClassList.load(model / "manifest.json")
    with tempfile.TemporaryDirectory() as place:
        data, run = Path(place) / "data", Path(place) / "run"
        learn, later = write_frames(frames, teacher, classes, data, options)
        tell(f"{learn} frames teach, {later} later ones judge")
        execution = dataclasses.replace(execution, start_from=model / FILE)
        Trainer(adapt_recipe(data, model, options), data, run, execution).run()
        exported = Path(place) / FILE
        export_onnx(load_model(run / "last.pt").model, exported)
        outcome = judge(onnx_predictor(model / FILE), onnx_predictor(exported), classes, LabelledFolder(data / "val"))
        if not outcome.objections:
            _write(exported, model, target, learn)
    return outcome


def _write(exported: Path, model: Path, target: Path, frames: int) -> None:
    document = read_manifest(model)
    # A calibration was fitted to the weights before.
    document.pop("calibration", None)
    target.mkdir(parents=True, exist_ok=True)
    (target / FILE).write_bytes(exported.read_bytes())
    document |= {"name": target.resolve().name, "sha256": sha256(target / FILE), "scores": []}
    document["data"] = f"{document['data']}; then {frames} frames of one camera, labelled by a teacher network"
    write_manifest(document, target)
