"""Texts whose sentences somebody labelled, and what a teacher takes of them. Measures only.

Each loader gives papers as sections of labelled sentences. The teacher sees headings and running
text, never a label; what it keeps is traced back to the labels by offsets.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from memory.records import Document, Nugget, Passage
from tools.teachers import Engine
from tools.text.sentences import split

Said = tuple[str, str]
"""A sentence (or a paragraph, where only those are labelled) and its label."""
Paragraphs = tuple[tuple[Said, ...], ...]


class Text(NamedTuple):
    """One labelled text."""

    name: str
    sections: tuple[tuple[str, Paragraphs], ...]
    """Heading, and its paragraphs."""


class LabelledNuggets(NamedTuple):
    """What a teacher took of one text."""

    nuggets: tuple[Nugget, ...]
    labels: tuple[str, ...]
    """Of each nugget."""
    sentences: tuple[tuple[str, bool], ...]
    """Label of each sentence in order, and whether a nugget quotes it."""
    seconds: float
    """CPU time of the teacher."""


def _abstract(name: str, said: Sequence[Said]) -> Text:
    return Text(name, (("Abstract", (tuple(said),)),))


def pmc(path: Path) -> list[Text]:
    """Abstracts of biology and medicine, in sections that their authors named."""
    return [
        _abstract(row["pmcid"], [(s, part["role"]) for part in row["sections"]
                                 for s in part["sentences"]])
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    ]  # fmt: skip


def csabstruct(path: Path) -> list[Text]:
    """Abstracts of computer science; five people labelled each sentence."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [
        _abstract(f"cs{i}", list(zip(row["sentences"], row["labels"], strict=True)))
        for i, row in enumerate(rows)
    ]


def nicta(path: Path) -> list[Text]:
    """Medline abstracts, word by word; the blanks before marks are taken out."""
    texts = []
    for block in path.read_text("utf-8").split("###")[1:]:
        name, *lines = block.strip().splitlines()
        said = [line.split("\t", 1) for line in lines if "\t" in line]
        texts.append(_abstract(name, [(_joined(text), label) for label, text in said]))
    return texts


def _joined(text: str) -> str:
    text = re.sub(r" ([.,;:)?!%\]])", r"\1", text.strip())
    text = re.sub(r"([(\[]) ", r"\1", text)
    return text if text[-1] in ".!?" else f"{text}."


def pubmedqa(path: Path) -> list[Text]:
    """Abstracts whose paragraphs bear their authors' labels; those with none for results left out.

    The answer by an expert's hand is the abstract's own conclusion.
    """
    texts = []
    for name, row in json.loads(path.read_text("utf-8")).items():
        said = list(zip(row["CONTEXTS"], map(_medline, row["LABELS"]), strict=True))
        if {"RESULTS"} <= {label for _, label in said} and "MIXED" not in dict(said).values():
            texts.append(_abstract(name, [*said, (row["LONG_ANSWER"], "CONCLUSIONS")]))
    return texts


def _medline(label: str) -> str:
    found = re.search(r"RESULT|FINDING|CONCLUSION|OBSERVATION|SYNTHESIS", label)
    done = re.search(r"METHOD|MEASURE|LIMITATION|AIM|BACKGROUND", label)
    return "MIXED" if found and done else "RESULTS" if found else label


ZONES = {
    "OWN": "own work: methods, results, conclusions",
    "AIM": "what the paper sets out to do",
    "BAS": "other work that this one builds on",
    "CTR": "contrast with other work",
    "OTH": "other people's work",
    "BKG": "general background",
    "TXT": "what stands where in the paper",
}
"""Argumentative zones (Teufel 1999). Only OWN counts as right."""


def zoned(path: Path) -> Text:
    """A paper of computational linguistics, each sentence with its argumentative zone."""
    sections: list[tuple[str, list[tuple[Said, ...]]]] = []
    blocks = r"<(ABSTRACT|HEADER|P)\b[^>]*>(.*?)</\1>"
    for kind, body in re.findall(blocks, path.read_text("latin-1"), re.DOTALL):
        if kind == "HEADER":
            sections.append((re.sub(r"<.*?>", "", body).strip(), []))
            continue
        if kind == "ABSTRACT":
            sections.append(("Abstract", []))
        if sections and (said := tuple(_zoned(body))):
            sections[-1][1].append(said)
    return Text(path.stem, tuple((name, tuple(said)) for name, said in sections))


def _zoned(body: str) -> Iterator[Said]:
    """Sentences with their zones; references are written out as a paper prints them."""
    sentence = r"<(?:A-)?S [^>]*?AZ='(\w+)'[^>]*>(.*?)</(?:A-)?S>"
    for zone, raw in re.findall(sentence, body, re.DOTALL):
        cited = re.sub(r"<REF[^>]*>(.*?)</REF>", r"(\1, 1990)", raw)
        plain = re.sub(r"<.*?>", "", cited.replace("<CREF/>", "Figure 1"))
        if text := _joined(" ".join(plain.split()) or "."):
            yield text, zone


def labelled_nuggets(teacher: Engine, text: Text) -> LabelledNuggets:
    """What a teacher takes of a text, with the label of each quote."""
    whole, passages = "", []
    places: list[tuple[int, int, str]] = []
    for heading, paragraphs in text.sections:
        for paragraph in paragraphs:
            begin = len(whole)
            for sentence, label in paragraph:
                whole += " " if len(whole) > begin else ""
                places.append((len(whole), len(whole) + len(sentence), label))
                whole += sentence
            passages.append(
                Passage(paper=text.name, section=(heading,), page=1, start=begin, end=len(whole),
                        text=whole[begin:])
            )  # fmt: skip
            whole += "\n\n"
    document = Document(paper=text.name, text=whole, page_starts=(0,))
    started = time.process_time()
    nuggets = tuple(teacher.extract(document, passages))
    seconds = time.process_time() - started
    labels = tuple(_label(places, nugget.start, nugget.end) for nugget in nuggets)
    sentences = tuple(
        (label, any(n.start < end and start < n.end for n in nuggets))
        for start, end, label in _by_sentence(whole, places)
    )
    return LabelledNuggets(nuggets, labels, sentences, seconds)


def _label(places: Sequence[tuple[int, int, str]], start: int, end: int) -> str:
    """The label of the place that the stretch overlaps most."""
    return max(places, key=lambda place: min(end, place[1]) - max(start, place[0]))[2]


def _by_sentence(
    whole: str, places: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[int, int, str]]:
    """Labelled paragraphs cut into sentences; what is one sentence stays as it is."""
    for start, end, label in places:
        for span in split(whole[start:end]):
            yield start + span.start, start + span.end, label
