"""Teachers' probabilities: reading, moving with the crop, the loss, and a run by them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from maskcast_training.data.augment import place
from maskcast_training.data.classes import IGNORE, LabelCodes
from maskcast_training.data.mixture import MixtureDataset
from maskcast_training.data.soft import no_target, read_soft, soft_target
from maskcast_training.losses import Distillation
from maskcast_training.recipe import Recipe
from maskcast_training.run_record import RunRecord
from maskcast_training.train import Trainer, TrainOptions

NAMES = ("other", "person", "vehicle", "cycle", "animal")


@pytest.fixture
def taught(shapes: Path, recipe_document: dict) -> dict:
    """A recipe with soft maps for all training images but one; the squares' teacher is sure of all that the label says."""
    classes = {"ignoreIndex": 255, "classes": [{"id": i, "name": name} for i, name in enumerate(NAMES)]}
    (shapes / "classes.json").write_text(json.dumps(classes))
    (shapes / "train" / "soft").mkdir()
    for path in sorted((shapes / "train" / "labels").iterdir())[1:]:
        label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        maps = np.stack([(label == c) * 255 for c in (3, 2, 1, 4)], axis=-1).astype(np.uint8)
        cv2.imwrite(str(shapes / "train" / "soft" / path.name), maps[2::4, 2::4])
    source = {"path": "train", "scale": [1.0, 1.0], "soft": "soft", "soft_weight": 0.5}
    return {**recipe_document, "sources": [source], "distil": 1.0, "loss_stride": 2}


def target_of(probabilities: list[int], weight: int = 255) -> torch.Tensor:
    return torch.tensor([weight, *probabilities], dtype=torch.uint8).view(1, -1, 1, 1)


def test_the_loss_is_zero_where_the_network_agrees_and_grows_with_the_distance() -> None:
    loss, codes = Distillation(2.0, 0.0), torch.zeros(1, 1, 1, dtype=torch.long)
    target = target_of([204, 0])
    agreeing = torch.tensor([0.2, 0.8, 1e-4]).log().view(1, 3, 1, 1)
    assert float(loss(agreeing, target, codes)) == pytest.approx(0, abs=1e-4)
    off = [float(loss(agreeing + torch.tensor([d, 0.0, 0.0]).view(1, 3, 1, 1), target, codes)) for d in (1.0, 2.0)]
    assert 0.01 < off[0] < off[1]


def test_doubtful_ignored_and_unweighted_pixels_dont_count() -> None:
    logits, codes = torch.tensor([3.0, 0.0, 0.0]).view(1, 3, 1, 1), torch.zeros(1, 1, 1, dtype=torch.long)
    loss = Distillation(2.0, 0.6)
    assert float(loss(logits, target_of([255, 0]), codes)) > 0.1
    assert float(loss(logits, target_of([128, 0]), codes)) == 0
    assert float(loss(logits, target_of([255, 0], weight=0), codes)) == 0
    assert float(loss(logits, target_of([255, 0]), codes + IGNORE)) == 0


def test_the_target_moves_with_the_label_and_is_silent_where_something_was_pasted() -> None:
    label = np.zeros((64, 96), np.uint8)
    label[16:48, 32:64] = 1
    soft = np.zeros((16, 24, 4), np.uint8)
    soft[4:12, 8:16, 0] = 255
    changed = np.zeros((48, 48), bool)
    changed[:4] = True
    for seed in range(10):
        placement = place(label.shape, (48, 48), (0.7, 1.5), 1.2, np.random.default_rng(seed))
        target = soft_target(soft, placement, changed, 0.5, 2)
        assert target.shape == no_target((48, 48), 2).shape == (5, 24, 24)
        moved = placement.move(label, cv2.INTER_NEAREST_EXACT)[::2, ::2]
        assert ((target[1] > 127) != (moved == 1)).mean() < 0.12
        assert (target[0, :2] == 0).all() and (target[0, 2:] == 128).all()


def test_channels_are_told_apart_and_other_pictures_are_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.array([[[30, 20, 10, 40]]], np.uint8))
    assert read_soft(tmp_path / "a.png").tolist() == [[[10, 20, 30, 40]]]
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="red, green, blue and alpha"):
        read_soft(tmp_path / "b.png")


def test_a_mixture_gives_targets_and_silence_for_an_image_without_a_map(taught: dict, shapes: Path) -> None:
    data = MixtureDataset(Recipe.from_document(taught), shapes)
    weights = {int(data[number][2][0].max()) for number in range(12)}
    assert weights == {0, 128}
    image, codes, target = data[0]
    assert image.shape == (3, 64, 64) and codes.shape == (64, 64) and target.shape == (5, 32, 32)


def test_soft_maps_need_the_five_classes_and_a_folder(taught: dict, shapes: Path, recipe_document: dict) -> None:
    missing = {**taught, "sources": [{**taught["sources"][0], "soft": "none"}]}
    with pytest.raises(FileNotFoundError, match="none is missing"):
        MixtureDataset(Recipe.from_document(missing), shapes)
    classes = {"classes": [{"id": i, "name": name} for i, name in enumerate(NAMES[:3])]}
    (shapes / "train" / "classes.json").write_text(json.dumps(classes))
    with pytest.raises(ValueError, match="soft maps tell 5 classes"):
        MixtureDataset(Recipe.from_document(taught), shapes)


def test_a_run_learns_from_labels_and_teachers(taught: dict, shapes: Path, tmp_path: Path) -> None:
    options = TrainOptions(workers=0, reduced=False, progress=False)
    Trainer(Recipe.from_document(taught), shapes, tmp_path / "run", options).run()
    losses = [entry["loss"] for entry in RunRecord(tmp_path / "run").entries() if "loss" in entry]
    assert losses and np.isfinite(losses).all()


def test_what_a_source_doesnt_know_may_hide_in_its_background(shapes: Path, taught: dict) -> None:
    taught["sources"][0]["knows"] = ["person"]
    data = MixtureDataset(Recipe.from_document(taught), shapes)
    code = data.codes.code(["other", "vehicle", "cycle", "animal"])
    assert set(np.unique(data.sample(1)[1])) <= {1, 2, code} and code in data.sample(1)[1]
    with pytest.raises(ValueError, match="unknown class 'horse'"):
        codes = LabelCodes(data.classes)
        codes.hide(np.zeros(256, np.uint8), ["horse"])
