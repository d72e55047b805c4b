"""Labels of a still camera corrected by what moves, on frames that the test draws."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskcast_training.cli import main
from maskcast_training.data.classes import IGNORE
from maskcast_training.data.movement import FEWEST_FRAMES, correct_labels

OTHER, PERSON, VEHICLE = 0, 1, 2
COUNT, HEIGHT, WIDTH = 12, 80, 160


def _frames() -> np.ndarray:
    """A grey road; a dark car of 16×10 pixels drives from left to right, 12 pixels a frame."""
    frames = np.full((COUNT, HEIGHT, WIDTH, 3), 120, np.uint8)
    for number, frame in enumerate(frames):
        frame[40:50, 12 * number : 12 * number + 16] = 20
    return frames


def _correct(frames: np.ndarray, labels: np.ndarray, alone: bool = False) -> np.ndarray:
    return correct_labels(frames, labels, VEHICLE, OTHER, smallest=40, alone=alone)


def test_a_mover_that_the_label_misses_is_added_with_a_seam_of_doubt() -> None:
    labels = _correct(_frames(), np.zeros((COUNT, HEIGHT, WIDTH), np.uint8))
    assert (labels[5, 41:49, 62:74] == VEHICLE).all()
    assert labels[5, 45, 58] == IGNORE
    assert (labels[5, :, 90:] == OTHER).all()


def test_classes_that_do_not_move_as_this_one_stay() -> None:
    given = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    given[5, 40:50, 60:68] = PERSON
    given[:, 5:15, 100:120] = VEHICLE
    labels = _correct(_frames(), given)
    assert (labels[5, 41:49, 61:67] == PERSON).all()
    assert (labels[:, 5:15, 100:120] == VEHICLE).all(), "a parked car is no mistake"


def test_alone_takes_away_what_does_not_move() -> None:
    given = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    given[:, 55:75, 20:140] = VEHICLE
    labels = _correct(_frames(), given, alone=True)
    assert (labels[:, 60:, :] == OTHER).all()
    assert (labels[5, 41:49, 62:74] == VEHICLE).all()


def test_a_frame_whose_light_has_changed_says_nothing() -> None:
    frames = _frames()
    frames[3] += 60
    given = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
    given[3, 40:50, 36:52] = VEHICLE
    assert (_correct(frames, given)[3] == given[3]).all()
    assert (_correct(frames, given, alone=True)[3] == IGNORE).all()


def _write(folder: Path, count: int) -> None:
    classes = [{"id": 0, "name": "other"}, {"id": 1, "name": "person"}, {"id": 2, "name": "vehicle"}]
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    (folder / "classes.json").write_text(json.dumps({"ignoreIndex": 255, "classes": classes}))
    for number, frame in enumerate(_frames()[:count]):
        for camera in ("road", "road_2"):
            cv2.imwrite(str(folder / "images" / f"{camera}_{number:04d}.png"), frame)
            cv2.imwrite(str(folder / "labels" / f"{camera}_{number:04d}.png"), np.zeros((HEIGHT, WIDTH), np.uint8))


def test_the_command_writes_the_labels_of_one_camera(tmp_path: Path) -> None:
    _write(tmp_path / "train", COUNT)
    target = tmp_path / "labels-2"
    options = ["--data", str(tmp_path / "train"), "--camera", "road", "--moving", "vehicle", "--background", "other"]
    assert main(["movement", *options, "--smallest", "40", "--out", str(target)]) == 0
    assert sorted(path.name for path in target.iterdir()) == [f"road_{number:04d}.png" for number in range(COUNT)]
    assert (cv2.imread(str(target / "road_0005.png"), cv2.IMREAD_UNCHANGED)[41:49, 62:74] == VEHICLE).all()


def test_too_few_frames_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path / "train", FEWEST_FRAMES - 1)
    options = ["--data", str(tmp_path / "train"), "--camera", "road", "--background", "other", "--out", str(tmp_path / "o")]
    assert main(["movement", *options, "--moving", "vehicle"]) == 1
    assert "road: 9 images" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
