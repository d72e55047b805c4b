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
# One data set of two recordings, the second one for validation, and the results that it was made of.
DATASET = Path(os.environ["DATASET"])
SOURCES = dict(zip(("train", "val"), map(Path, os.environ["DATASET_SOURCES"].split(":"))))
NAMES = {side: f"{path.parent.name}-{path.name}" for side, path in SOURCES.items()}


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
    (tmp_path / "images").symlink_to(results / "frames")
    (tmp_path / "annotations" / "instances_default.json").write_bytes((results / "coco.json").read_bytes())
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


LABELLING = """<View><Image name="image" value="$image"/><BrushLabels name="tag" toName="image">{}</BrushLabels></View>"""


def test_label_studio_takes_the_tasks(results):
    """By the check that its server makes of what is imported."""
    from label_studio_sdk.label_interface import LabelInterface

    labels = "".join(f'<Label value="{name}"/>' for name in exported_classes(results))
    interface = LabelInterface(LABELLING.format(labels))
    for task in json.loads((results / "label-studio.json").read_text()):
        # Of whole tasks 2.1.2 checks the data only: it forgets to hand itself the predictions.
        assert interface.validate_task({"data": task["data"]})
        assert interface.validate_prediction(task["predictions"][0], return_errors=True) == []


def test_the_frames_are_as_large_as_the_masks(results):
    masks = masks_of(results)
    frames = sorted((results / "frames").iterdir())
    assert [path.name for path in frames] == [f"frame_{number:06d}.jpg" for number in range(len(masks))]
    for path, mask in zip(frames, masks):
        assert cv2.imread(str(path)).shape == (*mask.shape, 3)


def test_semantic_masks_hold_the_values_that_their_yaml_names(results):
    import yaml

    data = yaml.safe_load((results / "semantic" / "data.yaml").read_text())
    ids = {entry["name"]: entry["index"] for entry in json.loads((results / "coco.json").read_text())["categories"]}
    table = np.full(256, 255, np.uint8)
    for value, name in data["names"].items():
        table[ids[name]] = value
    paths = sorted((results / "semantic" / data["masks_dir"]).iterdir())
    images = sorted((results / "semantic" / data["train"]).iterdir())
    assert [path.stem for path in paths] == [path.stem for path in images]
    for path, mask in zip(paths, masks_of(results)):
        image = Image.open(path)
        assert image.mode == "L"
        assert (np.array(image) == table[mask]).all()


def test_datumaro_finds_the_cityscapes_labels(results, tmp_path):
    from datumaro.components.dataset import Dataset

    # Its reader wants the trainIds and instanceIds that Cityscapes' own scripts make of the labelIds.
    root = tmp_path / "cityscapes"
    names = [line.split(" ", 3)[3] for line in (results / "cityscapes" / "label_colors.txt").read_text().splitlines()]
    for path in (results / "cityscapes" / "gtFine").rglob("*_gtFine_labelIds.png"):
        target = root / path.relative_to(results / "cityscapes")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.with_name(path.name.replace("labelIds", "labelTrainIds")).write_bytes(path.read_bytes())
    (root / "leftImg8bit").symlink_to(results / "cityscapes" / "leftImg8bit")
    dataset = Dataset.import_from(str(root), "cityscapes")
    assert len(list(dataset)) == len(masks_of(results))
    assert all(item.media is not None for item in dataset)
    assert len(names) > 0


def test_supervision_reads_the_yolo_labels(results):
    import supervision as sv

    masks = masks_of(results)
    dataset = sv.DetectionDataset.from_yolo(
        images_directory_path=str(results / "yolo" / "images"),
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


def test_pycocotools_reads_each_side_of_a_data_set():
    from pycocotools.coco import COCO

    for side, source in SOURCES.items():
        coco = COCO(str(DATASET / "annotations" / f"instances_{side}.json"))
        masks = masks_of(source)
        index = {entry["id"]: entry["index"] for entry in coco.dataset["categories"]}
        images = coco.loadImgs(sorted(coco.getImgIds()))
        assert len(images) == len(masks)
        for image, mask in zip(images, masks):
            assert image["recording"] == NAMES[side]
            assert (DATASET / "images" / side / image["file_name"]).is_file()
            found = np.zeros(mask.shape, np.uint8)
            for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
                found[coco.annToMask(annotation) == 1] = index[annotation["category_id"]]
            drawn = np.isin(mask, [index[a["category_id"]] for a in coco.dataset["annotations"]])
            assert (found[drawn] == mask[drawn]).all()


def test_datumaro_imports_a_data_set(tmp_path):
    from datumaro.components.dataset import Dataset

    for name in ("annotations", "images"):
        (tmp_path / name).symlink_to(DATASET / name)
    dataset = Dataset.import_from(str(tmp_path), "coco_instances")
    assert {name: len(subset) for name, subset in dataset.subsets().items()} == {
        side: len(masks_of(source)) for side, source in SOURCES.items()
    }
    assert all(item.media is not None for item in dataset)


def test_supervision_reads_each_side_of_a_data_set():
    import supervision as sv

    for side, source in SOURCES.items():
        read = sv.DetectionDataset.from_yolo(
            images_directory_path=str(DATASET / "images" / side),
            annotations_directory_path=str(DATASET / "labels" / side),
            data_yaml_path=str(DATASET / "data.yaml"),
            force_masks=True,
        )
        assert len(read) == len(masks_of(source))
        assert any(len(detections) > 0 for _, _, detections in read)


def test_label_studio_takes_the_tasks_of_a_data_set():
    from label_studio_sdk.label_interface import LabelInterface

    tasks = json.loads((DATASET / "label-studio.json").read_text())
    names = exported_classes(SOURCES["train"])
    interface = LabelInterface(LABELLING.format("".join(f'<Label value="{name}"/>' for name in names)))
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        assert interface.validate_prediction(task["predictions"][0], return_errors=True) == []
        assert (DATASET / task["data"]["image"].removeprefix("/data/local-files/?d=set/")).is_file()
