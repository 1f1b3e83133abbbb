"""Full papers: nuggets extracted, and their quotes looked up in the publisher's file."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from memory.records import Nugget
from tools.reading import read
from tools.teachers import Engine


class MeasuredPaper(NamedTuple):
    """What was taken of one paper."""

    name: str
    kind: str
    """`research`, `review`, `description` (of software or a course) or `notice`, as published."""
    pages: int
    nuggets: tuple[Nugget, ...]
    zones: Counter[str]
    """How many quotes stand in `findings`, `elsewhere`, an undivided `abstract`, under `other
    headings`, or are `not found`."""
    located: int
    """Quotes that stand at their offsets in the text as it was read."""
    unexplained: int
    """Claims with an abbreviation that the text explains and the claim does not."""


FINDINGS = r"result|discussion|conclusion|finding"
ELSEWHERE = r"introduction|background|method|material|experimental section|objective|aim|purpose"
KINDS = {"correction": "notice", "retraction": "notice", "review-article": "review",
         "other": "description"}  # fmt: skip


def extracted(teacher: Engine, folder: Path) -> list[MeasuredPaper]:
    """Every `*/paper.pdf` of a folder."""
    return [_measured(teacher, path.parent) for path in sorted(folder.glob("*/paper.pdf"))]


def _measured(teacher: Engine, folder: Path) -> MeasuredPaper:
    reading = read(folder / "paper.pdf", folder.name)
    document, truth = reading.document, (folder / "truth.xml").read_text("utf-8")
    nuggets = tuple(teacher.extract(document, reading.passages))
    published = re.search(r'article-type="([\w-]+)"', truth)
    places = _places(folder)
    abbreviations = _explained(document.text)
    return MeasuredPaper(
        folder.name, KINDS.get(published[1] if published else "", "research"), reading.pages,
        nuggets, Counter(_place(nugget.quote, places) for nugget in nuggets),
        sum(document.text[n.start : n.end] == n.quote for n in nuggets),
        sum(any(_uses(n.claim, short, long) for short, long in abbreviations) for n in nuggets),
    )  # fmt: skip


def _places(folder: Path) -> list[tuple[str, str]]:
    """Zone and letters of each part of the publisher's text, findings first."""
    parts = [
        (_zone(part["label"]) or "abstract", part["text"])
        for part in json.loads((folder / "meta.json").read_text("utf-8"))["abstract"]
    ]
    for part in re.split(r"^## ", (folder / "truth.txt").read_text("utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        path, _, text = part.partition("\n")
        if path != "Abstract":
            parts.append((_zone(path.split(" > ")[0]) or "other headings", text))
    order = ("findings", "elsewhere", "abstract", "other headings")
    return sorted(((zone, _letters(text)) for zone, text in parts), key=lambda p: order.index(p[0]))


def _zone(heading: str) -> str:
    if re.search(FINDINGS, heading, re.IGNORECASE):
        return "findings"
    return "elsewhere" if re.search(ELSEWHERE, heading, re.IGNORECASE) else ""


def _place(quote: str, places: list[tuple[str, str]]) -> str:
    wanted = _letters(quote)
    return next((zone for zone, text in places if wanted in text), "not found")


def _letters(text: str) -> str:
    """Letters and digits only: two typesettings of a sentence differ in all the rest."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text.replace("μ", "µ"))).casefold()


def _explained(text: str) -> list[tuple[str, str]]:
    """Abbreviations with the words whose initials they are, just before them in the text."""
    found = {}
    for m in re.finditer(r"\(([A-Z]{2,6})\)", text):
        words = text[: m.start()].split()[-len(m[1]) :]
        if [word[0].upper() for word in words] == list(m[1]):
            found[m[1]] = " ".join(words).lower()
    return list(found.items())


def _uses(claim: str, short: str, long: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){short}(?![\w-])", claim)) and long not in claim.lower()
