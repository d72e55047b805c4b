"""Every export, read by the libraries that people read such files with, against the PNG masks of the same run."""

import csv
import json
import os
import subprocess
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

RESULTS = [Path(path) for path in os.environ["RESULTS"].split(":")]


@pytest.fixture(params=RESULTS, ids=lambda path: path.parent.name)
def results(request):
    return request.param


def masks_of(results):
    """Class indices of every frame, in order."""
    return [np.array(Image.open(path)) for path in sorted((results / "masks").iterdir())]


def exported_classes(results):
    """Ids by name of what was exported; everything else counts as background."""
    categories = json.loads((results / "coco.json").read_text())["categories"]
    names = {entry["name"]: entry["index"] for entry in categories}
    lines = (results / "yolo" / "data.yaml").read_text().split("names:\n")[1].splitlines()
    return {name: names[name] for name in (json.loads(line.split(": ", 1)[1]) for line in lines)}


def test_masks_are_indexed_pngs_for_pillow_and_colours_for_opencv(results):
    path = sorted((results / "masks").iterdir())[0]
    image = Image.open(path)
    assert image.mode == "P"
    palette = np.array(image.getpalette(), dtype=np.uint8).reshape(-1, 3)
    assert (cv2.imread(str(path))[:, :, ::-1] == palette[np.array(image)]).all()


def test_pycocotools_decodes_the_masks(results):
    from pycocotools.coco import COCO

    coco = COCO(str(results / "coco.json"))
    classes = exported_classes(results).values()
    masks = masks_of(results)
    index = {entry["id"]: entry["index"] for entry in coco.dataset["categories"]}
    assert min(index) == 1
    assert sorted(coco.getImgIds()) == list(range(1, len(masks) + 1))
    for number, mask in enumerate(masks):
        # Whoever leaves crowds out, as trainers do, has all of it.
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=[number + 1], iscrowd=False))
        assert {index[a["category_id"]] for a in annotations} == set(np.unique(mask)) & set(classes)
        covered = np.zeros(mask.shape, np.uint8)
        for annotation in annotations:
            decoded = coco.annToMask(annotation)
            assert (mask[decoded == 1] == index[annotation["category_id"]]).all()
            covered += decoded
            assert annotation["area"] == decoded.sum()
            ys, xs = np.nonzero(decoded)
            assert annotation["bbox"] == [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
        assert (covered == np.isin(mask, list(classes))).all()


def test_datumaro_and_supervision_read_the_coco_annotations(results, tmp_path):
    import supervision as sv
    from datumaro.components.dataset import Dataset

    masks = masks_of(results)
    classes = exported_classes(results)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations" / "instances_default.json").write_bytes((results / "coco.json").read_bytes())
    for number, mask in enumerate(masks):
        cv2.imwrite(str(tmp_path / "images" / f"frame_{number:06d}.png"), np.zeros((*mask.shape, 3), np.uint8))
    dataset = Dataset.import_from(str(tmp_path), "coco_instances")
    names = [label.name for label in dataset.categories()[next(k for k in dataset.categories() if k.name == "label")]]
    labelled = {names[a.label] for item in dataset for a in item.annotations}
    expected = {name for name, id in classes.items() if any((mask == id).any() for mask in masks)}
    assert labelled == expected
    read = sv.DetectionDataset.from_coco(
        images_directory_path=str(tmp_path / "images"), annotations_path=str(results / "coco.json"), force_masks=True
    )
    found = {read.classes[id] for _, _, detections in read for id in detections.class_id}
    assert found == expected


def test_datumaro_imports_the_cvat_archive(results, tmp_path):
    from datumaro.components.dataset import Dataset

    zipfile.ZipFile(results / "cvat.zip").extractall(tmp_path)
    dataset = Dataset.import_from(str(tmp_path), "voc_segmentation")
    classes = exported_classes(results)
    names = [label.name for label in dataset.categories()[next(k for k in dataset.categories() if k.name == "label")]]
    assert names == ["background", *classes]
    masks = masks_of(results)
    items = sorted(dataset, key=lambda item: item.id)
    assert [item.id for item in items] == [f"frame_{number:06d}" for number in range(len(masks))]
    for item, mask in zip(items, masks):
        found = {names[a.label]: a.image for a in item.annotations}
        for name, index in classes.items():
            expected = mask == index
            assert (found.get(name, np.zeros_like(expected)) == expected).all(), name


def test_label_studio_decodes_the_brushes(results):
    from label_studio_sdk.converter.brush import decode_rle

    tasks = json.loads((results / "label-studio.json").read_text())
    classes = exported_classes(results)
    masks = masks_of(results)
    assert len(tasks) == len(masks)
    for task, mask in zip(tasks, masks):
        found = {}
        for result in task["predictions"][0]["result"]:
            value = result["value"]
            assert (result["original_height"], result["original_width"]) == mask.shape
            found[value["brushlabels"][0]] = decode_rle(value["rle"]).reshape(*mask.shape, 4)[:, :, 3] == 255
        for name, index in classes.items():
            expected = mask == index
            assert (found.get(name, np.zeros_like(expected)) == expected).all(), name


def test_supervision_reads_the_yolo_labels(results, tmp_path):
    import supervision as sv

    masks = masks_of(results)
    for number, mask in enumerate(masks):
        cv2.imwrite(str(tmp_path / f"frame_{number:06d}.png"), np.zeros((*mask.shape, 3), np.uint8))
    dataset = sv.DetectionDataset.from_yolo(
        images_directory_path=str(tmp_path),
        annotations_directory_path=str(results / "yolo" / "labels"),
        data_yaml_path=str(results / "yolo" / "data.yaml"),
        force_masks=True,
    )
    classes = exported_classes(results)
    assert dataset.classes == list(classes)
    agreement = []
    for path, _, detections in dataset:
        mask = masks[int(Path(path).stem.removeprefix("frame_"))]
        for place, index in enumerate(classes.values()):
            expected = mask == index
            drawn = np.zeros_like(expected)
            for outline, label in zip(detections.mask if detections.mask is not None else [], detections.class_id):
                if label == place:
                    drawn |= outline
            # A mask pixel is up to 4 wide here; holes of fewer than 5 are left out, and OpenCV draws the border too.
            near = cv2.dilate(expected.astype(np.uint8), np.ones((21, 21), np.uint8)).astype(bool)
            assert not (drawn & ~near).any()
            agreement.append((drawn == expected).mean())
    assert np.mean(agreement) > 0.97


def test_ffmpeg_decodes_the_mask_video_to_the_masks(results):
    video = results / "mask.mkv"
    masks = masks_of(results)
    height, width = masks[0].shape
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(video)]
    codec = subprocess.check_output(probe, text=True).strip()
    decode = ["ffmpeg", "-v", "error", "-i", str(video), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt"]
    if codec == "ffv1":
        raw = subprocess.check_output([*decode, "gray", "-"])
        frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width)
        expected = masks
    else:
        raw = subprocess.check_output([*decode, "rgb24", "-"])
        frames = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
        expected = [np.array(Image.open(path).convert("RGB")) for path in sorted((results / "masks").iterdir())]
    assert len(frames) == len(masks)
    assert all((frame == mask).all() for frame, mask in zip(frames, expected))


def test_pyarrow_and_duckdb_read_the_table(results):
    import duckdb
    import pyarrow.parquet as parquet

    path = results / "table.parquet"
    table = parquet.read_table(path)
    rows = list(csv.DictReader((results / "table.csv").open()))
    assert table.num_rows == len(rows) == len(masks_of(results))
    assert table.column_names == list(rows[0])
    for row, values in zip(rows, table.to_pylist()):
        for name, text in row.items():
            value = values[name]
            assert text == value if isinstance(value, str) else float(text) == pytest.approx(value)
    index, name = next((id, name) for name, id in exported_classes(results).items())
    [(count, pixels)] = duckdb.sql(f"select count(*), sum(\"{name}_pixels\") from '{path}'").fetchall()
    assert (count, pixels) == (len(rows), sum((mask == index).sum() for mask in masks_of(results)))
    [(share,)] = duckdb.sql(f"select max(\"left_{name}_share\") from '{path}'").fetchall()
    assert 0 <= share <= 1
