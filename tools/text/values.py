"""Numbers with their units, in one spelling, so that the values of two claims can be compared.

`1.5 kg`, `1,500 grams` and `1.5 × 10^3 g` are one value; `5 mg/kg` and `5 mg/l` are two. What a
value means for its claim is left to `tools.merge.features`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Value(NamedTuple):
    """A number of a unit."""

    number: float
    """In the base of its unit (g, m, l, s, ...), to ten significant digits."""
    unit: str
    """One spelling a unit; empty for a bare number."""
    bound: str = ""
    """`<` or `>` where it is only a bound."""


_SPELLINGS = """
% percent|per cent
° °C|° C|degrees Celsius|degree Celsius|degrees|degree|deg
K kelvins|kelvin
Hz hertz
m metres|metre|meters|meter
g grams|gram|grammes|gramme
l L|litres|litre|liters|liter
s seconds|sec|secs
min minutes|minute|mins
h hours|hour|hr|hrs
d days|day
week weeks|wk|wks
month months|mo
year years|yr|yrs
fold folds|times
eV electronvolts|electronvolt
V volts|volt
W watts|watt
J joules|joule
Pa pascals|pascal
mol moles|mole
M molar
A amperes|ampere
Da daltons|dalton
bp
ppm
ha hectares|hectare
bar bars
"""
_SIGNS = {
    "k": 1e3, "M": 1e6, "G": 1e9, "c": 1e-2, "m": 1e-3, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12,
}  # fmt: skip
_WORDS = {
    "kilo": 1e3, "mega": 1e6, "giga": 1e9, "centi": 1e-2, "milli": 1e-3, "micro": 1e-6,
    "nano": 1e-9, "pico": 1e-12,
}  # fmt: skip
_PREFIXED = {"Hz", "m", "g", "l", "s", "eV", "V", "W", "J", "Pa", "mol", "M", "A", "Da"}
_CONVERTED = {
    "min": ("s", 60.0),
    "h": ("s", 3_600.0),
    "d": ("s", 86_400.0),
    "week": ("s", 604_800.0),
    "year": ("month", 12.0),
}
"""A month has no fixed length and stays what it is."""


def _table() -> dict[str, tuple[str, float]]:
    """Each spelling with its base unit and how many of that it is."""
    table: dict[str, tuple[str, float]] = {}
    for line in _SPELLINGS.strip().splitlines():
        unit, _, others = line.partition(" ")
        base, size = _CONVERTED.get(unit, (unit, 1.0))
        for spelling in filter(None, (unit, *others.split("|"))):
            table[spelling] = (base, size)
            if unit in _PREFIXED:
                # A sign goes before a sign and a word before a word: `kg`, `kilogram`.
                prefixes = _WORDS if len(spelling) > 3 else _SIGNS
                for prefix, factor in prefixes.items():
                    table.setdefault(prefix + spelling, (base, size * factor))
    return table


_UNITS = _table()
_NAMED = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_NUMBERS = {word: float(n) for n, word in enumerate(_NAMED.split(), 2)} | {
    "sixteen": 16.0, "seventeen": 17.0, "eighteen": 18.0, "nineteen": 19.0, "twenty": 20.0,
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "hundred": 100.0,
}  # fmt: skip
_UNIT = rf"(?:{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![^\W\d_])"
_DASH = "[-−–]"
_TOKEN = re.compile(
    rf"(?:(?P<bound>[<>≤≥])\s?)?(?P<minus>(?<![\w.)%]){_DASH})?"
    rf"(?:(?P<digits>\d+(?:[.,·]\d+)*|(?<!\w)\.\d+)"
    rf"(?:\s?[×x]\s?10\s?(?P<power>\^?{_DASH}?\d+))?"
    rf"|(?P<named>\b(?i:{'|'.join(_NUMBERS)})\b))"
    rf"(?:[\s-]?(?P<unit>{_UNIT})(?P<per>(?:\s?(?:/|per)\s?[^\W\d_]+|\s[^\W\d_]+{_DASH}1\b)*))?"
    r"|(?P<word>[^\W\d_](?:[\w'’-]*\w)?[+−]?)"
)
_PER = re.compile(rf"(?:/|\bper\b)\s?([^\W\d_]+)|\s([^\W\d_]+){_DASH}1")


def tokens(text: str) -> Iterator[str | Value]:
    """The words and the values of a text in order; signs and punctuation are left out.

    A digit within a word (`IL-6`, `H2O`) is part of that word, and so is a charge (`CD4+`).
    """
    for found in _TOKEN.finditer(text):
        yield found["word"] or _value(found)


def leading(text: str) -> tuple[Value, int] | None:
    """The value that a text begins with, and where it ends; None where it begins otherwise."""
    found = _TOKEN.match(text)
    return None if found is None or found["word"] else (_value(found), found.end())


def _value(found: re.Match[str]) -> Value:
    number = _NUMBERS[found["named"].lower()] if found["named"] else _number(found["digits"])
    if found["power"]:
        number = float(f"{number:f}e{re.sub(_DASH, '-', found['power'].lstrip('^'))}")
    unit, size = _UNITS[found["unit"]] if found["unit"] else ("", 1.0)
    for below in _PER.finditer(found["per"] or ""):
        name = below[1] or below[2]
        other, factor = _UNITS.get(name, (name.lower(), 1.0))
        unit, size = f"{unit}/{other}", size / factor
    number *= -size if found["minus"] else size
    bound = {"≤": "<", "≥": ">"}.get(found["bound"] or "", found["bound"] or "")
    return Value(float(f"{number:.10g}"), unit, bound)


def _number(digits: str) -> float:
    """`1,200` is a thousand and `1,2` is not; `1.2.3` is read as far as it is a number."""
    grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits)
    plain = digits.replace(",", "" if grouped else ".").replace("·", ".")
    whole, _, rest = plain.partition(".")
    return float(f"{whole or 0}.{rest.partition('.')[0] or 0}")
