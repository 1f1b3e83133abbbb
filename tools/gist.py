"""What a claim says, boiled down to what can be compared: words, values, direction, attribute.

Whether two claims agree is left to `merge`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from tools.nuggets import NEGATIONS


class Attribute(NamedTuple):
    """`the name of bearer is value`, each as a set of word stems."""

    name: frozenset[str]
    bearer: frozenset[str]
    value: frozenset[str]


class Gist(NamedTuple):
    """What is compared of a claim."""

    order: tuple[str, ...]
    """Stems of its content words in order."""
    words: frozenset[str]
    """The same as a set, without numbers, units, directions and framing."""
    values: frozenset[str]
    """Numbers, in one spelling, each with its unit where it has one."""
    direction: int
    """+1 more, -1 less, 0 neither or both."""
    denied: bool
    names: frozenset[str]
    """Stems of words with capitals inside the sentence: what a claim is about."""
    attribute: Attribute | None
    """Where the claim is of that shape."""

    def slot_differs(self, other: Gist) -> bool:
        """Whether one word is changed in one sentence: `grain width`, `grain length`.

        Then they speak of different things, however near their vectors are.
        """
        if len(self.order) < 3 or len(other.order) < 3:
            return False
        steps = SequenceMatcher(a=self.order, b=other.order, autojunk=False).get_opcodes()
        changed = [step for step in steps if step[0] != "equal"]
        if len(changed) != 1 or changed[0][0] != "replace":
            return False
        _, i, j, k, m = changed[0]
        return j - i == m - k == 1 and not alike(self.order[i], other.order[k])


_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        the a an of in on at by for with from to into and or but is are was were be been being has
        have had do does did that which who this these those it its as than then there their they
        we our can could may might must will would should also only very more most much many some
        any each both all other such about approximately around nearly almost found show shown
        shows showed reported report reports observed observe study studies result results finding
        findings researchers research evidence suggests value values measured measurement
        measurements determined respectively known significantly significant under over between
        within during among per when where while not no never none without
        """,
    )
)
_MORE = frozenset(
    re.findall(
        r"\S+",
        """increas higher rais greater improv enhanc elev larger faster longer upregul promot stimul
        acceler gain rise rose strengthen activ""",
    )
)
_LESS = frozenset(
    re.findall(
        r"\S+",
        """decreas lower reduc declin smaller slower shorter downregul inhibit suppress worsen
        impair attenu diminish fall fell loss weaken less slow prevent block""",
    )
)
_UNITS = {
    "%": "%", "percent": "%", "°": "°", "°c": "°", "degree": "°", "degrees": "°", "celsius": "°",
    "kelvin": "kelvin", "kelvins": "kelvin", "k": "kelvin", "hertz": "hertz", "hz": "hertz",
    "metre": "metre", "metres": "metre", "meter": "metre", "meters": "metre", "m": "metre",
    "millimetre": "mm", "millimetres": "mm", "mm": "mm", "centimetre": "cm", "centimetres": "cm",
    "cm": "cm", "kilometre": "km", "kilometres": "km", "km": "km", "micrometre": "µm",
    "micrometres": "µm", "µm": "µm", "μm": "µm", "nm": "nm", "nanometres": "nm",
    "gram": "g", "grams": "g", "g": "g", "mg": "mg", "milligrams": "mg", "kg": "kg",
    "kilogram": "kg", "kilograms": "kg", "day": "day", "days": "day", "d": "day", "hour": "hour",
    "hours": "hour", "h": "hour", "minute": "min", "minutes": "min", "min": "min", "second": "s",
    "seconds": "s", "s": "s", "week": "week", "weeks": "week", "month": "month", "months": "month",
    "year": "year", "years": "year", "fold": "fold", "times": "fold", "ml": "ml", "l": "l",
    "litre": "l", "litres": "l", "ev": "ev", "v": "v", "w": "w", "j": "j", "pa": "pa", "kpa": "kpa",
    "mpa": "mpa", "mol": "mol", "ppm": "ppm", "kda": "kda", "bp": "bp", "volts": "v", "watts": "w",
    "joules": "j",
}  # fmt: skip
"""Spellings of units, and one spelling for each. Values of two units are never compared."""

_NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_NUMBER_WORDS = {word: str(n) for n, word in enumerate(_NUMBERS, 2)}
_PIECE = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_](?:[\w'’-]*\w)?|[%°]C?")


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    import snowballstemmer

    stemmer = snowballstemmer.stemmer("english")
    return lru_cache(maxsize=50_000)(lambda word: str(stemmer.stemWord(word)))


@lru_cache(maxsize=50_000)
def gist(claim: str) -> Gist:
    """The comparable gist of a claim."""
    order: list[str] = []
    values: set[str] = set()
    names: set[str] = set()
    sides: set[int] = set()
    pieces = [m.group() for m in _PIECE.finditer(claim)]
    for index, piece in enumerate(pieces):
        low = _bare(piece)
        if piece[0].isdigit() or low in _NUMBER_WORDS:
            following = pieces[index + 1].lower() if index + 1 < len(pieces) else ""
            values.add(f"{_value(_NUMBER_WORDS.get(low, low))} {_UNITS.get(following, '')}".strip())
            continue
        root = _stemmer()(low)
        if side := (root in _MORE) - (root in _LESS):
            sides.add(side)
        elif _tells(low, pieces[index - 1] if index else ""):
            order.append(root)
            if index and piece != piece.lower():
                names.add(root)
    return Gist(
        order=tuple(order),
        words=frozenset(order),
        values=frozenset(values),
        direction=sum(sides),
        denied=len(NEGATIONS.findall(claim)) % 2 == 1,
        names=frozenset(names),
        attribute=_attribute(claim),
    )


def _bare(piece: str) -> str:
    return piece.lower().removesuffix("'s").removesuffix("’s")


def _tells(low: str, before: str) -> bool:
    """Whether a word is a content word: no function word, and no unit behind its number."""
    return low not in _STOP and len(low) > 1 and not (low in _UNITS and before[:1].isdigit())


def _value(digits: str) -> str:
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", digits)
    plain = digits.replace(",", "" if grouped else ".")
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain


_IS = (
    r"(?:is|was)(?: (?:found|shown|measured|determined|reported|known|estimated)"
    r"(?: (?:to be|as|at|to lie (?:in|at|on)))?)?"
)
_ATTRIBUTES = (
    re.compile(rf"(?:the )?(?P<name>[^,;]+?) of (?P<bearer>[^,;]+?) {_IS} (?P<value>[^,;]+)"),
    re.compile(rf"(?P<bearer>[^,;]+?)(?:'s|’s) (?P<name>[^,;]+?) {_IS} (?P<value>[^,;]+)"),
    re.compile(
        r"(?P<bearer>[^,;]+?) ha[sd] (?:an?|its) (?P<name>[^,;]+?) (?:of|in|on|at) "
        r"(?P<value>[^,;]+)"
    ),
)
_MANY_VALUED = re.compile(
    r"(?:effect|role|use|presence|result|aim|purpose|cause|reason|advantage|example|part|one|some|"
    r"goal|function|addition|absence|number|importance|analysis|study|idea|problem)s?$"
)
"""Attributes of which a bearer may have several at once, or none at all."""


def _attribute(claim: str) -> Attribute | None:
    text = re.sub(r"\s+", " ", claim).strip().rstrip(".").lower()
    text = re.sub(r"^(?:in|at|on|under|by|with|for) [^,;]{2,60}, ", "", text)
    for pattern in _ATTRIBUTES:
        found = pattern.fullmatch(text)
        if found and not _MANY_VALUED.search(found["name"]):
            parts = [_stems(found[name]) for name in ("name", "bearer", "value")]
            return Attribute(*parts) if all(parts[:2]) else None
    return None


def _stems(text: str) -> frozenset[str]:
    words = (_bare(m.group()) for m in _PIECE.finditer(text))
    return frozenset(_stemmer()(word) for word in words if word not in _STOP)


def alike(a: str, b: str) -> bool:
    """Whether two stems are of one family: `grow` and `growth`, not `cell` and `cellulos`."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    same = next(
        (i for i, (p, q) in enumerate(zip(short, long, strict=False)) if p != q), len(short)
    )
    return same >= 4 and len(long) - same <= 3 and len(short) - same <= 1


def residue(words: frozenset[str], others: frozenset[str]) -> int:
    """How many words have nothing alike among the others."""
    return sum(not any(alike(word, other) for other in others) for word in words - others)


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of the smaller set that has something alike in the other, in [0, 1]."""
    small, large = sorted((a, b), key=lambda words: (len(words), sorted(words)))
    return 1 - residue(small, large) / max(1, len(small))


def common_words(x: Gist, y: Gist) -> frozenset[str]:
    """Words that both claims hold."""
    return x.words & y.words
