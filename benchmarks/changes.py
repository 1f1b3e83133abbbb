"""Pairs of claims whose relation is known by construction: a sentence and a change made by rule.

The sentences are others' (results and conclusions of papers); the changes and what they do to a
claim's meaning are ours. A rule gives None for a sentence that it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from benchmarks.rewordings import REWORDINGS, Rule, active, lower, or_none, swap, table, upper
from memory.records import Relation
from tools.merge.lexicon import STOP

NONE = "none"


class Pair(NamedTuple):
    """Two claims and how they stand to each other."""

    kind: str
    truth: str
    """A Relation's value, or NONE."""
    a: str
    b: str


def _value_changed(text: str, chance: Random) -> str | None:
    found = re.search(
        r"\b(?:was|were|is|are|of|by|contains?|reached|identified|had|has) (?:about |approximately "
        r"|up to |a total of )?(\d+(?:\.\d+)?)(?=[\s%])(?! ?°)", text,
    )  # fmt: skip
    if not found or len(re.findall(r"\d+(?:[.,]\d+)*", text)) != 1:
        return None
    return (
        _with_number(text, found.span(1), chance) if not found[1].startswith(("19", "20")) else None
    )


def _one_value_changed(text: str, chance: Random) -> str | None:
    """One of several numbers, be it a result, a size or a condition."""
    numbers = list(re.finditer(r"(?<![\w.,–−-])\d+(?:\.\d+)?(?![\w.,–−-]?[\w–−-])", text))
    return _with_number(text, chance.choice(numbers).span(), chance) if len(numbers) > 1 else None


def _with_number(text: str, span: tuple[int, int], chance: Random) -> str:
    whole, point, rest = text[slice(*span)].partition(".")
    return f"{text[: span[0]]}{int(whole) + chance.randint(1, 9)}{point}{rest}{text[span[1] :]}"


_OTHER_UNIT = table(
    "mg=kg cm=mm days=weeks h=min g>kg years=months hours>days km>m µm>mm nm>µm mM>µM kDa>Da ha>m"
)


def _unit_changed(text: str, _: Random) -> str | None:
    one = len(re.findall(r"\d+(?:[.,]\d+)*", text)) == 1 and not re.search(r"[-−]1\b|\w/", text)
    return or_none(swap(text, _OTHER_UNIT, before=r"(?<=\d )"), text) if one else None


_FLIPS = table(
    "increased=decreased higher=lower increases=decreases increase=decrease improved>worsened "
    "enhanced>impaired greater>smaller upregulated=downregulated promotes=inhibits "
    "inhibited=promoted reduction>increase up-regulated=down-regulated improves>worsens "
    "reduced>increased reduces>increases reduce>increase longer=shorter"
)
_FLIP = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _FLIPS))})(?![\w-])")


def _direction_flipped(text: str, _: Random) -> str | None:
    return swap(text, _FLIPS) if len(_FLIP.findall(text)) == 1 else None


def _negated(text: str, _: Random) -> str | None:
    denied = r"\b(?:not|no|nor|neither|without|never|none|lack\w*|absen\w+|fail\w*)\b"
    verbs = re.findall(r"\b(?:was|were|is|are|can|has|have|had)\b", text)
    if len(verbs) != 1 or re.search(denied, text):
        return None
    return or_none(re.sub(r"\b(was|were|is|are|can)\b(?! able)", r"\1 not", text), text)


def _roles_swapped(text: str, _: Random) -> str | None:
    found = active(text)
    if not found:
        return None
    deed = (found["adverb"] or "") + found["verb"]
    return f"{upper(found['patient'])} {deed} {lower(found['agent'])}."


_WORD = re.compile(rf"(?<=\s)(?!(?:{'|'.join(STOP)})\b)[a-z]{{6,}}(?=[\s,.])")
"""Words of some content."""


def _words_swapped(text: str, chance: Random) -> str | None:
    """Two words with at least three others between them."""
    places = list(_WORD.finditer(text))
    far = [(a, b) for a in places for b in places if text[a.end() : b.start()].count(" ") > 3]
    if not far:
        return None
    a, b = chance.choice(far)
    return f"{text[: a.start()]}{b[0]}{text[a.end() : b.start()]}{a[0]}{text[b.end() :]}"


_OTHERS = table(
    "rice>wheat wheat>barley maize>sorghum Arabidopsis>maize mice=rats mouse>human women=men "
    "children=adults roots>leaves leaves>stems male=female patients=volunteers Japan=Brazil "
    "China=India soil=water girls=boys cattle=sheep bacteria=fungi"
)


def _population_changed(text: str, _: Random) -> str | None:
    return or_none(swap(text, _OTHERS), text)


def _condition_changed(text: str, _: Random) -> str | None:
    return text.replace("at 20 °C", "at 40 °C")


def _condition_added(text: str, chance: Random) -> str | None:
    places = ("under drought", "in older patients", "at high altitude", "in winter")
    return f"{text[:-1]} {chance.choice(places)}." if len(text) < 140 else None


_UNSURE = (
    r"\b(?:may|might|could|likely|possibly|apparently|probably|potential\w*|suggest\w*|appear\w*|"
    r"seem\w*)\b"
)


def _hedged(text: str, _: Random) -> str | None:
    if re.search(_UNSURE, text):
        return None
    changed = re.sub(r"\b(?:is|are)\b", "may be", text, count=1)
    return or_none(re.sub(r"\b(?:was|were)\b", "may have been", changed, count=1), text)


_NAME = re.compile(r"(?<=\s)(?:[A-Z][a-z]*[A-Z0-9][\w-]*|[A-Z]\. [a-z]+)(?=[\s,.])")
"""Genes, strains, species and the like: words of mixed case or with digits."""

RULES: dict[str, tuple[str, Rule]] = {
    **{kind: (Relation.SAME, rule) for kind, rule in REWORDINGS.items()},
    "value changed": (Relation.CONTRADICTS, _value_changed),
    "one of several values": (Relation.CONTRADICTS, _one_value_changed),
    "unit changed": (Relation.CONTRADICTS, _unit_changed),
    "direction flipped": (Relation.CONTRADICTS, _direction_flipped),
    "negated": (Relation.CONTRADICTS, _negated),
    "roles swapped": (Relation.RELATED, _roles_swapped),
    "two words swapped": (Relation.RELATED, _words_swapped),
    "population changed": (Relation.RELATED, _population_changed),
    "condition changed": (Relation.RELATED, _condition_changed),
    "condition added": (Relation.RELATED, _condition_added),
    "hedged": (Relation.RELATED, _hedged),
}
"""Kinds of change and what they make of a claim."""


def _drawn(sentences: Sequence[str]) -> dict[str, tuple[str, Rule]]:
    """The changes that take a word from another sentence."""
    names = sorted({name for text in sentences for name in _NAME.findall(text)})

    def renamed(text: str, chance: Random) -> str | None:
        found, other = _NAME.search(text), chance.choice(names)
        if not found or found[0].rstrip("s") == other.rstrip("s"):
            return None
        return text.replace(found[0], other)

    def replaced(text: str, chance: Random) -> str | None:
        here, there = (_WORD.findall(source) for source in (text, chance.choice(sentences)))
        return text.replace(chance.choice(here), chance.choice(there)) if here and there else None

    related = Relation.RELATED
    return {"name replaced": (related, renamed), "a word replaced": (related, replaced)}


def pairs(sentences: Sequence[str], each: int, seed: int = 0) -> Iterator[Pair]:
    """At most `each` pairs of every kind, the same for the same sentences and seed."""
    warmed = [f"{text[:-1]} at 20 °C." for text in sentences if _FLIP.search(text)]
    for kind, (truth, rule) in {**RULES, **_drawn(sentences)}.items():
        chance = Random(f"{kind} {seed}")
        found = warmed if kind == "condition changed" else sentences
        made = ((text, rule(text, chance)) for text in chance.sample(found, len(found)))
        fit = ((a, b) for a, b in made if b and b != a)
        yield from (Pair(kind, truth, a, b) for (a, b), _ in zip(fit, range(each), strict=False))
    chance = Random(seed)
    for _ in range(each):
        yield Pair("another sentence", NONE, *chance.sample(sentences, 2))
