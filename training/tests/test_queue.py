"""The training queue: order, what it leaves, and a kill on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from maskcast_training.checkpoint import load_checkpoint
from maskcast_training.cli import main
from maskcast_training.queue import load_queue, only_one
from maskcast_training.run_record import RunRecord

HERE = Path(__file__).parents[1]


@pytest.fixture
def queue_file(shapes: Path, recipe_document: dict) -> Path:
    """Two short runs, the second from the first, each validated twice."""
    document = {**recipe_document, "steps": 4, "check_every": 2}
    (shapes / "first.json").write_text(json.dumps(document))
    (shapes / "second.json").write_text(json.dumps({**document, "seed": 2}))
    path = shapes / "queue.json"
    runs = [{"name": "a", "recipe": "first.json"}, {"name": "b", "recipe": "second.json", "from": "a"}]
    path.write_text(json.dumps({"runs": runs}))
    return path


def command(queue_file: Path, out: Path) -> list[str]:
    options = ["--data", str(queue_file.parent), "--out", str(out), "--workers", "0", "--threads", "1", "--full-precision"]
    return ["queue", str(queue_file), *options]


def test_a_killed_queue_ends_where_an_uninterrupted_one_does(queue_file: Path, tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(HERE)}
    arguments = [sys.executable, "-m", "maskcast_training", *command(queue_file, killed)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=HERE, env=environment) as process:
        # The first validation of the second run: the first one is done, this one is under way.
        wanted = iter(line for line in process.stdout if line.startswith("step 2"))
        next(wanted), next(wanted)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert (killed / "a" / "done.json").exists() and not (killed / "b" / "done.json").exists()
    # What a kill may leave of a line that was being written.
    with (killed / "b" / "log.jsonl").open("a") as file:
        file.write('{"step": 3, "lo')
    first = (killed / "a" / "last.pt").stat().st_mtime_ns
    assert main(command(queue_file, killed)) == 0
    assert main(command(queue_file, whole)) == 0
    assert (killed / "a" / "last.pt").stat().st_mtime_ns == first
    for run in "ab":
        ours, theirs = (load_checkpoint(folder / run / "last.pt")["average"]["model"] for folder in (killed, whole))
        assert all(torch.equal(value, theirs[key]) for key, value in ours.items())
        assert [e["step"] for e in RunRecord(killed / run).entries() if "validation" in e] == [2, 4]
    table = json.loads((killed / "table.json").read_text())
    assert [row["run"] for row in table] == ["a", "b"] and table == json.loads((whole / "table.json").read_text())
    best = max(table, key=lambda row: row["selection"])
    assert load_checkpoint(killed / "best.pt")["step"] == best["step"] and best["crops"] == best["step"] * 2
    assert {path.name for path in killed.iterdir()} >= {"table.md", "curves.png"}


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([{"name": "a", "recipe": "first.json", "form": "b"}], "received name, recipe, form"),
        ([{"name": "a", "recipe": "first.json"}] * 2, "no other run has"),
        ([{"name": "../a", "recipe": "first.json"}], "name of a folder"),
        ([{"name": "a", "recipe": "first.json", "from": "none.onnx"}], "neither an earlier run nor a file"),
        ([{"name": "a", "recipe": "unselected.json"}], "no 'select'"),
    ],
)
def test_a_wrong_queue_is_refused_before_anything_runs(queue_file: Path, runs: list, message: str) -> None:
    document = json.loads((queue_file.parent / "first.json").read_text())
    (queue_file.parent / "unselected.json").write_text(json.dumps({**document, "select": []}))
    queue_file.write_text(json.dumps({"runs": runs}))
    with pytest.raises(ValueError, match=message):
        load_queue(queue_file)


def test_two_processes_dont_work_on_one_queue(queue_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_one(tmp_path):
        assert main(command(queue_file, tmp_path)) == 1
    assert "another process" in capsys.readouterr().err
