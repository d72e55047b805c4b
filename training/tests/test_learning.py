"""Loss, metrics, schedule, weight average and the training loop."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from maskcast_training.checkpoint import load_checkpoint, load_model
from maskcast_training.cli import main
from maskcast_training.data.classes import IGNORE
from maskcast_training.deploy.onnx_export import export_onnx
from maskcast_training.deploy.onnx_import import read_convolutions
from maskcast_training.ema import WeightAverage
from maskcast_training.finetune import FineTuneOptions, finetune_recipe
from maskcast_training.losses import MarginalCrossEntropy
from maskcast_training.measure.metrics import ConfusionMatrix
from maskcast_training.models import build_model
from maskcast_training.recipe import Recipe
from maskcast_training.schedule import rate_factor
from maskcast_training.train import Trainer, TrainOptions

QUIET = TrainOptions(workers=0, reduced=False, progress=False)


def test_the_loss_is_weighted_cross_entropy_where_labels_are_single() -> None:
    torch.manual_seed(0)
    logits, codes = torch.randn(2, 3, 8, 8), torch.randint(0, 3, (2, 8, 8))
    codes[0, 0] = IGNORE
    weights = np.array([1.0, 2.0, 0.5], np.float32)
    expected = nn.functional.cross_entropy(logits, codes, torch.from_numpy(weights), ignore_index=IGNORE)
    torch.testing.assert_close(MarginalCrossEntropy(np.eye(3, dtype=bool), weights)(logits, codes), expected)


def test_a_label_for_several_classes_is_satisfied_by_any_of_them() -> None:
    membership = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]], bool)
    loss = MarginalCrossEntropy(membership, np.ones(3, np.float32))
    codes = torch.full((1, 1, 1), 3)
    sure_of_second = torch.tensor([-20.0, 20.0, -20.0]).view(1, 3, 1, 1)
    torn = torch.tensor([-20.0, 5.0, 5.0]).view(1, 3, 1, 1)
    wrong = torch.tensor([20.0, -20.0, -20.0]).view(1, 3, 1, 1)
    assert loss(sure_of_second, codes) < 1e-5 and loss(torn, codes) < 1e-5 and loss(wrong, codes) > 30


def test_hard_example_mining_takes_the_worst_pixels() -> None:
    logits = torch.zeros(1, 2, 1, 4)
    logits[0, 0] = torch.tensor([[9.0, 9.0, 9.0, -9.0]])
    codes = torch.zeros(1, 1, 4, dtype=torch.long)
    whole = MarginalCrossEntropy(np.eye(2, dtype=bool), np.ones(2, np.float32))(logits, codes)
    hardest = MarginalCrossEntropy(np.eye(2, dtype=bool), np.ones(2, np.float32), hard_share=0.25)(logits, codes)
    assert hardest == pytest.approx(float(whole) * 4, rel=1e-3)


def test_an_image_without_labels_costs_nothing() -> None:
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    loss = MarginalCrossEntropy(np.eye(3, dtype=bool), np.ones(3, np.float32))(logits, torch.full((1, 4, 4), IGNORE))
    loss.backward()
    assert float(loss) == 0 and torch.isfinite(logits.grad).all()


def test_scores_of_a_known_confusion() -> None:
    matrix = ConfusionMatrix(3)
    matrix.add(np.array([[0, 0, 1, 1, IGNORE]], np.uint8), np.array([[0, 1, 1, 1, 0]], np.uint8))
    scores = matrix.scores()
    assert scores.iou[:2] == pytest.approx([1 / 2, 2 / 3]) and np.isnan(scores.iou[2])
    assert scores.mean_iou == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores.pixel_accuracy == pytest.approx(3 / 4)


@pytest.mark.parametrize("kind", ["cosine", "poly"])
def test_the_rate_rises_to_one_and_falls_to_zero(kind: str) -> None:
    factors = [rate_factor(step, 100, 10, kind) for step in range(101)]
    assert factors[0] == pytest.approx(0.1) and max(factors) == pytest.approx(1) and factors[100] < 1e-6
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_the_average_lies_between_old_and_new_weights() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = WeightAverage(model, decay=0.9)
    nn.init.ones_(model.weight)
    average.update(model)
    # The first update uses decay 2/11.
    assert float(average.model.weight) == pytest.approx(9 / 11, abs=1e-6)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    recipe = Recipe.from_document(recipe_document)
    Trainer(recipe, shapes, tmp_path / "whole", QUIET).run()
    Trainer(recipe, shapes, tmp_path / "halves", dataclasses.replace(QUIET, stop_at=2)).run()
    Trainer(recipe, shapes, tmp_path / "halves", QUIET).run()
    whole, halves = (load_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "halves"))
    assert whole["step"] == halves["step"] == 4
    for key, value in whole["average"]["model"].items():
        assert torch.equal(value, halves["average"]["model"][key]), key
    steps = [json.loads(line)["step"] for line in (tmp_path / "halves" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)


def test_a_run_leaves_its_settings_and_curves(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    Trainer(Recipe.from_document(recipe_document), shapes, tmp_path / "run", QUIET).run()
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"recipe.json", "classes.json", "environment.json", "log.jsonl", "curves.png", "last.pt", "best.pt"}
    assert json.loads((tmp_path / "run" / "environment.json").read_text())[0]["torch"] == torch.__version__


def test_one_recipe_serves_several_networks(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    recipe = shapes / "recipe.json"
    recipe.write_text(json.dumps({**recipe_document, "steps": 1, "check_every": 1}))
    arguments = ["--recipe", str(recipe), "--data", str(shapes), "--out", str(tmp_path / "run"), "--workers", "0"]
    assert main(["train", "--architecture", "unet-small", *arguments]) == 0
    assert load_model(tmp_path / "run/best.pt").name == "unet-small"


def test_the_mean_of_two_runs_lies_between_them(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    for seed in (1, 2):
        recipe = Recipe.from_document({**recipe_document, "steps": 1, "check_every": 1, "seed": seed})
        Trainer(recipe, shapes, tmp_path / str(seed), QUIET).run()
    runs = [str(tmp_path / name / "last.pt") for name in ("1", "2")]
    assert main(["average", *runs, "--out", str(tmp_path / "mean.pt")]) == 0
    first, second, mean = (load_model(Path(path)).model.state_dict() for path in [*runs, tmp_path / "mean.pt"])
    torch.testing.assert_close(mean["classifier.weight"], (first["classifier.weight"] + second["classifier.weight"]) / 2)
    assert main(["average", runs[0], "--out", str(tmp_path / "none.pt")]) == 1
    assert main(["average", *runs, "--out", str(tmp_path / "mean.onnx")]) == 1


def test_the_mean_of_two_onnx_files_lies_between_them_and_another_network_is_refused(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.onnx" for name in ("first", "second", "mean", "wider")]
    for path in files[:2]:
        export_onnx(build_model("hrnet-w18-small-v1", 3).eval(), path)
    export_onnx(build_model("hrnet-w18-small-v1", 4).eval(), files[3])
    assert main(["average", str(files[0]), str(files[1]), "--out", str(files[2])]) == 0
    first, second, mean = (read_convolutions(path) for path in files[:3])
    assert not np.array_equal(first[5][0], second[5][0])
    for before, after, between in zip(first, second, mean):
        np.testing.assert_allclose(between[0], (before[0] + after[0]) / 2, rtol=1e-5, atol=1e-7)
    assert main(["average", str(files[0]), str(files[3]), "--out", str(tmp_path / "none.onnx")]) == 1


def test_fine_tuning_with_a_frozen_trunk_moves_the_classifier_only(
    shapes: Path, recipe_document: dict, tmp_path: Path
) -> None:
    Trainer(Recipe.from_document(recipe_document), shapes, tmp_path / "base", QUIET).run()
    options = FineTuneOptions(steps=2, batch=2, trunk_rate=0.0)
    recipe = finetune_recipe("hrnet-w18-small-v1", shapes, shapes / "classes.json", options)
    start = dataclasses.replace(QUIET, start_from=tmp_path / "base" / "last.pt")
    Trainer(recipe, shapes, tmp_path / "tuned", start).run()
    before = load_model(tmp_path / "base" / "last.pt").model.state_dict()
    after = load_checkpoint(tmp_path / "tuned" / "last.pt")["model"]
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert moved == {"classifier.weight", "classifier.bias"}
