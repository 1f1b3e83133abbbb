"""How two claims stand to each other, told from their words and from how near their vectors are.

Cosine similarity cannot tell `412 kelvin` from `415 kelvin`, `rises` from `falls`, `rats` from
`mice`, or who chased whom. So each of these parts two claims by itself, and nearness only says
whether what is left may be the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from memory.records import Relation
from tools.merge.features import DOWN, UP, ClaimFeatures, ClaimTerm
from tools.merge.lexicon import BEING, GLUE, LINKS, NAMED_BY, opposed
from tools.text.values import Value
from tools.text.words import word_set

SAME, SAME_VALUES, SAME_NAMED = 0.80, 0.75, 0.86
CONTRARY, CONTRARY_ATTRIBUTE, RELATED, FARTHEST = 0.80, 0.60, 0.68, 0.45
"""Cosines of all-MiniLM-L6-v2 from which two claims may be the same; the same where they agree in a
value; the same where one names an attribute that the other leaves unnamed; contrary; contrary where
attribute and bearer agree word for word; related; anything at all: a denial can be as far as that
from what it denies."""


def relation(x: ClaimFeatures, y: ClaimFeatures, cosine: float) -> tuple[Relation, str] | None:
    """Relation and its reason, or None for claims that have nothing to do with each other."""
    if cosine < FARTHEST:
        return None
    mine, theirs = residues(x, y)
    if cosine >= CONTRARY_ATTRIBUTE and _other_value(x, y, mine, theirs):
        return Relation.CONTRADICTS, "values"
    differs = difference(x, y)
    apart = "" if cosine < RELATED and differs != "negation" else _apart(x, y, mine, theirs)
    if differs and not apart and cosine >= (FARTHEST if differs == "negation" else CONTRARY):
        return Relation.CONTRADICTS, differs
    if cosine < RELATED:
        return None
    if not differs and not apart and _same(x, y, mine | theirs, cosine):
        return Relation.SAME, "same words and values"
    return Relation.RELATED, differs or apart or "alike"


def difference(x: ClaimFeatures, y: ClaimFeatures) -> str:
    """Which of negation, direction, value or predicate stands against the other's; or empty."""
    if x.denied != y.denied:
        return "negation"
    opposites = _opposites(x, y)
    if _turned(x, y):
        # `A is higher than B` and `B is lower than A` agree; so do `heavier` and `lighter`.
        turned = tuple(_TURN[way] for way in x.directions)
        return "" if (turned == y.directions if turned else opposites) else "direction"
    if x.directions != y.directions and len(x.directions) == len(y.directions):
        return "direction"
    mine, theirs = x.values - y.values, y.values - x.values
    # Two numbers that differ may be a value and its condition: `12 % in 2010`, `15 % in 2011`.
    if len(mine) == len(theirs) == 1:
        (a,), (b,) = mine, theirs
        if a.unit == b.unit and a not in x.conditions and b not in y.conditions:
            return "values"
    return "opposites" if opposites else ""


_TURN = {UP: DOWN, DOWN: UP}


def _turned(x: ClaimFeatures, y: ClaimFeatures) -> bool:
    """Whether what is compared changed places: `A is higher than B`, `B is lower than A`."""
    (before, behind), (others_before, others_behind) = x.compared, y.compared
    return bool(
        behind and others_behind and not behind & others_behind
        and behind <= others_before and others_behind <= before
    )  # fmt: skip


def _opposites(x: ClaimFeatures, y: ClaimFeatures) -> bool:
    """Whether one word said of the subject is the opposite: `is stable`, `is unstable`."""
    said, others = (
        {str(term.what) for term in claim.lines[0] if term.gap & BEING and not term.adjunct}
        for claim in (x, y)
    )
    return any(opposed(a, b) for a in said - others for b in others - said)


def residues(x: ClaimFeatures, y: ClaimFeatures) -> tuple[frozenset[str], frozenset[str]]:
    """Words of each that have nothing alike in the other.

    A verb and the attribute it gives the value of count as alike: `weighs` and `the mass of`.
    """
    mine, theirs = unmatched(x.words, y.words), unmatched(y.words, x.words)
    for a, b, claim in ((mine, theirs, y), (theirs, mine, x)):
        for verb in a:
            names = NAMED_BY.get(verb, frozenset())
            if names & b:
                named = claim.attribute.name if claim.attribute else names
                return mine - named - {verb}, theirs - named - {verb}
    return mine, theirs


def unmatched(words: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Words that have nothing alike among the others."""
    left = words - others
    # Alike words begin alike: this spares nine comparisons in ten.
    heads = {other[:4] for other in others} if left else set()
    return frozenset(w for w in left if w[:4] not in heads or not any(alike(w, o) for o in others))


_ENDINGS = word_set(
    "th er or ion al ial ic i y iti ness ment anc enc at if iz is ing s t pt b ar ous iv eri d e "
    "ed en r atori"
) | {""}


def alike(a: str, b: str) -> bool:
    """Whether two stems are of one family: `grow` and `growth`; not `ethan` and `ethanol`.

    Names with digits are alike only when they are equal.
    """
    if a == b:
        return True
    same = next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), None)
    same = min(len(a), len(b)) if same is None else same
    rests = (a[same:], b[same:])
    return same >= 4 and min(map(len, rests)) <= 1 and all(rest in _ENDINGS for rest in rests)


def _apart(x: ClaimFeatures, y: ClaimFeatures, mine: frozenset[str], theirs: frozenset[str]) -> str:
    """What shows that the two speak of different things; empty where nothing does."""
    if unmatched(x.names, y.words) or unmatched(y.names, x.words):
        return "names"
    if mine and theirs and not _opposites(x, y):
        return "words"
    if (x.conditions ^ y.conditions) - (x.values & y.values):
        return "conditions"
    # `In dry air, its colour is blue`: what stands in front of an attribute may be left out.
    one_value = x.attribute is not None and x.attribute == y.attribute
    if not one_value and (mine & x.adjuncts or theirs & y.adjuncts):
        return "conditions"
    if x.scope != y.scope or (x.denied != y.denied and (x.some or y.some)):
        return "scope"
    # A verb stands elsewhere than the attribute it names, and `than` turns its sides on purpose.
    free = bool(unmatched(x.words, y.words) - mine) or _turned(x, y)
    return "order" if not free and rearranged(x, y) else ""


def _one_attribute(x: ClaimFeatures, y: ClaimFeatures) -> bool:
    """Whether both claims give a value of one attribute of one bearer."""
    a, b = x.attribute, y.attribute
    return a is not None and b is not None and a.name == b.name and a.bearer == b.bearer


def _other_value(
    x: ClaimFeatures, y: ClaimFeatures, mine: frozenset[str], theirs: frozenset[str]
) -> bool:
    """`The A of X is V` against `The A of X is W`: one attribute of one bearer has one value."""
    if x.attribute is None or y.attribute is None or not _one_attribute(x, y):
        return False
    if x.denied != y.denied or x.scope != y.scope or x.conditions != y.conditions:
        return False
    a, b = x.attribute.value, y.attribute.value
    elsewhere = mine & x.adjuncts | theirs & y.adjuncts
    if x.values or y.values:
        return not elsewhere and difference(x, y) == "values"
    return not elsewhere - (a | b) and not a & b


def _same(x: ClaimFeatures, y: ClaimFeatures, extra: frozenset[str], cosine: float) -> bool:
    """Whether nothing but wording is left between two claims that no rule holds apart."""
    if x.values != y.values or len(x.directions) != len(y.directions):
        return False
    if x.attribute and y.attribute and not x.attribute.name & y.attribute.name:
        return False
    extra -= x.manners | y.manners
    if x.values:
        return len(extra) <= max(len(x.words), len(y.words)) / 2 and cosine >= SAME_VALUES
    if extra and not _one_attribute(x, y):
        # `The binding partner of X is Y` and `X binds Y`; `The home of X is Y` and `X is in Y`.
        named = [claim.attribute.name for claim in (x, y) if claim.attribute]
        return any(extra <= name for name in named) and cosine >= SAME_NAMED
    return cosine >= SAME


def rearranged(x: ClaimFeatures, y: ClaimFeatures) -> bool:
    """Whether shared terms changed places so that another thing may be said: `A ate B`, `B ate A`.

    `Growth of mould` may become `mould growth`, `red and blue` become `blue and red`, and a single
    value may stand anywhere. Directions are compared by themselves.
    """
    values = len(x.values) > 1 or len(y.values) > 1
    return all(_moved(a, b, values) for a in x.lines for b in y.lines)


def _moved(left: Sequence[ClaimTerm], right: Sequence[ClaimTerm], values: bool) -> bool:
    places = [
        (i, j)
        for i, j in _places(left, right)
        if left[i].is_word or (values and isinstance(left[i].what, Value))
    ]
    return any(
        (i - k) * (j - m) < 0 and {_joint(left, i, k), _joint(right, j, m)} not in _MOVABLE
        for n, (i, j) in enumerate(places)
        for k, m in places[:n]
    )


def _places(left: Sequence[ClaimTerm], right: Sequence[ClaimTerm]) -> list[tuple[int, int]]:
    """Places of the terms that both lines hold, each taken once, the first with the first."""
    places: list[tuple[int, int]] = []
    free = dict(enumerate(right))
    for exact in (True, False):
        taken = {i for i, _ in places}
        for i, term in enumerate(left):
            if i in taken:
                continue
            for j, other in free.items():
                if _matches(term, other, exact):
                    places.append((i, j))
                    del free[j]
                    break
    return places


def _matches(a: ClaimTerm, b: ClaimTerm, exact: bool) -> bool:
    if exact or not (a.is_word and b.is_word):
        return a.what == b.what
    return alike(str(a.what), str(b.what))


_HAVING = word_set("has have had a an the")
"""`Osk has a hue` is `osk's hue`."""
_MOVABLE = ({"compound", "of"}, {"and"})


def _joint(line: Sequence[ClaimTerm], i: int, j: int) -> str:
    """How two terms of a line hang together: a compound, by `of` or by `and`; or empty."""
    i, j = min(i, j), max(i, j)
    gap = frozenset[str]().union(*(term.gap for term in line[i + 1 : j + 1]))
    if j - i <= 3 and gap <= _HAVING:
        return "compound"
    if j - i <= 3 and "of" in gap and gap <= {"of", "the", "a", "an", "its"}:
        return "of"
    if j - i == 1 and gap <= GLUE and gap & LINKS:
        return "and" if gap & {"and", "or"} else "of"
    return ""
