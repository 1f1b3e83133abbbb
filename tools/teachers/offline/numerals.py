"""Numbers that a question can ask for: quantities with units, years, counts."""

from __future__ import annotations

import re

from tools.teachers.offline.term_types import Term, Type

_NUMERAL = r"[-−+±]?\d+(?:[.,]\d+)*(?:\s?×\s?10\s?[-−^]?\s?\d+)?"
_WORD_UNITS = (
    "kelvin|percent|per cent|degrees(?: (?:Celsius|Fahrenheit))?|"
    "(?:milli|centi|kilo|micro|nano|mega|giga|deci|hecto|tera|pico)?(?:met(?:re|er)|"
    "gram(?:me)?|lit(?:re|er)|volt|watt|"
    "joule|hertz|pascal|newton|ampere|mole|molar|ohm|tesla|farad|second|bar|electronvolt|byte|"
    "bit|calorie|tonne|ton)s?|"
    "tonnes?|days?|hours?|minutes?|seconds?|weeks?|months?|years?|decades?|centuries|generations?|"
    "(?:square|cubic) \\w+|litres?|fold|times|moles?|bars?|parts per (?:million|billion)|ppm|"
    "ppb|individuals per \\w+"
)
_SYMBOL_UNITS = (
    "%|‰|°\\s?[CFK]?|[µμmkMGncdTp]?(?:g|m|L|l|s|Hz|eV|V|W|J|Pa|mol|M|A|bar|Da|N|Ω|T|F|cal|B|Gy|"
    "Sv|Bq|U|IU)|h|min|bp|kb|Mb|"
    "rpm|CFU|mm ?Hg|cm ?H2O|wt%|dB|px|AU|yr|yrs|d|K|ha|cM|dpi|kcal|mmHg|cmH2O"
)
_UNIT_RE = (
    rf"(?:(?:{_SYMBOL_UNITS})(?:[23²³]|[-−]\d|\^[-−]?\d)?|{_WORD_UNITS})(?![A-Za-z])"
    rf"(?:\s?(?:/|·|per )\s?(?:(?:square |cubic )?[a-zA-Zµμ]+)(?:[23²³])?(?:\s?(?:/|per "
    rf")\s?[a-z]+)?|"
    rf"\s[a-zA-Zµμ]+[-−]\d)?"
)
_QUANTITY = re.compile(rf"(?<![\w.]){_NUMERAL}(?:\s?±\s?\d+(?:\.\d+)?)?(?:\s?-?({_UNIT_RE}))")
_WORD_NUMBER = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_WORD_QUANTITY = re.compile(rf"\b(?:{_WORD_NUMBER})\s({_WORD_UNITS})\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\w.])(?:1[5-9]|20)\d\d(?![\w.]\d|\w|\s?(?:%|m|g|k))")
_COUNT = re.compile(
    rf"(?<![\w.,±-])(?:\d+(?:[.,]\d+)*|\b(?:{_WORD_NUMBER})\b)(?![\w]|[.,±]\d|\s?[%°±×-])",
    re.IGNORECASE,
)
_STATISTIC_BEFORE = re.compile(
    r"(?:\b[pPnNrRtFdf]\s?[²2]?\s?[=<>≤≥]\s?|\bCI\b[^)]*|\(\s*|±\s?|[<>=≤≥]\s?|±)$"
)
_LABEL_BEFORE = re.compile(
    r"\b(?:chromosome|type|grade|stage|phase|group|day|week|table|fig\w*|"
    r"line|strain|version|no\.?|"
    r"number|model|case|category|class|level|step|chapter)\s$",
    re.IGNORECASE,
)


def quantities(text: str) -> list[Term]:
    """Values with their units: `412 kelvin`, `23.4 %`, `six days`; no ends of ranges."""
    found = []
    for pattern in (_QUANTITY, _WORD_QUANTITY):
        for m in pattern.finditer(text):
            if _ranges(text, m.start(), m.end()) or re.match(r"\s?[:=]", text[m.end() :]):
                continue
            found.append(
                Term(m.group(), m.start(), m.end(), Type.QUANTITY, m.group(1).strip().lower())
            )
    return found


def _ranges(text: str, start: int, end: int) -> bool:
    """Whether a number is one end of a range, a statistic or a dose in a list: poor to ask for."""
    before, after = text[max(0, start - 14) : start], text[end : end + 8]
    return bool(
        re.search(r"\d\s?(?:[-–−/]|to|and|or|±|,|,? and)\s?$", before)
        or re.search(r"(?:[=<>≤≥±×/]|CI:?|\[)\s?$", before)
        or re.match(r"\s?(?:[-–−/±×]|to|,? and|or|,)\s?\d", after)
    )


def years(text: str) -> list[Term]:
    """Years as dates: `in 1874`."""
    pattern = r"\b(?:in|since|until|by|of|from|before|after)\s$"
    return [
        Term(m.group(), m.start(), m.end(), Type.YEAR, "year")
        for m in _YEAR.finditer(text)
        if re.search(pattern, text[: m.start()]) and not _ranges(text, m.start(), m.end())
    ]


def counts(text: str) -> list[Term]:
    """Bare numbers that count or measure something: `seven rings`, `a hardness of 6.5`."""
    found = []
    for m in _COUNT.finditer(text):
        before, after = text[: m.start()], text[m.end() :]
        if _STATISTIC_BEFORE.search(before) or _LABEL_BEFORE.search(before):
            continue
        if _QUANTITY.match(text, m.start()):
            continue
        if _ranges(text, m.start(), m.end()) or re.match(r"\s?(?:[%)=<>]|of the |fold)", after):
            continue
        counted = re.match(r"\s+([a-z][\w-]+)", after)
        head = counted.group(1).lower() if counted else ""
        if head or re.search(r"\b(?:of|is|was|are|were|at|to|by)\s$", before):
            found.append(Term(m.group(), m.start(), m.end(), Type.NUMBER, head))
    return found
