"""Bias and temperature: what is found, and that the graph computes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from maskcast_training.cli import main
from maskcast_training.deploy.calibration import Calibration, Frame, fit_bias, fit_temperature, fold, report_of, worth
from maskcast_training.deploy.onnx_export import export_onnx
from maskcast_training.deploy.quantise import logits_of
from maskcast_training.models import build_model

NAMES = ("other", "person")


def frame(camera: str, margin: list[float], truth: list[int]) -> Frame:
    """Logits whose second class leads the first by ``margin``."""
    return Frame(camera, np.array([[0.0, value] for value in margin], np.float32), np.array(truth))


def test_the_bias_ends_false_finds_where_that_costs_little() -> None:
    frames = [frame("room", [0.4, 0.3, -2, -3], [0, 0, 0, 0]), frame("street", [3, 3, -2, -3], [1, 1, 0, 0])]
    bias = fit_bias(frames, NAMES, price=2.0)
    assert bias[0] == 0 and -3 < bias[1] < -0.4
    after = report_of(frames, NAMES, bias)
    assert after["falseShare"]["person"] == 0 and after["mean"]["person"]["iou"] == 100


def test_a_price_decides_between_finding_and_false_finds() -> None:
    frames = [frame("room", [1, 1, 1, -3], [0, 0, 0, 0]), frame("street", [0.5, 3, -2, -3], [1, 1, 0, 0])]
    dear, cheap = (fit_bias(frames, NAMES, price)[1] for price in (50.0, 0.01))
    assert dear <= -1 and cheap > -0.5
    assert worth(report_of(frames, NAMES, np.array([0, dear])), 50.0) > worth(report_of(frames, NAMES, np.zeros(2)), 50.0)


def test_the_temperature_cools_what_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 2, 20_000)
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-margin))).astype(int)
    frames = [frame("a", list(margin * 2.5), list(truth))]
    assert fit_temperature(frames, np.zeros(2, np.float32)) == pytest.approx(2.5, abs=0.1)


def test_the_folded_graph_computes_the_calibrated_logits(tmp_path: Path) -> None:
    torch.manual_seed(0)
    export_onnx(build_model("hrnet-w18-small-v1", 3), tmp_path / "model.onnx")
    bias = np.array([0.0, -0.5, 1.0], np.float32)
    fold(tmp_path / "model.onnx", tmp_path / "folded.onnx", Calibration(bias, 1.6))
    images = [np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8)]
    before, after = (logits_of(tmp_path / name, images)[0] for name in ("model.onnx", "folded.onnx"))
    np.testing.assert_allclose(after, (before + bias[:, None, None]) / 1.6, rtol=1e-4, atol=1e-5)


def test_a_calibrated_folder_says_so_and_isnt_calibrated_twice(
    shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    source = tmp_path / "hrnet-w18-small-v1-shapes"
    source.mkdir()
    export_onnx(build_model("hrnet-w18-small-v1", 3), source / "model.onnx")
    shutil.copy(shapes / "classes.json", source / "manifest.json")
    out = tmp_path / "calibrated"
    command = ["calibrate", "--data", str(shapes / "val"), "--out"]
    assert main([*command, str(out), "--model", str(source)]) == 0
    document = json.loads((out / "manifest.json").read_text())
    assert set(document["calibration"]["bias"]) == {"ground", "disc", "square"}
    assert document["calibration"]["data"] == "val of shapes, 2 images" and document["name"] == "calibrated"
    assert "false share" in capsys.readouterr().out
    assert main([*command, str(tmp_path / "again"), "--model", str(out)]) == 1
    assert "calibrated already" in capsys.readouterr().err
