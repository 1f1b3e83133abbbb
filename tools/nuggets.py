"""Ground nuggets in their source, by code. Who proposed them, and how, is left to the teachers.

Whatever a teacher says, a quote that is not found at its offsets never becomes a nugget, and a
claim whose numbers, units or negations differ from its quote's never does either, nor one that
leans on the text around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from memory.records import Document, Nugget, Passage
from tools.text.faith import NEGATIONS, faithful, negations, plain, unfaithful

__all__ = [
    "NEGATIONS",
    "Ungrounded",
    "dangling",
    "distinct",
    "faithful",
    "ground",
    "grounded",
    "negations",
    "numbers",
    "plain",
    "unfaithful",
]

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:[.,·]\d+)*(?:\s?×\s?10)?")
_WORK = (
    r"(?:study|studies|paper|work|article|review|investigation|research|trial|report|analysis|"
    r"manuscript|survey|experiments?|thesis|project|case|series|corrigendum|erratum|chapter|"
    r"tutorial|letter|note|communication)\b"
)
_POINTER = (
    r"(?:Fig(?:ure)?s?|FIG|Tables?|TABLE|Tabs?|Eqs?|Equations?|Eqns?|Sections?|Sects?|Appendix|"
    r"Appendices|Schemes?|Listings?|Algorithms?|Refs?|Supplementary \w+|Additional [Ff]iles?)"
)
_LEANS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # `I` opens a clause; `collagen I`, `type I` and `phase I` end a name.
    (
        "first_person",
        re.compile(
            r"\b(?:[Ww]e|[Oo]urs?|us|[Oo]urselves|[Mm]y|me|[Mm]yself)\b(?!\.\w)|"
            r"(?:^|[,;:(] ?|\b(?:that|which|as|what|where|when|if|but|because|than) )I (?=[a-z])"
        ),
    ),
    (
        "this_paper",
        re.compile(
            rf"\b(?:this|the present|the current|present|current|the reported) "
            rf"(?:[\w-]+ ){{0,2}}?{_WORK}|"
            r"\bthe (?:proposed|presented) (?:[\w-]+ ){0,3}?(?:methods?|models?|approach|"
            r"algorithms?|systems?|framework|scheme|techniques?|architecture|network|pipeline|strategy)\b|"
            r"\bthe (?:study|paper|article|authors?)\b(?! of\b)|\bherein\b|"
            r"(?:^|\b(?:presented|described|reported|shown|proposed|studied|used) )here\b",
            re.IGNORECASE,
        ),
    ),
    (
        "figure",
        re.compile(
            rf"\b{_POINTER}\.?[ -]?(?:S ?)?(?:\d|[IVX]+\b|[A-Z]\b)|"
            r"\b(?:this|the following) (?:figure|table|section|equation|diagram|graph|list)s?\b|"
            r"\b(?:as|see|shown|described|given|mentioned|discussed|noted|listed) "
            r"(?:above|below|earlier|overleaf)\b|\bsupplementary (?:material|information|data)\b|"
            r"\b(?:data|results) not shown\b"
        ),
    ),
    # [12] or (Smith et al., 2010), not the interval [0, 1] nor the chemical benzo[4,5].
    (
        "citation",
        re.compile(
            r"(?<![\w-])\[[1-9]\d{0,2}(?: ?[,;–-] ?[1-9]\d{0,2})*\](?![\w-])|\bet al\b|"
            r"\((?!January|February|March|April|May|June|July|August|September|October|November|"
            r"December)(?:[Ss]ee |e\.g\.,? |cf\. )?[A-Z][\w’'-]+(?:,? (?:and|&) [A-Z][\w’'-]+)?,? "
            r"(?:1[89]|20)\d\d[a-z]?(?:[;,][^()]*)?\)"
        ),
    ),
    (
        "pronoun",
        re.compile(
            r"^(?:(?:and|but|so|thus|however|therefore|moreover),? )?"
            r"(?:(?:in|for|of|by|on|from|with|at|among|to|under|after|during|(?:both|all|most|some|"
            r"one|each|none) of) )?"
            r"(?:this|these|those(?! (?:who|with|of|in))|they|them|he|she|its|their|his|hers?|"
            r"that(?= (?:is|was|has|had|can|may|shows?|means?)\b)|such(?! as\b)|"
            r"it(?! (?:is|was|has been|remains|may be|might be|takes|took) "
            r"(?:not |also |\w+ly )?(?:[\w-]+ )(?:that|to|for)\b)|"
            r"the (?:former|latter|aforementioned|above|abovementioned|above-mentioned|same|"
            r"following|rest|reverse|opposite|others?))\b|"
            r"\bthe (?:former|latter|aforementioned|above-mentioned|abovementioned)\b",
            re.IGNORECASE,
        ),
    ),
)
"""What a claim cannot hold and stand alone, each with its reason code."""


class Ungrounded(ValueError):
    """A proposed nugget is not what its source says; the message is a reason code."""


def ground(nugget: Nugget, document: Document, passage: Passage) -> Nugget:
    """The nugget itself, once its quote is found at its offsets and its claim says no more.

    Raises Ungrounded: `other_paper`, `other_passage`, `empty_quote`, `outside_passage`,
    `not_at_offsets`, `empty_claim`, `numbers`, `units`, `negations`, or a reason of `dangling`.
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
    if not 0 <= passage.start <= nugget.start < nugget.end <= passage.end <= len(document.text):
        return "outside_passage"
    inside = slice(nugget.start - passage.start, nugget.end - passage.start)
    if not document.text[nugget.start : nugget.end] == nugget.quote == passage.text[inside]:
        return "not_at_offsets"
    if not nugget.claim.strip():
        return "empty_claim"
    return unfaithful(nugget.claim, nugget.quote) or dangling(nugget.claim)


def dangling(claim: str) -> str:
    """Why a claim cannot be understood without its paper; empty where it stands alone.

    `first_person` (we, our), `this_paper` (`this study`, `the authors`), `figure` (`Table 2`, `as
    shown above`), `citation` (`[12]`), `pronoun` (it begins with `these`, `they`, `it`; or has a
    `latter`). `It is possible to …` says all, and so passes. A pronoun inside a claim is let pass:
    what it stands for is mostly in the same claim.
    """
    text = plain(claim)
    return next((reason for reason, pattern in _LEANS if pattern.search(text)), "")


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
    found = (re.sub(r"\s", "", m.group()) for m in _NUMBER.finditer(text))
    return Counter(number.replace("−", "-") for number in found)


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
