"""Class lists, the plain layout, augmentation, copy-paste and the mixture of sources."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskcast_training.data.augment import change_look, relight, rescale_and_crop, tint
from maskcast_training.data.classes import IGNORE, ClassList, LabelCodes
from maskcast_training.data.folder import LabelledFolder
from maskcast_training.data.mixture import MixtureDataset
from maskcast_training.data.paste import CutOut, cut_objects, paste_object
from maskcast_training.queue import load_queue
from maskcast_training.recipe import Recipe

TARGET = ClassList(("other", "person", "cycle"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
STREET = ClassList(("road", "bicyclist", "unclear"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))


def test_a_label_can_mean_one_of_several_classes() -> None:
    codes = LabelCodes(TARGET)
    table = codes.lookup(STREET, {"bicyclist": ["person", "cycle"], "unclear": "ignore", "*": "other"})
    assert table[:4].tolist() == [0, 3, IGNORE, IGNORE]
    assert codes.membership()[3].tolist() == [False, True, True]


def test_a_label_that_means_several_is_right_with_any_of_them_and_else_a_miss_of_the_first() -> None:
    codes = LabelCodes(TARGET)
    rider = codes.code(["person", "cycle"])
    prediction = np.array([[1, 2, 0, 0, 2]], np.uint8)
    truth = codes.truth(np.array([[rider, rider, rider, 0, IGNORE]], np.uint8), prediction)
    assert truth.tolist() == [[1, 2, 1, 0, IGNORE]]


def test_a_class_without_a_target_is_named() -> None:
    with pytest.raises(ValueError, match="'road' is not mapped"):
        LabelCodes(TARGET).lookup(STREET, {"bicyclist": "person"})


def test_the_folder_reader_names_a_missing_label(shapes: Path) -> None:
    (shapes / "train" / "labels" / "scene_03.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"scene_03\.png"):
        LabelledFolder(shapes / "train")


def test_the_folder_reader_refuses_labels_that_are_no_class_indices(shapes: Path) -> None:
    cv2.imwrite(str(shapes / "train" / "labels" / "scene_00.png"), np.zeros((72, 96, 3), np.uint8))
    with pytest.raises(ValueError, match="single-channel"):
        LabelledFolder(shapes / "train").read(0)


def test_classes_must_be_numbered_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({"classes": [{"id": 1, "name": "a", "color": [0, 0, 0]}]}))
    with pytest.raises(ValueError, match="0, 1, 2"):
        ClassList.load(path)


@pytest.mark.parametrize("scale", [(0.3, 0.3), (1.0, 1.0), (2.5, 2.5)])
def test_image_and_label_move_together(scale: tuple[float, float]) -> None:
    label = np.zeros((60, 80), np.uint8)
    label[20:50, 30:60] = 1
    image = np.repeat((label * 200)[..., None], 3, axis=2)
    for seed in range(20):
        out, moved = rescale_and_crop((image, label), (64, 64), scale, 1.3, np.random.default_rng(seed))
        assert out.shape == (64, 64, 3) and moved.shape == (64, 64)
        # Resampling differs along the outlines only.
        assert ((out[..., 0] > 100) != (moved == 1)).mean() < 0.08


def test_a_photometric_change_keeps_shape_and_type() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    for seed in range(60):
        out = change_look(image, 1.0, np.random.default_rng(seed))
        assert out.shape == image.shape and out.dtype == np.uint8
    assert change_look(image, 0.0, np.random.default_rng(0)) is image


def test_light_brightens_darkens_and_tints_but_keeps_the_order_of_neighbours() -> None:
    ramp = np.repeat(np.arange(40, 200, dtype=np.uint8)[None], 48, axis=0)
    image = np.repeat(ramp[..., None], 3, axis=2)
    lit = [relight(image, 1.0, np.random.default_rng(seed)) for seed in range(40)]
    assert all(out.shape == image.shape and out.dtype == np.uint8 for out in lit)
    means = np.array([out.mean(axis=(0, 1)) for out in lit])
    assert means.mean(axis=1).min() < image.mean() * 0.7 and means.mean(axis=1).max() > image.mean() * 1.3
    assert (means[:, 0] / means[:, 2]).min() < 0.8 and (means[:, 0] / means[:, 2]).max() > 1.25
    # What is brighter stays brighter, but for rounding and the slope of light across the picture.
    assert all((out[:, 80] > out[:, 0]).mean() > 0.95 for out in lit if 10 < out.mean() < 200)
    assert relight(image, 0.0, np.random.default_rng(0)) is image


def test_objects_cut_off_at_a_side_are_left_out() -> None:
    label = np.zeros((50, 60), np.uint8)
    label[10:30, 0:15] = 1
    label[10:30, 30:45] = 1
    cuts = cut_objects((np.zeros((50, 60, 3), np.uint8), label), frozenset([1]), min_area=50)
    assert [cut.codes.shape for cut in cuts] == [(20, 15)]


def test_a_pasted_object_brings_its_label_and_its_pixels() -> None:
    image, label = np.full((80, 80, 3), 100, np.uint8), np.zeros((80, 80), np.uint8)
    cut = CutOut(np.full((40, 20, 3), 250, np.uint8), np.full((40, 20), 2, np.uint8))
    paste_object((image, label), cut, 20, np.random.default_rng(3))
    pasted = label == 2
    assert 0 < pasted.sum() <= 20 * 14
    assert image[pasted].mean() > image[~pasted].mean() + 20


def test_a_sample_depends_on_seed_and_number_only(shapes: Path, recipe_document: dict) -> None:
    first = MixtureDataset(Recipe.from_document(recipe_document), shapes)
    second = MixtureDataset(Recipe.from_document(recipe_document), shapes)
    second.sample(0)
    for (image, codes), (image2, codes2) in [(first.sample(5), second.sample(5))]:
        assert np.array_equal(image, image2) and np.array_equal(codes, codes2)
    assert not np.array_equal(first.sample(5)[0], first.sample(6)[0])


def test_sources_can_be_narrowed_to_images_that_show_a_class(shapes: Path, recipe_document: dict) -> None:
    empty = shapes / "train" / "labels" / "scene_00.png"
    cv2.imwrite(str(empty), np.zeros((72, 96), np.uint8))
    recipe_document["sources"] = [
        {"path": "train", "containing": ["disc"]},
        {"path": "train", "lacking": ["disc", "square"]},
    ]
    data = MixtureDataset(Recipe.from_document(recipe_document), shapes)
    assert [len(source) for source in data.sources] == [5, 1]


def test_copy_paste_raises_the_share_of_the_class(shapes: Path, recipe_document: dict) -> None:
    def share(document: dict) -> float:
        data = MixtureDataset(Recipe.from_document(document), shapes)
        return float(np.mean([(data.sample(n)[1] == 1).mean() for n in range(20)]))

    plain = share(recipe_document)
    group = {"labels": ["disc"], "weight": 1, "heights": [10, 30], "min_area": 50}
    assert share({**recipe_document, "paste": {"disc": group}, "paste_probability": 1.0}) > plain * 1.2


def test_decoys_are_plain_background_in_the_outline_of_an_object(shapes: Path, recipe_document: dict) -> None:
    recipe_document["paste"] = {
        "disc": {"labels": ["disc"], "weight": 1, "heights": [10, 30], "min_area": 50},
        "decoy": {"labels": ["ground"], "decoy_of": "disc", "weight": 1, "heights": [10, 30], "min_area": 100},
    }
    bank = MixtureDataset(Recipe.from_document(recipe_document), shapes).paster.bank
    assert bank["decoy"]
    for decoy in bank["decoy"]:
        assert set(np.unique(decoy.codes)) == {0, IGNORE}
        # The ground is grey noise; discs and squares are far from it.
        assert decoy.image.min() > 80 and decoy.image.max() < 140


def test_drawn_furniture_is_pasted_as_the_class_that_the_recipe_names(shapes: Path, recipe_document: dict) -> None:
    recipe_document["paste"] = {"furniture": {"labels": ["ground"], "drawn": True, "weight": 1, "heights": [24, 48]}}
    pieces = MixtureDataset(Recipe.from_document(recipe_document), shapes).paster.bank["furniture"]
    assert len({piece.codes.shape for piece in pieces}) > 10
    for piece in pieces:
        assert piece.codes.shape == piece.image.shape[:2]
        assert set(np.unique(piece.codes)) == {0, IGNORE}
        # Faces and texture differ: a plain patch would teach little.
        assert piece.image[piece.codes == 0].std() > 5


def test_a_tinted_class_changes_colour_and_keeps_its_brightness_and_its_neighbours() -> None:
    image, label = np.full((40, 60, 3), 120, np.uint8), np.zeros((40, 60), np.uint8)
    label[:, 30:] = 1
    seen = set()
    for seed in range(20):
        tinted = tint((image, label), 0, np.random.default_rng(seed))
        assert (tinted[:, 40:] == 120).all()
        red, green, blue = (int(value) for value in tinted[20, 10])
        seen.add((red, green, blue))
        assert abs(0.299 * red + 0.587 * green + 0.114 * blue - 120) < 3
    assert len(seen) == 20


def test_a_recipe_tints_the_share_of_samples_that_it_names(shapes: Path, recipe_document: dict) -> None:
    recipe_document["look"] = 0.0

    def changed(share: float) -> int:
        plain = MixtureDataset(Recipe.from_document(recipe_document), shapes)
        tinted = MixtureDataset(Recipe.from_document({**recipe_document, "tint": {"ground": share}}), shapes)
        same = [np.array_equal(plain.sample(n)[1], tinted.sample(n)[1]) for n in range(20)]
        assert all(same)
        return sum(not np.array_equal(plain.sample(n)[0], tinted.sample(n)[0]) for n in range(20))

    assert changed(0.0) == 0
    assert changed(1.0) == 20


def test_a_recipe_names_a_setting_that_does_not_exist(recipe_document: dict) -> None:
    with pytest.raises(ValueError, match="'stepz'"):
        Recipe.from_document({**recipe_document, "stepz": 3})


def test_a_recipe_survives_a_round_trip(recipe_document: dict) -> None:
    recipe = Recipe.from_document(recipe_document)
    assert Recipe.from_document(json.loads(json.dumps(recipe.document()))) == recipe


RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.json"))


@pytest.mark.parametrize("path", [p for p in RECIPES if p.stem.startswith("queue-")], ids=lambda p: p.stem)
def test_shipped_queues_can_be_read(path: Path) -> None:
    assert load_queue(path)


@pytest.mark.parametrize("path", [p for p in RECIPES if not p.stem.startswith("queue-")], ids=lambda p: p.stem)
def test_shipped_recipes_can_be_read(path: Path) -> None:
    assert Recipe.load(path).steps > 0
