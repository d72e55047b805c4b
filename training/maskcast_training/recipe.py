"""A training recipe: everything about a run but where the data lies, as one JSON document."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class SourceSpec:
    """One part of the training data.

    Attributes:
        path: folder with ``images/`` and labels, relative to the data root.
        weight: how often its images are drawn, relative to the other sources' weights.
        labels: name of the labels' folder.
        include: file-name patterns (``voc_*``) of the images that belong to it.
        exclude: file-name patterns that don't.
        containing: only images that show one of these target classes.
        lacking: only images that show none of these target classes.
        map: from the folder's class names to target class names (or a list of them: any of these, or "ignore"); "*" is the
            rest. None: the names are the same.
        scale: smallest and largest scale factor.
        knows: class names that its labels tell; where they say background, any class that isn't named may be hidden, so
            that the network isn't taught that nothing is there. Empty: all classes.
        soft: name of a folder with teachers' probabilities (:mod:`.data.soft`), or None. An image without a map there
            trains by its label alone.
        soft_weight: factor, up to 1, on the loss that these probabilities give.
        by_camera: of a validation: the mean over cameras counts, not the sum of all pixels (:mod:`.cameras`).
    """

    path: str
    weight: float = 1.0
    labels: str = "labels"
    include: list[str] = field(default_factory=lambda: ["*"])
    exclude: list[str] = field(default_factory=list)
    containing: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    map: dict[str, Any] | None = None
    scale: tuple[float, float] = (0.5, 2.0)
    knows: list[str] = field(default_factory=list)
    soft: str | None = None
    soft_weight: float = 1.0
    by_camera: bool = False


@dataclass
class PasteSpec:
    """Objects of one group for copy-paste.

    Attributes:
        labels: what the object's pixels are labelled: a target class, or a list of them for "any of these".
        weight: how often the group is drawn, relative to the others.
        heights: smallest and largest height after pasting, pixels.
        min_area: smallest usable object in its source image, pixels².
        sources: patterns of image names to cut from.
        decoy_of: name of another group; then the objects are pieces of plain background in the outlines of that group's
            objects, and ``labels`` names the class of the background. They teach that neither a seam nor an outline makes an
            object.
        drawn: the objects are drawn furniture, and ``labels`` names the class that it is.
    """

    labels: list[Any]
    weight: float
    heights: tuple[int, int]
    min_area: int = 0
    sources: list[str] = field(default_factory=lambda: ["*"])
    decoy_of: str | None = None
    drawn: bool = False


@dataclass
class Recipe:
    """All settings of a run.

    Attributes:
        model: name of the network.
        classes: class file, relative to the data root.
        sources: the training data.
        paste: object groups for copy-paste, by name; empty for none.
        paste_probability: share of samples with pasted objects.
        paste_most: largest number of pasted objects in a sample.
        crop: height and width of a training crop, pixels.
        batch: crops a step.
        steps: length of the run.
        optimiser: "adamw" or "sgd".
        rate: peak learning rate.
        trunk_rate: factor on the rate for everything but the classifier.
        weight_decay: as the optimiser means it; not applied to biases and batch normalisation.
        schedule: "cosine" or "poly".
        warm_up: steps of linear warm-up.
        class_weights: loss weight a class name; 1 where a class is not named.
        hard_share: share of the hardest pixels that train (OHEM); 1 for all.
        distil: factor on the loss by teachers' probabilities, beside the cross-entropy by labels; 0 for none.
        temperature: softens teachers and network before they are compared.
        sure: teachers whose likeliest class has a smaller probability than this don't count there.
        loss_stride: the loss looks at every n-th pixel of rows and columns.
        ema: decay of the averaged weights, per step.
        look: strength of the photometric augmentation, 0 for none.
        light: strength of the change of light (exposure, slope, colour temperature, gamma) before it, 0 for none.
        tint: share of samples in which the pixels of a class take another colour, by class name.
        aspect: largest stretch of width against height.
        seed: of everything random.
        check_every: steps between validations.
        validate: folders to validate on, by short name, relative to the data root.
        select: short names of the validations whose mean IoU chooses the best checkpoint.
        select_classes: class names that count in that mean; empty for all.
    """

    model: str
    classes: str
    sources: list[SourceSpec]
    paste: dict[str, PasteSpec] = field(default_factory=dict)
    paste_probability: float = 0.0
    paste_most: int = 4
    crop: tuple[int, int] = (320, 448)
    batch: int = 8
    steps: int = 1000
    optimiser: str = "adamw"
    rate: float = 2e-3
    trunk_rate: float = 1.0
    weight_decay: float = 0.01
    schedule: str = "cosine"
    warm_up: int = 100
    class_weights: dict[str, float] = field(default_factory=dict)
    hard_share: float = 1.0
    distil: float = 0.0
    temperature: float = 2.0
    sure: float = 0.6
    loss_stride: int = 1
    ema: float = 0.998
    look: float = 1.0
    light: float = 0.0
    tint: dict[str, float] = field(default_factory=dict)
    aspect: float = 1.0
    seed: int = 1
    check_every: int = 200
    validate: dict[str, SourceSpec] = field(default_factory=dict)
    select: list[str] = field(default_factory=list)
    select_classes: list[str] = field(default_factory=list)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Recipe:
        """Build from a JSON document; ValueError names a key that no setting has."""
        document = dict(document)
        document["sources"] = [_build(SourceSpec, entry, "sources") for entry in document.get("sources", [])]
        document["paste"] = {k: _build(PasteSpec, v, f"paste.{k}") for k, v in document.get("paste", {}).items()}
        document["validate"] = {k: _build(SourceSpec, v, f"validate.{k}") for k, v in document.get("validate", {}).items()}
        return _build(cls, document, "recipe")

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file."""
        return cls.from_document(json.loads(Path(path).read_text()))

    def document(self) -> dict[str, Any]:
        """The JSON document that :meth:`from_document` reads."""
        return dataclasses.asdict(self)


def _build(kind: type, entry: dict[str, Any], where: str) -> Any:
    names = {f.name for f in dataclasses.fields(kind)}
    unknown = sorted(set(entry) - names)
    if unknown:
        raise ValueError(f"{where}: unknown setting {unknown[0]!r}; known are: {', '.join(sorted(names))}")
    missing = [
        f.name
        for f in dataclasses.fields(kind)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in entry
    ]
    if missing:
        raise ValueError(f"{where}: setting {missing[0]!r} is missing")
    return kind(**{k: tuple(v) if k in {"crop", "scale", "heights"} else v for k, v in entry.items()})
