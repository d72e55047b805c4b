"""Class lists, and label codes that can stand for one class, for "one of these classes", or for "ignore"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IGNORE = 255
"""Label code of pixels that neither train nor count."""

NO_COLOUR = (128, 128, 128)
"""Colour of a class whose list gives none."""


@dataclass(frozen=True)
class ClassList:
    """The classes of a data set or network, in index order.

    Attributes:
        names: one name a class.
        colours: one (red, green, blue), 0–255, a class.
        ignore_index: label value of pixels without truth, or None.
    """

    names: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    ignore_index: int | None = None

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Index of the class called ``name``; ValueError names the known ones."""
        if name not in self.names:
            raise ValueError(f"unknown class {name!r}; known are: {', '.join(self.names)}")
        return self.names.index(name)

    @classmethod
    def load(cls, path: Path) -> ClassList:
        """Read a ``classes.json``: ``{"ignoreIndex": 255, "classes": [{"id", "name", "color": [r, g, b]}, …]}``.

        ``ignoreIndex`` and ``color`` may be absent. ValueError if ids or names aren't as they must be.
        """
        document = json.loads(Path(path).read_text())
        entries = document["classes"]
        if [entry["id"] for entry in entries] != list(range(len(entries))):
            raise ValueError(f"{path}: class ids must be 0, 1, 2, … in order")
        names = tuple(entry["name"] for entry in entries)
        if len(set(names)) != len(names):
            raise ValueError(f"{path}: class names must differ")
        colours = tuple(tuple(entry.get("color", NO_COLOUR)) for entry in entries)
        return cls(names, colours, document.get("ignoreIndex"))

    def document(self) -> dict:
        """The JSON document that :meth:`load` reads."""
        document = {
            "classes": [
                {"id": i, "name": name, "color": list(colour)}
                for i, (name, colour) in enumerate(zip(self.names, self.colours))
            ]
        }
        return document if self.ignore_index is None else {"ignoreIndex": self.ignore_index, **document}


class LabelCodes:
    """Numbers every set of target classes that a label can mean.

    Code ``c`` below ``len(classes)`` means exactly class ``c``. Further codes mean "one of several": a data set that only
    knows "bicyclist" is satisfied by person and by cycle. 255 is ignored.
    """

    def __init__(self, classes: ClassList) -> None:
        self.classes = classes
        self.sets: list[frozenset[int]] = [frozenset([i]) for i in range(len(classes))]

    def code(self, names: str | list[str]) -> int:
        """Code of a class name, of a list of class names, or of the word ``ignore``."""
        if names == "ignore":
            return IGNORE
        wanted = frozenset(self.classes.index(name) for name in ([names] if isinstance(names, str) else names))
        if wanted not in self.sets:
            self.sets.append(wanted)
        return self.sets.index(wanted)

    def lookup(self, source: ClassList, mapping: dict[str, str | list[str]] | None) -> np.ndarray:
        """Table [256] from the label values of a data set to codes.

        Args:
            source: the data set's classes.
            mapping: from its class names to target names; ``"*"`` names the target of all others. None: the names are the
                same on both sides.

        Raises:
            ValueError: a class has no target, or a target doesn't exist.
        """
        table = np.full(256, IGNORE, np.uint8)
        for value, name in enumerate(source.names):
            target = name if mapping is None else mapping.get(name, mapping.get("*"))
            if target is None:
                raise ValueError(f"class {name!r} is not mapped to any target class")
            table[value] = self.code(target)
        return table

    def hide(self, table: np.ndarray, known: list[str]) -> np.ndarray:
        """``table`` with "background or a class that isn't in ``known``" where it says background (class 0)."""
        hidden = [name for name in self.classes.names[1:] if name not in known]
        for name in known:
            self.classes.index(name)
        if not hidden:
            return table
        return np.where(table == 0, self.code([self.classes.names[0], *hidden]), table).astype(np.uint8)

    def membership(self) -> np.ndarray:
        """Boolean [codes, classes]: which classes satisfy which code."""
        matrix = np.zeros((len(self.sets), len(self.classes)), bool)
        for row, members in enumerate(self.sets):
            matrix[row, list(members)] = True
        return matrix

    def truth(self, label: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """The one class a pixel that each code [H, W] stands for beside a prediction [H, W]; 255 stays.

        A code that allows several classes stands for the predicted one if it allows it, else for the first that it allows.
        """
        truth = label.copy()
        for code in range(len(self.classes), len(self.sets)):
            members = sorted(self.sets[code])
            here = label == code
            truth[here] = np.where(np.isin(prediction[here], members), prediction[here], members[0])
        return truth
