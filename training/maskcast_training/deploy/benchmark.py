"""Latency of ONNX files in onnxruntime, compared within one run."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ..measure.predictors import open_session
from .onnx_export import INPUT, OUTPUT


def compare_latency(paths: list[Path], size: tuple[int, int], threads: int, runs: int) -> list[float]:
    """Median milliseconds of one inference for each file.

    The files take turns, so that a machine that gets slower or is disturbed is so for all of them.

    Args:
        paths: ONNX files with the serving contract.
        size: (height, width) of the image, pixels.
        threads: onnxruntime's threads.
        runs: timed inferences a file, after three untimed ones.
    """
    sessions = [open_session(path, threads) for path in paths]
    image = np.random.default_rng(0).integers(0, 256, (1, *size, 3), dtype=np.uint8)
    times: list[list[float]] = [[] for _ in paths]
    for run in range(runs + 3):
        for session, mine in zip(sessions, times):
            start = time.perf_counter()
            session.run([OUTPUT], {INPUT: image})
            if run >= 3:
                mine.append((time.perf_counter() - start) * 1e3)
    return [float(np.median(mine)) for mine in times]
