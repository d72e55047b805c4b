"""Export, import, quantisation, evaluation, search, preview and the command line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from maskcast_training.cli import main
from maskcast_training.data.classes import ClassList
from maskcast_training.data.folder import LabelledFolder
from maskcast_training.deploy.manifest import manifest, write_manifest
from maskcast_training.deploy.onnx_export import TOLERANCE, export_onnx
from maskcast_training.deploy.onnx_import import load_onnx_weights, restore_batch_norm
from maskcast_training.deploy.quantise import (
    calibrate,
    candidates,
    choose_nodes,
    logits_of,
    noise_to_signal,
    prepare,
    quantise,
    rank_nodes,
)
from maskcast_training.measure.predictors import onnx_predictor, open_session, torch_predictor
from maskcast_training.models import build_model
from maskcast_training.recipe import Recipe
from maskcast_training.search import search
from maskcast_training.train import Trainer, TrainOptions


@pytest.mark.parametrize("name", ["hrnet-w18-small-v1", "unet-small", "segnet-small", "deeplabv3plus-mobilenetv2"])
def test_the_exported_graph_computes_what_pytorch_does(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"size": (64, 96)} if name != "hrnet-w18-small-v1" else {}
    assert export_onnx(build_model(name, 5), tmp_path / "model.onnx", **sizes) < TOLERANCE


def test_the_exported_graph_takes_any_size_and_says_so(tmp_path: Path) -> None:
    export_onnx(build_model("hrnet-w18-small-v1", 5), tmp_path / "model.onnx")
    session = open_session(tmp_path / "model.onnx", 1)
    entry, output = session.get_inputs()[0], session.get_outputs()[0]
    assert (entry.name, entry.type, entry.shape) == ("image", "tensor(uint8)", [1, "height", "width", 3])
    assert (output.name, output.type, output.shape[:2]) == ("logits", "tensor(float)", [1, 5])


def test_weights_come_back_out_of_an_onnx_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model("hrnet-w18-small-v1", 5)
    # Statistics that are not the identity, as after training.
    model.train()(torch.randn(4, 3, 64, 64))
    model.eval()
    export_onnx(model, tmp_path / "model.onnx")
    copy = build_model("hrnet-w18-small-v1", 5).eval()
    load_onnx_weights(copy, tmp_path / "model.onnx")
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = model(x)
        close = {"rtol": 1e-3, "atol": 1e-3 * float(expected.abs().max())}
        torch.testing.assert_close(copy(x), expected, **close)
        restore_batch_norm(copy, [x])
        torch.testing.assert_close(copy(x), expected, **close)
        # Statistics of the same batch: training mode now agrees with inference mode.
        torch.testing.assert_close(copy.train()(x), expected, **close)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    export_onnx(build_model("hrnet-w18-small-v1", 5), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match="convolutions"):
        load_onnx_weights(build_model("hrnet-w18-small-v2", 5), tmp_path / "model.onnx")


def test_int8_stays_close_and_the_ranking_finds_the_worst_node(tmp_path: Path, shapes: Path) -> None:
    torch.manual_seed(0)
    model = build_model("unet-small", 3)
    export_onnx(model, tmp_path / "model.onnx", size=(96, 96))
    images = [cv2.resize(LabelledFolder(shapes / "train").read(i)[0], (96, 96)) for i in range(3)]
    prepare(tmp_path / "model.onnx", tmp_path / "prepared.onnx")
    ranges = calibrate(tmp_path / "prepared.onnx", images)
    nodes = candidates(tmp_path / "prepared.onnx")
    quantise(tmp_path / "prepared.onnx", ranges, nodes, tmp_path / "int8.onnx")
    reference = logits_of(tmp_path / "model.onnx", images)
    whole = noise_to_signal(reference, logits_of(tmp_path / "int8.onnx", images))
    assert 0 < whole < 0.1
    assert (tmp_path / "int8.onnx").stat().st_size < 0.4 * (tmp_path / "model.onnx").stat().st_size
    ranking = rank_nodes(tmp_path / "prepared.onnx", ranges, images[:1])
    assert {entry.node for entry in ranking} == set(nodes)
    assert ranking[0].noise >= ranking[-1].noise

    def fidelity(path: Path) -> float:
        return -noise_to_signal(reference, logits_of(path, images))

    arguments = (tmp_path / "prepared.onnx", ranges, ranking, {"Resize"}, fidelity)
    tried = choose_nodes(*arguments, floor=-whole / 2, target=tmp_path / "chosen.onnx")
    assert tried[-1].score >= -whole / 2 and tried[-1].kept >= tried[0].kept
    with pytest.raises(ValueError, match="at best"):
        choose_nodes(*arguments, floor=1.0, target=tmp_path / "never.onnx", shares=(0.0,))


def test_pytorch_and_onnx_predict_alike_at_odd_sizes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model("hrnet-w18-small-v1", 5).eval()
    export_onnx(model, tmp_path / "model.onnx")
    image = np.random.default_rng(0).integers(0, 256, (45, 61, 3), dtype=np.uint8)
    ours, served = torch_predictor(model)(image), onnx_predictor(tmp_path / "model.onnx")(image)
    assert ours.shape == (45, 61) and (ours == served).mean() > 0.999


def test_from_data_to_a_folder_that_can_be_served(
    shapes: Path, recipe_document: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = Recipe.from_document(recipe_document)
    execution = TrainOptions(workers=0, reduced=False, progress=False)
    Trainer(recipe, shapes, tmp_path / "base", execution).run()
    base, run, folder = tmp_path / "base" / "last.pt", tmp_path / "run", tmp_path / "hrnet-w18-small-v1-shapes"
    common = ["--steps", "2", "--batch", "2", "--workers", "0"]
    assert main(["finetune", "--from", str(base), "--data", str(shapes), "--out", str(run), *common]) == 0
    assert main(["export", "--model", str(run / "best.pt"), "--out", str(folder), "--licence", "MIT"]) == 0
    document = json.loads((folder / "manifest.json").read_text())
    assert document["name"] == folder.name and document["licence"] == "MIT"
    assert [entry["name"] for entry in document["classes"]] == ["ground", "disc", "square"]
    again = ["finetune", "--from", str(folder / "model.onnx"), "--data", str(shapes), "--out", str(tmp_path / "more")]
    assert main([*again, *common]) == 0
    capsys.readouterr()
    report = tmp_path / "report.json"
    model = str(folder / "model.onnx")
    assert main(["evaluate", "--model", model, "--data", str(shapes / "val"), "--json", str(report)]) == 0
    assert "2 images: mIoU" in capsys.readouterr().out
    assert sum(map(sum, json.loads(report.read_text())["confusion"])) == 2 * 72 * 96
    grid = ["show", "--models", model, str(run / "best.pt"), "--data", str(shapes / "val")]
    assert main([*grid, "--out", str(tmp_path / "grid.png")]) == 0
    # Image, truth, and mask and errors of each model, 320 pixels wide.
    assert cv2.imread(str(tmp_path / "grid.png")).shape == (2 * 240, 6 * 320, 3)
    int8 = tmp_path / "hrnet-w18-small-v1-shapes-int8"
    quantised = ["quantise", "--model", str(folder), "--calibrate", str(shapes / "train" / "images"), "--out", str(int8)]
    assert main(quantised) == 1 and "--validate" in capsys.readouterr().err
    assert main([*quantised, "--plain"]) == 0
    assert json.loads((int8 / "manifest.json").read_text())["name"] == int8.name
    assert (int8 / "model.onnx").stat().st_size < 0.4 * (folder / "model.onnx").stat().st_size


def test_nodes_that_are_wanted_in_int8_stay_in_fp32_last(shapes: Path, tmp_path: Path) -> None:
    folder, int8 = tmp_path / "unet-small-shapes", tmp_path / "unet-small-shapes-int8"
    folder.mkdir()
    export_onnx(build_model("unet-small", 3).eval(), folder / "model.onnx", size=(96, 96))
    classes = ClassList.load(shapes / "classes.json")
    write_manifest(manifest(folder, classes, 1, "none", "nothing", (96, 96)), folder)
    command = ["quantise", "--model", str(folder), "--calibrate", str(shapes / "train" / "images"), "--out", str(int8)]
    more = ["--validate", str(shapes / "val"), "--allowed-loss", "100", "--keep", "0.2", "--fp32-last", "*Conv*"]
    assert main([*command, *more]) == 0
    nodes = onnx.load(str(int8 / "model.onnx")).graph.node
    dequantised = {name for node in nodes if node.op_type == "DequantizeLinear" for name in node.output}
    assert all(node.input[0] in dequantised for node in nodes if node.op_type == "Conv")
    # The other way round, convolutions are the first to stay.
    first = ["--validate", str(shapes / "val"), "--allowed-loss", "100", "--keep", "0.2", "--fp32-first", "*Conv*"]
    assert main([*command, *first, "--ranking", str(int8 / "quantisation.json")]) == 0
    nodes = onnx.load(str(int8 / "model.onnx")).graph.node
    dequantised = {name for node in nodes if node.op_type == "DequantizeLinear" for name in node.output}
    assert sum(node.input[0] not in dequantised for node in nodes if node.op_type == "Conv") >= 2


def test_search_keeps_finished_trials(recipe_document: dict, tmp_path: Path) -> None:
    calls = []

    def score(recipe: Recipe, folder: Path) -> float:
        calls.append(folder)
        return -abs(np.log10(recipe.rate) + 3)

    space = {"rate": {"low": 1e-4, "high": 1e-2}, "schedule": ["cosine", "poly"]}
    recipe = Recipe.from_document(recipe_document)
    search(recipe, space, 3, tmp_path, score)
    rows = search(recipe, space, 5, tmp_path, score)
    assert len(calls) == 5 and len(rows) == 5
    assert rows[0]["score"] == max(row["score"] for row in rows)
    assert {path.name for path in tmp_path.iterdir()} >= {"results.csv", "results.png"}
    assert dataclasses.asdict(recipe)["rate"] == 2e-3


def test_preview_writes_one_picture(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(json.dumps(recipe_document))
    picture = tmp_path / "preview.png"
    arguments = ["--recipe", str(tmp_path / "recipe.json"), "--data", str(shapes), "--count", "5", "--out", str(picture)]
    assert main(["preview", *arguments]) == 0
    assert cv2.imread(str(picture)).shape == (2 * 2 * 64, 4 * 64, 3)


def test_a_failure_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--model", str(tmp_path / "none.onnx"), "--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "manifest.json" in error and error.count("\n") == 1


def test_wrong_usage_is_exit_code_2() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train"])
    assert stop.value.code == 2
