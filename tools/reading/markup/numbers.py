"""What a LaTeX paper counts: figures, tables, sections, formulas, theorems, references."""

from __future__ import annotations

import re
from collections import Counter

from tools.reading.markup.commands import FORMULAS
from tools.reading.markup.groups import argument, option
from tools.reading.markup.tex import Names

_LEVELS = ("chapter", "section", "subsection", "subsubsection")
_FLOATS = {"figure": "Figure", "table": "Table", "algorithm": "Algorithm", "wrapfigure": "Figure",
           "wraptable": "Table", "sidewaystable": "Table", "sidewaysfigure": "Figure",
           "longtable": "Table"}  # fmt: skip
_THEOREM = re.compile(
    r"\\newtheorem\*?\s*\{([A-Za-z]+)\*?\}(?:\[[^\]]*\])?\s*\{([^{}]*)\}(?:\[[^\]]*\])?"
)
_COUNTED = re.compile(
    r"\\begin\s*\{(?P<env>[A-Za-z]+)\*?\}|\\(?P<level>chapter|section|subsection|subsubsection)(?=\s*[\[{])"
    r"|(?P<appendix>\\appendix)(?![A-Za-z])|\\label\s*\{(?P<label>[^{}]*)\}|(?P<bib>\\bibitem)(?![A-Za-z])"
    r"|\\end\s*\{(?P<end>[A-Za-z]+)\*?\}"
)


def float_of(environment: str) -> str:
    """`Figure`, `Table` or `Algorithm` for an environment that floats; else empty."""
    return _FLOATS.get(environment, "")


def theorems_of(source: str) -> tuple[dict[str, str], str]:
    """Titles of the paper's own theorem environments, and the source without their definitions."""
    return dict(_THEOREM.findall(source)), _THEOREM.sub("", source)


def names_of(source: str, theorems: dict[str, str]) -> Names:
    """The number that each label stands for, and the place of each reference."""
    return _Count(theorems).names(source)


class _Count:
    def __init__(self, theorems: dict[str, str]) -> None:
        self.theorems = theorems
        self.seen: Counter[str] = Counter()
        self.section: list[int] = []
        self.appendix = False
        self.here = [("Section", "")]
        """What a label names at this place, innermost last."""

    def names(self, source: str) -> Names:
        labels: dict[str, tuple[str, str]] = {}
        keys: dict[str, int] = {}
        for found in _COUNTED.finditer(source):
            if found["label"] is not None:
                if self.here[-1][1]:
                    labels.setdefault(found["label"], self.here[-1])
            elif found["bib"]:
                _, at = option(source, found.end())
                keys.setdefault(argument(source, at)[0].strip(), len(keys) + 1)
            elif found["level"]:
                self.here = [("Section", self._number(_LEVELS.index(found["level"])))]
            elif found["appendix"]:
                self.appendix, self.section = True, []
            elif found["env"]:
                self._enter(found["env"])
            elif len(self.here) > 1 and self._kind(found["end"]):
                self.here.pop()
        return Names(labels, keys)

    def _kind(self, environment: str) -> str:
        named = float_of(environment) or self.theorems.get(environment, "")
        return named or ("Equation" if environment in FORMULAS else "")

    def _enter(self, environment: str) -> None:
        if kind := self._kind(environment):
            self.seen[kind] += 1
            self.here.append((kind, str(self.seen[kind])))

    def _number(self, level: int) -> str:
        # Articles have no chapters: the first level that is used is the first number.
        self.section = [*self.section[: level + 1], *[0] * (level + 1 - len(self.section))]
        self.section[level] += 1
        numbers = [number for number in self.section if number]
        first = chr(64 + min(numbers[0], 26)) if self.appendix else str(numbers[0])
        return ".".join([first, *map(str, numbers[1:])])
