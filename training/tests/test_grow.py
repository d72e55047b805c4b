"""Growing a trained HRNet into a larger one."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
import torch
from torch import nn

from maskcast_training.checkpoint import load_model
from maskcast_training.grow import grow
from maskcast_training.models import build_model
from maskcast_training.models.base import Segmenter
from maskcast_training.recipe import Recipe
from maskcast_training.train import Trainer, TrainOptions

SIZES = ["hrnet-w18-small-v1", "hrnet-w18-small-v2", "hrnet-w18"]
STEPS = list(itertools.pairwise(SIZES))


def trained(name: str, classes: int = 5) -> Segmenter:
    """A network whose normalisation has seen data, so that no channel is a plain copy of its input."""
    torch.manual_seed(1)
    model = build_model(name, classes).train()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.3, 1.2)
            nn.init.normal_(layer.bias, 0, 0.3)
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(2, 3, 64, 96))
    return model.eval()


@pytest.mark.parametrize(("smaller", "larger"), STEPS)
def test_the_grown_network_computes_what_the_small_one_does(smaller: str, larger: str) -> None:
    small, large = trained(smaller), build_model(larger, 5).eval()
    grow(small, large)
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = small(image)
        assert expected.std() > 0.1
        torch.testing.assert_close(large(image), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("smaller", "larger"), STEPS)
def test_gradients_reach_all_that_is_new(smaller: str, larger: str) -> None:
    small, large = trained(smaller), build_model(larger, 5).train()
    grow(small, large)
    room = {name: tuple(slice(n) for n in p.shape) for name, p in small.named_parameters()}
    start = {name: p.detach().clone() for name, p in large.named_parameters() if p.ndim == 4}
    optimiser = torch.optim.SGD(large.parameters(), lr=0.01)
    for _ in range(6):
        optimiser.zero_grad()
        nn.functional.cross_entropy(large(torch.randn(2, 3, 64, 96)), torch.randint(0, 5, (2, 16, 24))).backward()
        optimiser.step()
    for name, before in start.items():
        moved, new = large.get_parameter(name).detach() != before, torch.ones_like(before, dtype=torch.bool)
        if name in room:
            new[room[name]] = False
        # Some filters of the small network are silent on so few pixels; what listens to them doesn't move either.
        assert not new.any() or moved[new].float().mean() > 0.5, name


def test_a_network_does_not_grow_into_a_smaller_one() -> None:
    with pytest.raises(ValueError, match="no room for"):
        grow(build_model("hrnet-w18-small-v2", 5), build_model("hrnet-w18-small-v1", 5))


def test_a_run_can_start_from_a_smaller_hrnet(shapes: Path, recipe_document: dict, tmp_path: Path) -> None:
    recipe = Recipe.from_document({**recipe_document, "steps": 2, "check_every": 2})
    quiet = TrainOptions(workers=0, reduced=False, progress=False)
    Trainer(recipe, shapes, tmp_path / "small", quiet).run()
    checkpoint = tmp_path / "small" / "last.pt"
    larger = dataclasses.replace(recipe, model="hrnet-w18-small-v2")
    run = Trainer(larger, shapes, tmp_path / "large", dataclasses.replace(quiet, start_from=checkpoint))
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = load_model(checkpoint).model(image)
        torch.testing.assert_close(run.average.model(image), expected, atol=1e-4, rtol=0)
