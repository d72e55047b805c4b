"""The training set of a recipe: several sources, drawn by weight, mapped to one class list and augmented."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from ..recipe import PasteSpec, Recipe, SourceSpec
from .augment import Placement, Sample, change_look, move_sample, place, relight, tint
from .classes import ClassList, LabelCodes
from .folder import LabelledFolder
from .furniture import draw_furniture
from .paste import CutOut, Paster, cut_decoy, cut_objects
from .soft import check_classes, no_target, read_soft, soft_target

# Cut-outs kept for each group: more would only cost memory.
LARGEST_BANK = 1200
DRAWN = 400


class Source:
    """The images of one :class:`SourceSpec`, read with labels as codes.

    Args:
        spec: what belongs to it.
        root: folder that ``spec.path`` is relative to.
        codes: numbering of the labels.
        folder: that folder where it is already open, which saves looking through its labels again.

    Raises:
        ValueError: no image fits the specification, or a class can't be mapped.
    """

    def __init__(self, spec: SourceSpec, root: Path, codes: LabelCodes, folder: LabelledFolder | None = None) -> None:
        self.spec = spec
        self.folder = folder or LabelledFolder(Path(root) / spec.path, spec.labels)
        self.table = codes.lookup(self.folder.classes, spec.map)
        if spec.knows:
            self.table = codes.hide(self.table, spec.knows)
        self.soft = None if spec.soft is None else self._soft_folder(spec.soft, codes)
        names = [p.name for p in self.folder.images]
        self.items = [
            i
            for i, name in enumerate(names)
            if any(fnmatch(name, p) for p in spec.include) and not any(fnmatch(name, p) for p in spec.exclude)
        ]
        if spec.containing or spec.lacking:
            wanted = [codes.classes.index(name) for name in spec.containing]
            unwanted = [codes.classes.index(name) for name in spec.lacking]
            self.items = [i for i in self.items if self._shows(i, wanted, unwanted)]
        if not self.items:
            raise ValueError(f"{self.folder.folder}: no image fits include {spec.include}, containing {spec.containing}")

    def _shows(self, item: int, wanted: list[int], unwanted: list[int]) -> bool:
        shown = set(self.table[self.folder.values(item)].tolist())
        return (not wanted or not shown.isdisjoint(wanted)) and shown.isdisjoint(unwanted)

    def _soft_folder(self, name: str, codes: LabelCodes) -> Path:
        check_classes(self.folder.classes, codes.classes)
        place = self.folder.folder / name
        if not place.is_dir():
            raise FileNotFoundError(f"{place} is missing")
        return place

    def __len__(self) -> int:
        return len(self.items)

    def name(self, item: int) -> str:
        """File name of an item."""
        return self.folder.images[item].name

    def read(self, item: int) -> Sample:
        """Image and label codes of one of :attr:`items`."""
        image, label = self.folder.read(item)
        return image, self.table[label]

    def read_soft(self, item: int) -> np.ndarray | None:
        """The teachers' probabilities, uint8 [h, w, 4], or None where there are none for this image."""
        path = None if self.soft is None else self.soft / f"{self.folder.images[item].stem}.png"
        return read_soft(path) if path is not None and path.is_file() else None


def load_sources(specs: list[SourceSpec], root: Path, codes: LabelCodes) -> list[Source]:
    """Open every source of a recipe, each folder once."""
    folders = {(spec.path, spec.labels): LabelledFolder(Path(root) / spec.path, spec.labels) for spec in specs}
    return [Source(spec, root, codes, folders[spec.path, spec.labels]) for spec in specs]


def build_bank(sources: list[Source], groups: dict[str, PasteSpec], codes: LabelCodes) -> dict[str, list[CutOut]]:
    """Cut the objects of every group out of the sources' images."""
    bank: dict[str, list[CutOut]] = {name: [] for name in groups}
    decoys = {name: spec for name, spec in groups.items() if spec.decoy_of}
    drawn = {name: spec for name, spec in groups.items() if spec.drawn}
    groups = {name: spec for name, spec in groups.items() if not spec.decoy_of and not spec.drawn}
    wanted = {name: frozenset(codes.code(label) for label in spec.labels) for name, spec in groups.items()}
    for source in sources:
        for item in source.items:
            fitting = [
                name
                for name, spec in groups.items()
                if len(bank[name]) < LARGEST_BANK and any(fnmatch(source.name(item), p) for p in spec.sources)
            ]
            if not fitting:
                continue
            sample = source.read(item)
            for name in fitting:
                bank[name] += cut_objects(sample, wanted[name], groups[name].min_area)
    rng = np.random.default_rng(0)
    for name, spec in decoys.items():
        outlines = bank[str(spec.decoy_of)]
        bank[name] = _cut_decoys(sources, spec, outlines, codes.code(spec.labels[0]), rng) if outlines else []
    for name, spec in drawn.items():
        bank[name] = [draw_furniture(codes.code(spec.labels[0]), rng) for _ in range(DRAWN)]
    return bank


def _cut_decoys(
    sources: list[Source], spec: PasteSpec, outlines: list[CutOut], background: int, rng: np.random.Generator
) -> list[CutOut]:
    """Up to one decoy for each image of the sources that fits ``spec``."""
    found: list[CutOut] = []
    min_height = round(spec.min_area**0.5)
    for source in sources:
        for item in source.items:
            if len(found) == LARGEST_BANK or not any(fnmatch(source.name(item), p) for p in spec.sources):
                continue
            sample, outline = source.read(item), outlines[int(rng.integers(len(outlines)))]
            decoy = cut_decoy(sample, outline, background, min_height, rng)
            found += [] if decoy is None else [decoy]
    return found


class MixtureDataset(Dataset):
    """Sample number ``n`` of a run, for every ``n`` from 0 to ``steps * batch - 1``.

    Each sample depends on the recipe's seed and its own number only: a resumed run, and a run with another number of loader
    processes, sees the same samples.

    Args:
        recipe: settings of the run.
        root: folder that the recipe's paths are relative to.

    Items are (image float32 [3, h, w] with values 0–255, label codes int64 [h, w]); if the recipe distils, also the
    teachers' target of :func:`.soft.soft_target`, at the recipe's stride of the loss.
    """

    def __init__(self, recipe: Recipe, root: Path) -> None:
        self.recipe = recipe
        self.classes = ClassList.load(Path(root) / recipe.classes)
        self.codes = LabelCodes(self.classes)
        self.sources = load_sources(recipe.sources, root, self.codes)
        weights = np.array([source.spec.weight for source in self.sources], np.float64)
        self.chances = weights / weights.sum()
        self.paster = Paster(
            build_bank(self.sources, recipe.paste, self.codes),
            {name: spec.weight for name, spec in recipe.paste.items()},
            recipe.paste_probability,
            recipe.paste_most,
            {name: spec.heights for name, spec in recipe.paste.items()},
        )

    def __len__(self) -> int:
        return self.recipe.steps * self.recipe.batch

    def sample(self, number: int) -> Sample:
        """Augmented image (uint8 [h, w, 3]) and label codes (uint8 [h, w]) of one number."""
        return self._draw(number)[:2]

    def _draw(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """A sample and, if the recipe distils, its soft target."""
        rng = np.random.default_rng([self.recipe.seed, number])
        source = self.sources[int(rng.choice(len(self.sources), p=self.chances))]
        item = source.items[int(rng.integers(len(source.items)))]
        whole = source.read(item)
        placement = place(whole[1].shape, self.recipe.crop, source.spec.scale, self.recipe.aspect, rng)
        sample = move_sample(whole, placement)
        before = sample[1].copy()
        self.paster(sample, rng)
        target = self._soft_target(source, item, placement, sample[1] != before) if self.recipe.distil else None
        image = self._tinted(sample, rng)
        image = relight(image, self.recipe.light, rng)
        return change_look(image, self.recipe.look, rng), sample[1], target

    def _soft_target(self, source: Source, item: int, placement: Placement, changed: np.ndarray) -> np.ndarray:
        soft = source.read_soft(item)
        if soft is None:
            return no_target(self.recipe.crop, self.recipe.loss_stride)
        return soft_target(soft, placement, changed, source.spec.soft_weight, self.recipe.loss_stride)

    def _tinted(self, sample: Sample, rng: np.random.Generator) -> np.ndarray:
        image, label = sample
        for name, share in self.recipe.tint.items():
            if rng.random() < share:
                image = tint((image, label), self.codes.code(name), rng)
        return image

    def __getitem__(self, number: int) -> tuple[torch.Tensor, ...]:
        image, label, target = self._draw(number)
        item = (torch.from_numpy(image).permute(2, 0, 1).float(), torch.from_numpy(label).long())
        return item if target is None else (*item, torch.from_numpy(target))
