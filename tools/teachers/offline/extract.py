"""Nuggets of one paper by rule: split, role, claim, terms, ground. No model has a say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from memory.records import Document, Kind, Nugget, Passage
from tools.nuggets import distinct, grounded
from tools.papers.notices import is_notice
from tools.teachers.offline.abbreviations import explained, spelled_out
from tools.teachers.offline.claims import MOST, claim_of
from tools.teachers.offline.clauses import parse
from tools.teachers.offline.headings import LABEL
from tools.teachers.offline.roles import Role, RoleEstimate, role_estimate, section_role
from tools.teachers.offline.term_types import Type
from tools.teachers.offline.terms import terms
from tools.text.faith import faithful
from tools.text.sentences import split

SUREST = 0.5
"""Probability of a finding from which a sentence is kept."""


class Sentence(NamedTuple):
    """One sentence in its place."""

    passage: Passage
    start: int
    end: int
    text: str
    section: str
    position: float


def extract(document: Document, passages: Sequence[Passage], made_by: str) -> list[Nugget]:
    """Nuggets in text order, each grounded; [] for a correction of another paper."""
    if is_notice(document.title, document.text):
        return []
    longs = explained(document.text)
    proposed = [
        nugget
        for sentence in sentences(passages)
        if (nugget := _nugget(document, sentence, longs, made_by)) is not None
    ]
    return distinct(grounded(proposed, document, passages))


def sentences(passages: Sequence[Passage]) -> Iterator[Sentence]:
    """Every sentence of the passages, with its section's role and its place in the section.

    A label that runs into a sentence (`Results: …`) holds until the next one or the next heading.
    Text without a heading before a section of results introduces. A heading that says nothing goes
    on with the methods or the results above it: outlines lose their levels in typesetting.
    """
    ordered = sorted(passages, key=lambda passage: (passage.start, passage.end))
    results = [p.start for p in ordered if section_role(p.section) in {"result", "discussion"}]
    above = ""
    for path, group in groupby(ordered, key=lambda passage: passage.section):
        members = list(group)
        low, high = members[0].start, max(passage.end for passage in members)
        role = section_role(path)
        if not any(path) and results and low < results[0]:
            role = "background"
        if not role and (above == "result" or (results and low < results[-1])):
            role = above
        if role != "other":
            above = role if role in {"method", "result"} else ""
        for passage in members:
            for span in split(passage.text):
                start, end = passage.start + span.start, passage.start + span.end
                place = ((start + end) / 2 - low) / (high - low)
                text = passage.text[span.start : span.end]
                if labelled := LABEL.match(text):
                    role = section_role([labelled["label"]])
                yield Sentence(passage, start, end, text, role, place)


def _nugget(
    document: Document, sentence: Sentence, longs: Mapping[str, str], made_by: str
) -> Nugget | None:
    text = re.sub(r"\s+", " ", sentence.text)
    reading = role_estimate(text, sentence.section, sentence.position)
    if reading.found < SUREST:
        return None
    claim = claim_of(sentence.text)
    if claim.refused:
        return None
    told = spelled_out(claim.text, longs)
    if len(told.split()) > MOST or not faithful(told, sentence.text):
        told = claim.text
    found = terms(told)
    named = [t.text for t in found if t.type in {Type.PERSON, Type.NAME, Type.PHRASE}]
    return Nugget(
        paper=document.paper,
        passage=sentence.passage.id,
        page=_page(document, sentence.start, sentence.passage.page),
        claim=told,
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        kind=_kind(told, reading, bool([t for t in found if t.type is Type.QUANTITY])),
        entities=tuple(dict.fromkeys(named))[:8],
        keywords=tuple(dict.fromkeys(t.head for t in found if len(t.head) > 2))[:8],
        confidence=round(reading.found * _clarity(claim.text), 3),
        made_by=made_by,
    )


def _clarity(claim: str) -> float:
    """How well a claim stands and can be taught, 0.5 to 1: long and laden ones less."""
    words = len(claim.split())
    laden = claim.count("(") + claim.count(";") + claim.count(",") // 3
    vague = bool(
        re.search(r"\b(?:both the|the (?:two|three)|[Tt]he \w+ (?:was|were|is|are))\b", claim)
    )
    return max(0.5, 1.0 - 0.015 * max(0, words - 30) - 0.05 * laden - 0.1 * vague)


def _page(document: Document, start: int, fallback: int) -> int:
    return sum(begin <= start for begin in document.page_starts) or fallback


_DEFINES = re.compile(
    r"\b(?:is|are) (?:defined as|called|known as|a (?:kind|type|form|class|species|measure) of)\b"
)
_RESOURCE = re.compile(
    r"\b(?:data ?set|database|corpus|software|package|library|toolkit|benchmark|source code|"
    r"repository|web ?server|pipeline"
    r"|genome assembly|reference genome)\b.{0,80}\b(?:available|released|provides?|contains?|"
    r"comprises?|includes?)\b",
    re.IGNORECASE,
)


def _kind(claim: str, reading: RoleEstimate, measured: bool) -> Kind:
    if _RESOURCE.search(claim):
        return Kind.RESOURCE
    if _DEFINES.search(claim):
        return Kind.DEFINITION
    if reading.role is Role.METHOD:
        return Kind.METHOD
    clause = parse(claim)
    return (
        Kind.QUANTITY
        if measured and clause and (clause.copula or clause.lemma == "have")
        else Kind.FINDING
    )
