"""A network that learns one camera, and is judged by its later frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import draw_scene

from maskcast_training.adapt import AdaptOptions, adapt, judge, write_frames
from maskcast_training.data.classes import IGNORE, ClassList
from maskcast_training.data.folder import LabelledFolder
from maskcast_training.deploy.manifest import manifest, write_manifest
from maskcast_training.deploy.onnx_export import export_onnx
from maskcast_training.measure.predictors import onnx_teacher
from maskcast_training.models import build_model
from maskcast_training.train import TrainOptions

CLASSES = ClassList(("ground", "disc", "square"), ((0, 0, 0), (220, 20, 60), (0, 90, 200)), 255)


def by_colour(image: np.ndarray) -> np.ndarray:
    """A teacher that knows: the red disc, the blue square, unsure in the left-most column."""
    red, blue = (image[:, :, channel].astype(int) > 180 for channel in (0, 2))
    truth = np.where(red, 1, np.where(blue, 2, 0))
    probabilities = np.stack([truth == index for index in range(3)]).astype(np.float32)
    probabilities[:, :, 0] = 1 / 3
    return probabilities


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Forty frames of one camera."""
    folder = tmp_path / "frames"
    folder.mkdir()
    rng = np.random.default_rng(7)
    for number in range(40):
        cv2.imwrite(str(folder / f"yard_{number:03d}.png"), draw_scene(rng)[0])
    return folder


def untrained(folder: Path) -> Path:
    """A model folder whose network has learned nothing."""
    torch.manual_seed(3)
    folder.mkdir()
    model = build_model("hrnet-w18-small-v1", 3)
    export_onnx(model, folder / "model.onnx")
    write_manifest(manifest(folder, CLASSES, model.output_stride, "CC0-1.0", "nothing"), folder)
    return folder


def test_earlier_frames_teach_and_later_ones_judge_with_a_gap_between(frames: Path, tmp_path: Path) -> None:
    assert write_frames(frames, by_colour, CLASSES, tmp_path / "data", AdaptOptions()) == (19, 19)
    train, val = (LabelledFolder(tmp_path / "data" / split) for split in ("train", "val"))
    assert [train.images[-1].stem, val.images[0].stem] == ["camera_00018", "camera_00021"]
    label = train.read(0)[1]
    assert set(np.unique(label)) == {0, 1, 2, IGNORE}
    assert (label[:, 0] == IGNORE).all()


def test_a_drawn_label_of_a_later_frame_judges_alone(frames: Path, tmp_path: Path) -> None:
    (frames / "labels").mkdir()
    cv2.imwrite(str(frames / "labels" / "yard_030.png"), np.full((72, 96), 2, np.uint8))
    cv2.imwrite(str(frames / "labels" / "yard_002.png"), np.full((72, 96), 2, np.uint8))
    assert write_frames(frames, by_colour, CLASSES, tmp_path / "data", AdaptOptions()) == (19, 1)
    val = LabelledFolder(tmp_path / "data" / "val")
    assert [path.stem for path in val.images] == ["camera_00030"]
    assert (val.read(0)[1] == 2).all()


def test_too_few_frames_and_frames_of_two_sizes_are_refused(frames: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(frames / "yard_040.png"), np.zeros((60, 96, 3), np.uint8))
    with pytest.raises(ValueError, match="2 sizes"):
        write_frames(frames, by_colour, CLASSES, tmp_path / "data", AdaptOptions())
    for path in sorted(frames.iterdir())[12:]:
        path.unlink()
    with pytest.raises(ValueError, match="12 images; at least 20"):
        write_frames(frames, by_colour, CLASSES, tmp_path / "data", AdaptOptions())


def test_a_network_that_became_worse_meets_objections(shapes: Path) -> None:
    folder = LabelledFolder(shapes / "val")

    def right(image: np.ndarray) -> np.ndarray:
        probabilities = by_colour(image)
        probabilities[:, :, 0] = 0
        return probabilities.argmax(axis=0).astype(np.uint8)

    def no_squares(image: np.ndarray) -> np.ndarray:
        return np.where(right(image) == 2, 0, right(image)).astype(np.uint8)

    assert judge(no_squares, right, CLASSES, folder).objections == []
    assert any("square loses" in objection for objection in judge(right, no_squares, CLASSES, folder).objections)
    assert any("doesn't rise" in objection for objection in judge(right, right, CLASSES, folder).objections)


def test_a_network_learns_a_camera_and_is_written_since_it_became_better(frames: Path, tmp_path: Path) -> None:
    model, target = untrained(tmp_path / "hrnet-w18-small-v1-shapes"), tmp_path / "yard"
    options = AdaptOptions(steps=150, batch=2)
    outcome = adapt(frames, model, by_colour, target, options, TrainOptions(workers=0, progress=False), lambda _: None)
    assert outcome.objections == []
    assert outcome.after["mean"]["disc"]["iou"] > outcome.before["mean"]["disc"]["iou"]
    assert (target / "model.onnx").is_file()
    assert '"name": "yard"' in (target / "manifest.json").read_text()


def test_the_teacher_gives_probabilities_of_the_classes_asked_for_and_the_rest_to_the_first(tmp_path: Path) -> None:
    model = untrained(tmp_path / "hrnet-w18-small-v1-shapes")
    image = draw_scene(np.random.default_rng(1))[0]
    every = onnx_teacher(model / "model.onnx", 128, [0, 1, 2], 1)(image)
    some = onnx_teacher(model / "model.onnx", 128, [0, 2], 1)(image)
    assert every.shape == (3, 72, 96)
    assert np.allclose(every.sum(axis=0), 1, atol=1e-5)
    assert np.allclose(some[1], every[2]) and np.allclose(some[0], every[0] + every[1], atol=1e-5)
