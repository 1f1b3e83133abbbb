"""Ground nuggets in their source, by code. Who proposed them, and how, is left to the teachers.

Whatever a teacher says, a quote that is not found at its offsets never becomes a nugget, and a
claim whose numbers, units or negations differ from its quote's never does either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from memory.records import Document, Nugget, Passage

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:[.,·]\d+)*(?:\s?×\s?10)?")
_UNIT = re.compile(
    r"\s?(%|‰|°\s?[CFK]?|(?:[µμmkMGn]?(?:g|m|L|l|s|Hz|eV|V|W|J|Pa|mol|M|A|bar|Da)|kelvin|percent|"
    r"per cent|(?:milli|centi|kilo|micro|nano)?(?:met(?:re|er)|gram|lit(?:re|er)|volt|watt|joule|"
    r"hertz|pascal)s?|days?|hours?|minutes?|seconds?|weeks?|months?|years?|min|h|bp|kb|fold)\b)"
)
NEGATIONS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|nothing|nobody|absent|absence|lack(?:s|"
    r"ed|ing)?|"
    r"fail(?:s|ed|ing)?|hardly|scarcely|unable)\b|n['’]t\b",
    re.IGNORECASE,
)


class Ungrounded(ValueError):
    """A proposed nugget is not what its source says; the message is a reason code."""


def plain(text: str) -> str:
    """Text with runs of white space as one blank, for comparing what two layouts broke apart."""
    return " ".join(text.replace("\u00ad", "").split())


def ground(nugget: Nugget, document: Document, passage: Passage) -> Nugget:
    """The nugget itself, once its quote is found at its offsets and its claim says no more.

    Raises Ungrounded: `other_paper`, `other_passage`, `empty_quote`, `outside_passage`,
    `not_at_offsets`, `numbers`, `units` or `negations`.
    """
    if reason := _why_not(nugget, document, passage):
        raise Ungrounded(reason)
    return nugget


def _why_not(nugget: Nugget, document: Document, passage: Passage) -> str:
    if nugget.paper != document.paper or passage.paper != document.paper:
        return "other_paper"
    if nugget.passage != passage.id:
        return "other_passage"
    if not nugget.quote.strip():
        return "empty_quote"
    if not passage.start <= nugget.start < nugget.end <= passage.end:
        return "outside_passage"
    if document.text[nugget.start : nugget.end] != nugget.quote or nugget.quote not in passage.text:
        return "not_at_offsets"
    return unfaithful(nugget.claim, nugget.quote)


def grounded(
    nuggets: Iterable[Nugget], document: Document, passages: Sequence[Passage]
) -> list[Nugget]:
    """Those of the nuggets that `ground` lets pass, in their order."""
    by_id = {passage.id: passage for passage in passages}
    return [
        nugget
        for nugget in nuggets
        if nugget.passage in by_id and not _why_not(nugget, document, by_id[nugget.passage])
    ]


def numbers(text: str) -> Counter[str]:
    """Numbers of a text, as written but for inner blanks, with how often each stands in it."""
    return Counter(_spelled(m.group()) for m in _NUMBER.finditer(text))


def values(text: str) -> Counter[tuple[str, str]]:
    """The same, each with the unit that follows it, empty where none does."""
    found: Counter[tuple[str, str]] = Counter()
    for m in _NUMBER.finditer(text):
        unit = _UNIT.match(text, m.end())
        found[_spelled(m.group()), _spelled(unit.group(1)) if unit else ""] += 1
    return found


def _spelled(text: str) -> str:
    return re.sub(r"\s", "", text).replace("−", "-")


def negations(text: str) -> int:
    """How many words of a text deny something."""
    return len(NEGATIONS.findall(text))


def unfaithful(claim: str, quote: str) -> str:
    """What a claim adds to or changes in its quote: `numbers`, `units`, `negations`; or nothing.

    A claim may leave out a number (the one of `(Fig. 2)`), never bring one in or repeat it.
    Negations must be equal in count: `not shown to rise` is not `shown not to rise`, but nearly
    every slip of a rewriting drops one or adds one.
    """
    claim, quote = plain(claim), plain(quote)
    if numbers(claim) - numbers(quote):
        return "numbers"
    if values(claim) - values(quote):
        return "units"
    return "negations" if negations(claim) != negations(without_asides(quote)) else ""


def without_asides(quote: str) -> str:
    """The quote without `(data not shown)`, whose `not` denies nothing that is claimed."""
    return re.sub(r"\((?:[^()]*; )?(?:data|results) not shown\)", "", quote, flags=re.IGNORECASE)


def faithful(claim: str, quote: str) -> bool:
    """Whether the claim keeps to its quote's numbers, units and negations."""
    return not unfaithful(claim, quote)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.lower()))


def distinct(nuggets: Sequence[Nugget], overlap: float = 0.8) -> list[Nugget]:
    """One nugget for each thing a paper says, in text order; the surer of two likes stays.

    overlap: Jaccard index of word sets from which two claims with the same numbers are one claim;
    an abstract and a conclusion often repeat a sentence with a word or two changed.
    """
    ranked = sorted(nuggets, key=lambda n: (-n.confidence, n.start, n.id))
    kept: list[tuple[Nugget, frozenset[str], Counter[str], int]] = []
    for nugget in ranked:
        words, figures = _words(nugget.claim), numbers(nugget.claim)
        denials = negations(nugget.claim)
        if not any(
            figures == other_figures
            and denials == other_denials
            and len(words & other) >= overlap * len(words | other)
            for _, other, other_figures, other_denials in kept
        ):
            kept.append((nugget, words, figures, denials))
    return sorted((nugget for nugget, *_ in kept), key=lambda n: (n.start, n.end, n.id))
