"""The networks against their published sizes."""

from __future__ import annotations

import pytest
import torch

from maskcast_training.models import BUILDERS, build_model
from maskcast_training.models.count import multiply_adds, parameters

# (parameters in millions, multiply-adds / 2^30 at 1024×2048) with Cityscapes' 19 classes, as published in the README of
# the authors' HRNet-Semantic-Segmentation; W18 is published without multiply-adds, 137.3 follows from the paper's table.
PUBLISHED = {
    "hrnet-w18-small-v1": (1.5, 31.1),
    "hrnet-w18-small-v2": (3.9, 71.6),
    "hrnet-w18": (9.6, 137.3),
    "hrnet-w48": (65.9, 696.2),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_hrnet_has_the_published_size_and_cost(name: str) -> None:
    millions, cost = PUBLISHED[name]
    model = build_model(name, 19)
    assert parameters(model) / 1e6 == pytest.approx(millions, abs=0.051)
    assert multiply_adds(model.to("meta"), 1024, 2048) / 2**30 == pytest.approx(cost, abs=0.05)


def test_segnet_has_the_published_number_of_parameters() -> None:
    assert parameters(build_model("segnet", 11)) / 1e6 == pytest.approx(29.5, abs=0.1)


@pytest.mark.parametrize("name", sorted(set(BUILDERS) - {"hrnet-w48", "hrnet-w18", "unet", "segnet"}))
def test_every_network_gives_logits_at_its_output_stride(name: str) -> None:
    model = build_model(name, 5).eval()
    with torch.no_grad():
        logits = model(torch.zeros(1, 3, 64, 96))
    assert logits.shape == (1, 5, 64 // model.output_stride, 96 // model.output_stride)


def test_hrnet_takes_sizes_that_32_does_not_divide() -> None:
    with torch.no_grad():
        logits = build_model("hrnet-w18-small-v1", 5).eval()(torch.zeros(1, 3, 50, 74))
    assert logits.shape == (1, 5, 13, 19)


def test_trunk_and_classifier_share_no_parameter() -> None:
    model = build_model("hrnet-w18-small-v1", 5)
    trunk = sum(p.numel() for p in model.trunk_parameters())
    assert trunk + 240 * 5 + 5 == parameters(model)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="hrnet-w48"):
        build_model("hrnet-w99", 5)
