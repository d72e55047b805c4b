"""Labels from one drawing and a video of a fixed camera, on a video that the test draws."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskcast_training.data.fixed_camera import Scene, write_fixed_camera
from maskcast_training.data.folder import LabelledFolder

FRAMES = 40
SCENE = {
    "ignoreIndex": 255,
    "classes": [{"id": 0, "name": "floor"}, {"id": 1, "name": "wall"}, {"id": 2, "name": "person"}],
    "background": "floor",
    "moving": "person",
    "smallest": 40,
    "regions": [{"label": "wall", "points": [[0, 0], [159, 0], [159, 39], [0, 39]]}],
}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A dark block of 12×30 pixels walks through a grey room, 3 pixels a frame, and a speck of 3×3 with it."""
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (160, 120))
    for number in range(FRAMES):
        frame = np.full((120, 160, 3), 150, np.uint8)
        frame[:40] = 210
        left = 3 * number
        frame[60:90, left : left + 12] = 20
        frame[100:103, left : left + 3] = 20
        writer.write(frame)
    writer.release()
    return path


def scene(tmp_path: Path, **changes: object) -> Scene:
    """The room's scene, written and read."""
    path = tmp_path / "scene.json"
    path.write_text(json.dumps({**SCENE, **changes}))
    return Scene.load(path)


def test_the_drawing_labels_the_room_and_the_difference_the_walker(video: Path, tmp_path: Path) -> None:
    write_fixed_camera(video, scene(tmp_path), tmp_path / "out", train=6, val=2)
    train, val = LabelledFolder(tmp_path / "out/train"), LabelledFolder(tmp_path / "out/val")
    assert (len(train), len(val)) == (6, 2)
    for folder in (train, val):
        for index in range(len(folder)):
            _, label = folder.read(index)
            left = 3 * int(folder.images[index].stem.split("_")[1])
            assert (label[10, 5], label[115, 5]) == (1, 0)
            assert label[75, min(left + 6, 159)] == 2
            # Too small to be anybody, and still not floor.
            assert label[101, left + 1] == 255
            assert 250 < (label == 2).sum() < 500


def test_training_frames_lie_before_those_that_validate(video: Path, tmp_path: Path) -> None:
    write_fixed_camera(video, scene(tmp_path), tmp_path / "out", train=6, val=2)
    numbers = [[int(p.stem.split("_")[1]) for p in (tmp_path / f"out/{s}/images").iterdir()] for s in ("train", "val")]
    assert max(numbers[0]) + 0.05 * FRAMES <= min(numbers[1])


def test_a_region_of_an_unknown_class_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown class 'roof'"):
        scene(tmp_path, regions=[{"label": "roof", "points": [[0, 0], [5, 0], [5, 5]]}])


def test_more_frames_than_the_video_has_are_refused(video: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="40 frames can be read, 60 were asked for"):
        write_fixed_camera(video, scene(tmp_path), tmp_path / "out", train=50, val=10)
