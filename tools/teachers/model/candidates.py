"""Make nuggets of what a model proposes, by code alone: located, grounded, supported, told once.

Grounding itself is `tools.nuggets`' business; a candidate that fails anywhere is refused
with a reason.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache

from memory.records import Document, Kind, Nugget, Passage
from prompts.replies import Candidate
from tools.nuggets import Ungrounded, distinct, ground
from tools.teachers.model.locate import locate
from tools.text.faith import plain

TERMS = 8
"""Most entities and keywords kept of one nugget."""
IN_QUOTE, IN_TEXT = 0.4, 0.6
"""Least share of content words that claim and quote have in common, of the shorter one, and least
share of a claim's that the model was shown: a claim that names in full what its quote calls `they`
takes words from around it. Of 592 freely worded conclusions of medical abstracts 0.59 had so much
of the best sentence of their abstract, 0.16 of a random one; of 963, 0.001 had so much of another
abstract, 0.47 of their own without its conclusion."""

_CONTENT = re.compile(r"[^\W\d_]{4,}")
_DOUBT = re.compile(
    r"\b(?:may|might|perhaps|presumably|possib(?:le|ly)|probabl[ey]|suggest\w*|seem(?:s|ed)?|"
    r"(?<!more )(?<!less )(?<!as )likely|appear(?:s|ed)? to|hypothesi[sz]\w*|speculat\w*)\b"
)
_SAID = frozenset(
    ("that", "this", "with", "from", "have", "were", "been", "than", "which", "when", "also",
     "more", "most", "into", "such")
)  # fmt: skip


def nuggets(
    candidates: Iterable[Candidate],
    document: Document,
    passages: Sequence[Passage],
    made_by: str,
    refuse: Callable[[str, str], None],
) -> list[Nugget]:
    """The candidates that their source bears out, no quote twice.

    passages: those that the model was shown.
    refuse: told the reason code and the claim of each candidate that is left out.
    """
    # Few claims need it: most have their words from their quote.
    shown = cache(lambda: stems(" ".join([document.title, *(p.text for p in passages)])))
    made: dict[str, Nugget] = {}
    for candidate in candidates:
        try:
            nugget = _nugget(candidate, document, passages, shown, made_by)
        except Ungrounded as fault:
            refuse(str(fault), candidate.claim)
            continue
        rival = made.setdefault(nugget.id, nugget)
        if rival is not nugget:
            # The quote is the nugget's identity: two claims cannot share one.
            surer, other = sorted((rival, nugget), key=lambda n: -n.confidence)
            made[nugget.id] = surer
            refuse("same_quote", other.claim)
    return list(made.values())


def once(made: Sequence[Nugget], refuse: Callable[[str, str], None]) -> list[Nugget]:
    """One nugget for each thing said, in text order; the others are refused as duplicates."""
    kept = distinct(made)
    ids = {nugget.id for nugget in kept}
    for nugget in made:
        if nugget.id not in ids:
            refuse("duplicate", nugget.claim)
    return kept


def _nugget(
    candidate: Candidate,
    document: Document,
    passages: Sequence[Passage],
    shown: Callable[[], frozenset[str]],
    made_by: str,
) -> Nugget:
    """A grounded nugget.

    Raises Ungrounded: `not_found`, `unsupported`, `overstated`, or a reason of `ground`.
    """
    place = locate(candidate.quote, passages)
    if place is None:
        raise Ungrounded("not_found")
    nugget = Nugget(
        paper=document.paper,
        passage=place.passage.id,
        page=bisect_right(document.page_starts, place.start) or place.passage.page,
        claim=plain(candidate.claim),
        quote=place.quote,
        start=place.start,
        end=place.end,
        kind=Kind(candidate.kind),
        entities=_terms(candidate.entities),
        keywords=_terms(word.lower() for word in candidate.keywords),
        confidence=candidate.sure / 10,
        made_by=made_by,
    )
    ground(nugget, document, place.passage)
    if not supported(nugget.claim, place.quote, shown):
        raise Ungrounded("unsupported")
    if _DOUBT.search(plain(place.quote)) and not _DOUBT.search(nugget.claim):
        raise Ungrounded("overstated")
    return nugget


def _terms(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for word in words if (text := plain(word))))[:TERMS]


def supported(claim: str, quote: str, shown: Callable[[], frozenset[str]]) -> bool:
    """Whether a claim speaks of what its quote speaks of, in words that the model was shown.

    shown: stems of the title and of all passages shown.
    """
    said, quoted = stems(claim), stems(quote)
    if not (said and quoted) or len(said & quoted) < IN_QUOTE * min(len(said), len(quoted)):
        return False
    enough = IN_TEXT * len(said)
    return len(said & quoted) >= enough or len(said & (shown() | quoted)) >= enough


def stems(text: str) -> frozenset[str]:
    """Stems of the content words of a text: four letters and more, in lower case."""
    words = {word.lower() for word in _CONTENT.findall(plain(text))} - _SAID
    return frozenset(map(_stem, words))


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    import snowballstemmer

    return str(snowballstemmer.stemmer("english").stemWord(word))
