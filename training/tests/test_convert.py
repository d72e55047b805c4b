"""Converters, on miniature copies of the foreign layouts, and the drawn data set."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from maskcast_training.data.convert import CONVERTERS
from maskcast_training.data.convert.voc import voc_colour
from maskcast_training.data.demo import write_demo
from maskcast_training.data.folder import LabelledFolder

PICTURE = np.full((20, 30, 3), 90, np.uint8)


def test_cityscapes_labels_become_the_evaluated_classes(tmp_path: Path) -> None:
    source = tmp_path / "cityscapes"
    (source / "leftImg8bit/train/ulm").mkdir(parents=True)
    (source / "gtFine/train/ulm").mkdir(parents=True)
    cv2.imwrite(str(source / "leftImg8bit/train/ulm/ulm_0_1_leftImg8bit.png"), PICTURE)
    label = np.zeros((20, 30), np.uint8)
    label[:, 10:20], label[:, 20:] = 7, 26
    cv2.imwrite(str(source / "gtFine/train/ulm/ulm_0_1_gtFine_labelIds.png"), label)
    assert CONVERTERS["cityscapes"](source, "train", tmp_path / "out") == 1
    folder = LabelledFolder(tmp_path / "out" / "train")
    _, converted = folder.read(0)
    assert converted[0, 0] == 255
    assert folder.classes.names[converted[0, 15]] == "road" and folder.classes.names[converted[0, 25]] == "car"


def write_voc(source: Path, mask: np.ndarray) -> None:
    """One image of the VOC layout; ``mask`` is RGB."""
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (source / name).mkdir(parents=True)
    cv2.imwrite(str(source / "JPEGImages/2007_1.jpg"), PICTURE)
    cv2.imwrite(str(source / "SegmentationClass/2007_1.png"), mask[..., ::-1])
    (source / "ImageSets/Segmentation/val.txt").write_text("2007_1\n")


def test_voc_colours_become_classes_and_outlines_are_ignored(tmp_path: Path) -> None:
    mask = np.zeros((20, 30, 3), np.uint8)
    mask[:, 10:20], mask[:, 20:] = voc_colour(15), voc_colour(255)
    write_voc(tmp_path / "voc", mask)
    CONVERTERS["voc"](tmp_path / "voc", "val", tmp_path / "out")
    folder = LabelledFolder(tmp_path / "out" / "val")
    _, converted = folder.read(0)
    assert [folder.classes.names[converted[0, 0]], folder.classes.names[converted[0, 15]]] == ["background", "person"]
    assert converted[0, 25] == 255


def test_voc_palette_is_the_published_one() -> None:
    assert [voc_colour(i) for i in (0, 1, 2, 15, 20, 255)] == [
        (0, 0, 0),
        (128, 0, 0),
        (0, 128, 0),
        (192, 128, 128),
        (0, 64, 128),
        (224, 224, 192),
    ]


def test_a_label_map_replaces_the_classes_of_voc(tmp_path: Path) -> None:
    mask = np.zeros((20, 30, 3), np.uint8)
    mask[:, 15:] = (10, 20, 30)
    write_voc(tmp_path / "voc", mask)
    (tmp_path / "voc/labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\nforklift:10,20,30::\n")
    CONVERTERS["voc"](tmp_path / "voc", "val", tmp_path / "out")
    folder = LabelledFolder(tmp_path / "out" / "val")
    assert folder.classes.names == ("background", "forklift")
    assert folder.read(0)[1][0].tolist() == [0] * 15 + [1] * 15


CVAT = """<annotations><meta><task><labels>
<label><name>door</name><color>#ff0000</color></label><label><name>cat</name><color>#00ff00</color></label>
<label><name>ignore</name><color>#000000</color></label></labels></task></meta>
<image id="0" name="a.png" width="30" height="20">
  <mask label="cat" left="2" top="3" width="3" height="2" rle="1, 4, 1" z_order="2"/>
  <polygon label="door" points="0.0,0.0;9.0,0.0;9.0,19.0;0.0,19.0" z_order="0"/>
  <box label="ignore" xtl="20" ytl="0" xbr="30" ybr="20" z_order="1"/>
</image></annotations>"""


def test_cvat_shapes_are_drawn_in_their_order(tmp_path: Path) -> None:
    source = tmp_path / "cvat"
    (source / "images").mkdir(parents=True)
    cv2.imwrite(str(source / "images/a.png"), PICTURE)
    (source / "annotations.xml").write_text(CVAT)
    CONVERTERS["cvat"](source, "train", tmp_path / "out")
    folder = LabelledFolder(tmp_path / "out" / "train")
    _, label = folder.read(0)
    assert folder.classes.names == ("background", "door", "cat")
    assert label[10, 5] == 1 and label[10, 15] == 0 and label[10, 25] == 255
    assert label[3:5, 2:5].tolist() == [[1, 2, 2], [2, 2, 1]]


def test_two_sources_with_other_classes_do_not_mix(tmp_path: Path) -> None:
    write_voc(tmp_path / "voc", np.zeros((20, 30, 3), np.uint8))
    CONVERTERS["voc"](tmp_path / "voc", "val", tmp_path / "out")
    (tmp_path / "voc/labelmap.txt").write_text("thing:1,2,3::\n")
    with pytest.raises(ValueError, match="other classes"):
        CONVERTERS["voc"](tmp_path / "voc", "val", tmp_path / "out")


def test_the_drawn_data_set_is_the_same_every_time_and_shows_every_class(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_demo(tmp_path / name, train=6, val=2)
    first, second = (LabelledFolder(tmp_path / name / "train") for name in ("a", "b"))
    labels = [first.read(i)[1] for i in range(len(first))]
    assert all(np.array_equal(label, second.read(i)[1]) for i, label in enumerate(labels))
    assert set(np.unique(np.stack(labels))) == {0, 1, 2, 3}
