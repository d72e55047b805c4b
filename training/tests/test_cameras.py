"""Scores by camera, and a run that is judged by them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from maskcast_training.data.classes import IGNORE, ClassList, LabelCodes
from maskcast_training.measure.cameras import camera_of, camera_report, describe_cameras, tally_cameras, worst_loss
from maskcast_training.measure.predictors import at_longest_side
from maskcast_training.recipe import Recipe
from maskcast_training.train import Trainer, TrainOptions

CLASSES = ClassList(("other", "person", "animal"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))


def report_of(frames: dict[str, tuple[list[int], list[int]]]) -> dict:
    """The report on one-row frames: by name, truth and prediction."""
    answers = iter([np.array([prediction], np.uint8) for _, prediction in frames.values()])
    samples = [(name, np.zeros((1, len(t), 3), np.uint8), np.array([t], np.uint8)) for name, (t, _) in frames.items()]
    return camera_report(tally_cameras(lambda _: next(answers), samples, LabelCodes(CLASSES)), CLASSES.names)


@pytest.mark.parametrize(
    ("name", "camera"),
    [("mall_0012.webp", "mall"), ("sbi-hall-7.png", "sbi-hall"), ("lab2_003.jpg", "lab2"), ("0041.png", "0041")],
)
def test_a_frame_belongs_to_the_camera_before_its_number(name: str, camera: str) -> None:
    assert camera_of(name) == camera


def test_every_camera_weighs_the_same_whatever_its_frames() -> None:
    report = report_of({"a_1.png": ([1, 1, 0, 0], [1, 1, 0, 0]), "b_1.png": ([1, 0], [0, 0]), "b_2.png": ([1, 0], [0, 0])})
    assert report["cameras"]["b"]["images"] == 2
    assert [report["cameras"][c]["classes"]["person"]["iou"] for c in "ab"] == [100, 0]
    assert report["mean"]["person"] == {"iou": 50, "cameras": 2}
    # Nothing was found: no precision, and a recall of 0.
    assert report["cameras"]["b"]["classes"]["person"]["precision"] is None
    assert report["mean"]["animal"] == {"iou": None, "cameras": 0}


def test_a_class_is_false_only_in_frames_that_show_nothing_of_it() -> None:
    frames = {"a_1.png": ([1, 0, 0, 0], [1, 1, 2, 0]), "a_2.png": ([0, 0, 0, IGNORE], [1, 2, 2, 1])}
    report = report_of(frames)
    assert report["falseShare"]["person"] == pytest.approx(100 / 3, abs=1e-3)
    # Animals are in neither frame: three of seven labelled pixels.
    assert report["falseShare"]["animal"] == pytest.approx(300 / 7, abs=1e-3)
    assert report["cpuMilliseconds"] >= 0
    text = describe_cameras(report, ["person", "animal"])
    assert "animal" in text and "CPU time of a frame" in text


def test_the_worst_loss_names_camera_and_class() -> None:
    truth = [1, 1, 1, 1, 0, 0, 0, 0]
    reference = report_of({"a_1.png": (truth, truth), "b_1.png": (truth, truth)})
    other = report_of({"a_1.png": (truth, truth), "b_1.png": (truth, [1, 1, 1, 0, 0, 0, 0, 0])})
    assert worst_loss(reference, other) == (pytest.approx(25), "b, person")
    with pytest.raises(ValueError, match="labelled pixels"):
        worst_loss({"cameras": {}}, other)


def test_a_plane_of_another_size_gets_the_scaled_picture_and_gives_classes_of_its_own_size() -> None:
    seen = []

    def left_half(image: np.ndarray) -> np.ndarray:
        seen.append(image.shape)
        classes = np.zeros(image.shape[:2], np.uint8)
        classes[:, : image.shape[1] // 2] = 1
        return classes

    prediction = at_longest_side(left_half, 512)(np.zeros((90, 120, 3), np.uint8))
    assert seen == [(384, 512, 3)]
    assert prediction.shape == (90, 120)
    assert prediction[:, :60].all() and not prediction[:, 60:].any()


def test_a_run_is_judged_by_camera_where_the_recipe_says_so(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        shutil.copy(shapes / "val" / kind / "scene_00.png", shapes / "val" / kind / "yard_00.png")
    document = {**recipe_document, "validate": {"val": {"path": "val", "by_camera": True}}, "select_classes": ["disc"]}
    run = tmp_path / "run"
    scores = Trainer(Recipe.from_document(document), shapes, run, TrainOptions(0, reduced=False, progress=False)).run()
    report = json.loads((run / "cameras-val.json").read_text())
    assert set(report["cameras"]) == {"scene", "yard"} and report["step"] == 4
    assert scores["selection"] == scores["val/disc"] == report["mean"]["disc"]["iou"]
    last = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    assert set(last["falseShare"]["val"]) == {"ground", "disc", "square"}
