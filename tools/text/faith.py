"""Whether a claim keeps to its quote: numbers, units, bounds, denials. Other words are left alone.

A claim may say less than its quote, and say it otherwise (`percent` for `%`, `10 to 20` for
`10–20`, `unaffected` for `not affected`); it brings in no value, changes none, and denies what the
quote denies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import isclose
from typing import NamedTuple

from tools.text.values import Value, leading

NEGATIONS = re.compile(
    r"\b(?:not|(?-i:[Nn]o)|never|none|neither|nor|without|cannot|nothing|nobody|absent|absence|lack(?:s|"
    r"ed|ing)?|"
    r"fail(?:s|ed|ing)?|hardly|scarcely|unable)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Words that deny; `NO` is a gas."""


def faithful(claim: str, quote: str) -> bool:
    """Whether the claim keeps to its quote's numbers, units and negations."""
    return not unfaithful(claim, quote)


@lru_cache(maxsize=4096)
def unfaithful(claim: str, quote: str) -> str:
    """What a claim adds to or changes in its quote: `numbers`, `units`, `negations`; or nothing.

    A number's bound (`<`, `±`, one end of a range) belongs to it, and so do digits in names
    (`IL-6`). A claim may leave out a value (the one of `(Fig. 2)`), never bring one in or repeat
    it. Negations must be equal in count: `not shown to rise` is not `shown not to rise`, but nearly
    every slip of a rewriting drops one or adds one.
    """
    said, told = _taken_apart(claim), _taken_apart(quote)
    if said.names - told.names or said.loose - told.loose:
        return "numbers"
    differ = _values_differ(said.figures, told.figures)
    return differ or ("negations" if _denials_differ(said.text, told.text) else "")


def plain(text: str) -> str:
    """Text with runs of white space as one blank, for comparing what two layouts broke apart."""
    return " ".join(text.replace("\u00ad", "").split())


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SIGNS = str.maketrans(
    {"−": "-", "‐": "-", "‑": "-", "—": "–", "μ": "µ", "º": "°", "˚": "°", "◦": "°", "’": "'"}
)


def _even(text: str) -> str:
    """One spelling for blanks, signs, powers and thousands; pointers at figures taken out."""
    text = re.sub(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴-⁹]+", lambda m: "^" + m[0].translate(_RAISED), plain(text))
    text = text.translate(_RAISED).translate(_SIGNS)
    text = re.sub(r"\+ ?/ ?-|\bplus or minus\b", "±", re.sub(r"\bmicro(?=[glLM]\b)", "µ", text))
    return _POINTER.sub("", re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text))


_POINTER = re.compile(r"\b(?:Fig(?:ure)?s?|Tables?)\.? ?S?\d+\w*")
"""The number of a figure is no value that a claim could have."""
_NAME = re.compile(
    r"(?<!\w)[^\W\d_]\w*(?:[-–.]?\d\w*(?:[.-]\w+)*)+|\d+(?:\.\d+){2,}|\d+(?:[-–]\d+){2,}"
)


def _names(text: str) -> Counter[str]:
    """Names with a digit in them (`IL-6`, `H2O`, `4.3.5`, `14-3-3`), hyphens and capitals apart."""
    return Counter(re.sub(r"[-–]", "", m.group()).casefold() for m in _NAME.finditer(text))


def _loose(text: str) -> Counter[str]:
    """Runs of digits that stand neither in a name nor in a number: those of `802.15.4`."""
    return Counter(re.findall(r"\d+", _NUMBER.sub(" ", _NAME.sub(" ", text))))


class _Figure(NamedTuple):
    """A number in its place."""

    number: float
    units: tuple[tuple[str, float], ...]
    """Name and size of each unit it may have: in `5 and 10 mg`, the 5 is bare or in mg."""
    bound: str
    """`<`, `>`, `≤`, `≥`, `±`, `first` or `last` of a range; empty for a plain value."""
    told: bool
    """Whether the bound is told in words: a rewording may leave it out or bring it in."""

    def fits(self, other: _Figure) -> bool:
        """Whether both are the same value of the same unit."""
        return any(
            name == other_name and isclose(self.number * size, other.number * other_size)
            for name, size in self.units
            for other_name, other_size in other.units
        )

    def bounds_alike(self, other: _Figure) -> bool:
        """Whether the bounds are the same, or one of them only a word that the other spares."""
        if self.bound == other.bound:
            return True
        if self.told or other.told:
            same = {"≤": "<", "≥": ">"}
            ends = {same.get(figure.bound, figure.bound) for figure in (self, other)}
            return len(ends - {""}) == 1
        return False


class _Parts(NamedTuple):
    """What is compared of a text."""

    text: str
    """In one spelling."""
    names: Counter[str]
    loose: Counter[str]
    figures: tuple[_Figure, ...]


@lru_cache(maxsize=64)
def _taken_apart(text: str) -> _Parts:
    """The parts of a text; a claim is often its quote, and a summary is held against its paper."""
    text = _even(text)
    return _Parts(text, _names(text), _loose(text), tuple(_figures(text)))


def _values_differ(said: Sequence[_Figure], told: Sequence[_Figure]) -> str:
    left = list(told)
    for figure in said:
        found = next((f for f in left if figure.fits(f) and figure.bounds_alike(f)), None)
        if found is None:
            alike = any(isclose(figure.number, f.number) and f.bounds_alike(figure) for f in left)
            return "units" if alike else "numbers"
        left.remove(found)
    return ""


_NUMBER = re.compile(
    r"(?<![\w.])(?<![^\W\d_]-)(?<![^\W\d_]–)(?:(?<![\d%°] )(?<![\d)%°])-)?"
    r"(?:\d+(?:[.·]\d+)*|\.\d+)(?: ?[×x] ?10 ?\^?-?\d+)?"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty)\b",
    re.IGNORECASE,
)
_SIGN = re.compile(r"([<>≤≥±]) ?$")
_MORE, _LESS = r"(?:more|greater|higher|larger|longer|older)", r"(?:less|fewer|lower|smaller)"
_TOLD = tuple(
    (bound, re.compile(rf"\b(?:{words}) $", re.IGNORECASE))
    for bound, words in (
        ("≥", rf"{_MORE} than or equal to|at least|not less than"),
        ("≤", rf"{_LESS} than or equal to|at most|up to"),
        (">", rf"{_MORE} than|above|over|exceed(?:s|ed|ing)?"),
        ("<", rf"{_LESS} than|below|under"),
    )
)
_JOINED = re.compile(r" ?(?:,|;|/|–|-|±|,? ?\b(?:to|and|or|by|versus|vs\.?)\b) ?")
"""What stands between numbers that share the last one's unit."""


def _figures(text: str) -> Iterator[_Figure]:
    """The numbers of a text, digits within names apart, each with what belongs to it."""
    found = list(_NUMBER.finditer(text))
    ends, units = [m.end() for m in found], [("", 1.0)] * len(found)
    for i, m in enumerate(found):
        units[i], ends[i] = _unit(text, m.end())
        if not units[i][0] and (aside := _ASIDE.match(text, m.end())):
            units[i] = _unit(text, aside.end())[0]
    shared: list[tuple[tuple[str, float], ...]] = [(unit,) for unit in units]
    gaps = [text[ends[i] : after.start()] for i, (_, after) in enumerate(pairwise(found))]
    for i in reversed(range(len(gaps))):
        if not units[i][0] and _JOINED.fullmatch(gaps[i]):
            shared[i] = tuple(dict.fromkeys((units[i], *shared[i + 1])))
    for i, m in enumerate(found):
        before = text[max(0, m.start() - 60) : m.start()]
        bound, told = _bound(before, gaps[i - 1] if i else "", (gaps[i:] or [""])[0])
        yield _Figure(_number(m.group()), shared[i], bound, told)


def _number(text: str) -> float:
    sign = -1.0 if text[0] == "-" else 1.0
    text = text.lstrip("-")
    found = leading(f"0{text}" if text[0] == "." else text)
    return sign * found[0].number if found else 0.0


_ASIDE = re.compile(r" \([^()]*\)")
"""`9.4 (8.8–9.9) mg`: what stands between a number and its unit."""

_RARE = re.compile(
    r"[ -]?(%(?=[A-Za-z])|°(?=[a-z]{2})|°F|(?:I?U|CFU|rpm|dB|ppb|k?cal|px|[kMGT]B|million|billion|"
    r"thousand)(?![a-z])(?: ?(?:/|\bper\b) ?[A-Za-z]+)?)"
)
"""Units that have no sizes, and a sign that the next word is glued to."""


def _unit(text: str, end: int) -> tuple[tuple[str, float], int]:
    """Name and size of the unit that begins there, and where it ends."""
    if rare := _RARE.match(text, end):
        return (re.sub(r" ?(?:per|/) ?", "/", rare[1]), 1.0), rare.end()
    value, length = leading("1" + text[end : end + 40]) or (Value(1.0, ""), 1)
    return ((value.unit, value.number), end + length - 1) if value.unit else (("", 1.0), end)


_BETWEEN = re.compile(r"\bbetween (?:\S+ ){0,3}$")


def _bound(before: str, gap_before: str, gap_after: str) -> tuple[str, bool]:
    """What limits a number, and whether words say so."""
    if sign := _SIGN.search(before):
        return sign[1], False
    for name, gap in (("last", gap_before), ("first", gap_after)):
        if gap.strip() in {"-", "–"}:
            return name, False
        if gap.strip() == "to" or (gap.strip() == "and" and _BETWEEN.search(before)):
            return name, True
    return next(((name, True) for name, words in _TOLD if words.search(before)), ("", False))


def negations(text: str) -> int:
    """How many words of a text deny something; `not only` denies nothing."""
    text = re.sub(r"\bnot only\b", "", text, flags=re.IGNORECASE)
    return len(NEGATIONS.findall(text.replace("can not", "cannot")))


def without_asides(quote: str) -> str:
    """The quote without `(data not shown)`, whose `not` denies nothing that is claimed."""
    return re.sub(r"\((?:[^()]*; )?(?:data|results) not shown\)", "", quote, flags=re.IGNORECASE)


_DENYING = re.compile(r"(?:un|in|im|ir|il|non|dis)(?=[a-z]{4})")


def _denials_differ(claim: str, quote: str) -> bool:
    """Whether one denies more than the other, a denying syllable for a word being the same."""
    said, told = _bare(claim), _bare(without_asides(quote))
    more, fewer = said - told, told - said
    turned = sum(
        min(count, gone[_DENYING.sub("", word, count=1)])
        for came, gone in ((more, fewer), (fewer, more))
        for word, count in came.items()
        if _DENYING.match(word) and not NEGATIONS.fullmatch(word)
    )
    return abs(negations(claim) - negations(without_asides(quote))) != turned


def _bare(text: str) -> Counter[str]:
    """The words of a text, in lower case; `non-toxic` is one."""
    return Counter(re.findall(r"[a-z]+", re.sub(r"\bnon-", "non", text.lower())))
