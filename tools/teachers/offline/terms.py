"""Typed terms of a claim: quantities, names, technical phrases, directions. Choosing is elsewhere.

A term is what a question can ask for; its type says what a wrong option must look like.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from tools.teachers.offline.clauses import finite, parse
from tools.teachers.offline.words import Tag, Token, listed, readings, tokens


class Type(StrEnum):
    """What sort of thing a term names."""

    QUANTITY = "quantity"
    NUMBER = "number"
    YEAR = "year"
    PERSON = "person"
    NAME = "name"
    PHRASE = "phrase"
    DIRECTION = "direction"


class Term(NamedTuple):
    """A stretch of a claim with its type. `text[start:end]` of the claim spells it."""

    text: str
    start: int
    end: int
    type: Type
    head: str
    """Unit of a quantity, last word of a phrase, in lower case: what wrong options share."""
    depth: int = 0
    """How many brackets stand around it."""


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
    "rpm|CFU|wt%|dB|px|AU|yr|yrs|d|K|ha|cM|dpi|kcal|mmHg|cmH2O"
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
_LABEL_BEFORE = re.compile(r"\b(?:chromosome|type|grade|stage|phase|group|day|week|table|fig\w*|"
                        r"line|strain|version|no\.?|"
                           r"number|model|case|category|class|level|step|chapter|level)\s$", re.IGNORECASE)  # fmt: skip

DIRECTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("increases", "decreases", "does not change", "doubles"),
    ("increase", "decrease", "do not change", "double"),
    ("increased", "decreased", "did not change", "doubled"),
    ("increased", "reduced", "did not change", "doubled"),
    ("increases", "reduces", "does not change", "doubles"),
    ("raises", "lowers", "does not affect", "doubles"),
    ("raised", "lowered", "did not affect", "doubled"),
    ("improves", "worsens", "does not affect", "doubles"),
    ("improved", "worsened", "did not affect", "doubled"),
    ("enhanced", "reduced", "did not affect", "abolished"),
    ("enhances", "reduces", "does not affect", "abolishes"),
    ("stimulated", "inhibited", "did not affect", "doubled"),
    ("stimulates", "inhibits", "does not affect", "doubles"),
    ("accelerates", "slows", "does not affect", "reverses"),
    ("higher", "lower", "no different", "ten times lower"),
    ("longer", "shorter", "no different", "ten times shorter"),
)
"""More, less, the same, and one more of the same form. A word's first row is the one used."""


def terms(text: str) -> list[Term]:
    """Typed terms of a claim, in text order, none inside another of higher rank."""
    found: list[Term] = []
    words = _settled(tokens(text))
    for finder in (_quantities, _years, _counts, _directions):
        for term in finder(text):
            if not _overlaps(term, found):
                found.append(term._replace(depth=_depth(words, term.start)))
    for term in [*_complement(text), *_phrases(text, words)]:
        if not _overlaps(term, found):
            found.append(term)
    return sorted(found, key=lambda term: term.start)


def _settled(words: list[Token]) -> list[Token]:
    """Tokens with every `verb or noun` decided: the clause's finite verb, or else a noun."""
    at = finite(words)
    return [
        word._replace(tag=_decided(word, index == at)) if word.tag is Tag.MAYBE else word
        for index, word in enumerate(words)
    ]


def _decided(word: Token, is_finite: bool) -> Tag:
    noun = {"NOUN", "PROPN"} & set(readings(word.low)) or not readings(word.low)
    return Tag.NOUN if noun and not is_finite else Tag.VERB


def _complement(text: str) -> list[Term]:
    """What a short copular sentence says of its subject, adjectives too: `smoke grey`."""
    clause = parse(text)
    if clause is None or not clause.copula or clause.negated or not clause.rest:
        return []
    plain = re.sub(r"^(?:(?:the|an?|about|only|nearly) )+", "", clause.rest)
    words = tokens(plain)
    if not 1 <= len(words) <= 3 or not text.endswith(plain):
        return []
    if any(w.tag not in {Tag.NOUN, Tag.ADJECTIVE, Tag.MAYBE, Tag.GERUND} for w in words):
        return []
    start = len(text) - len(plain)
    return [Term(plain, start, len(text), _case(plain), words[-1].low)]


def _case(text: str) -> Type:
    return Type.NAME if text[:1].isupper() else Type.PHRASE


def _overlaps(term: Term, others: list[Term]) -> bool:
    return any(term.start < other.end and other.start < term.end for other in others)


def _depth(words: list[Token], start: int) -> int:
    return next((word.depth for word in words if word.end > start), 0)


def _quantities(text: str) -> list[Term]:
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


def _years(text: str) -> list[Term]:
    pattern = r"\b(?:in|since|until|by|of|from|before|after)\s$"
    return [
        Term(m.group(), m.start(), m.end(), Type.YEAR, "year")
        for m in _YEAR.finditer(text)
        if re.search(pattern, text[: m.start()]) and not _ranges(text, m.start(), m.end())
    ]


def _counts(text: str) -> list[Term]:
    """Bare numbers that count or measure something: `seven rings`, `a hardness of 6.5`."""
    found = []
    for m in _COUNT.finditer(text):
        before, after = text[: m.start()], text[m.end() :]
        if _STATISTIC_BEFORE.search(before) or _LABEL_BEFORE.search(before):
            continue
        if _ranges(text, m.start(), m.end()) or re.match(r"\s?(?:[%)=<>]|of the |fold)", after):
            continue
        counted = re.match(r"\s+([a-z][\w-]+)", after)
        head = counted.group(1).lower() if counted else ""
        if head or re.search(r"\b(?:of|is|was|are|were|at|to|by)\s$", before):
            found.append(Term(m.group(), m.start(), m.end(), Type.NUMBER, head))
    return found


_DIRECTION = re.compile(
    r"\b(?:" + "|".join(sorted({word for row in DIRECTIONS for word in row[:2]})) + r")\b"
)
_COMPARED = {"than", "in", "when", "at", "for", "on", "after", "under"}


def _directions(text: str) -> list[Term]:
    """`increased`, `lower than`: a finite verb or a comparative, not a noun or a participle."""
    found = []
    words = tokens(text)
    at = finite(words)
    verb = words[at].start if at is not None else -1
    for m in _DIRECTION.finditer(text):
        before, after = text[: m.start()], text[m.end() :].lstrip().split(" ", 1)[0].lower()
        comparative = m.group().endswith("er")
        if re.search(r"\b(?:an?|the|of|not|no|with|to|in|for|and|or)\s$", before):
            continue
        if comparative and after not in _COMPARED:
            continue
        if not comparative and m.start() != verb:
            continue
        if m.group().endswith(("ease", "eases")) and after in {"in", "of", "was", "were"}:
            continue
        found.append(Term(m.group(), m.start(), m.end(), Type.DIRECTION, m.group()))
    return found


_WEAK = listed(
    "effect use result number level rate amount part way type role presence way order group "
    "study case fact addition "
    "time value difference form kind range set total series lack terms comparison relation "
    "respect contrast basis "
    "case evidence control term mean change increase decrease it them which that one other "
    "others thing aspect "
    "combination majority variety effects results levels values groups studies rates changes "
    "differences cases"
)


def _phrases(text: str, words: list[Token]) -> list[Term]:
    """Noun phrases without their determiners; proper names keep their capitals."""
    found: list[Term] = []
    run: list[Token] = []
    for word in [*words, None]:
        if word is not None and _in_phrase(word, run):
            run.append(word)
            continue
        found.extend(_phrase(text, run))
        run = []
        if word is not None and _in_phrase(word, run):
            run.append(word)
    return found


def _in_phrase(word: Token, run: list[Token]) -> bool:
    if run and word.depth != run[-1].depth:
        return False
    if word.tag in {Tag.NOUN, Tag.ADJECTIVE}:
        return True
    if word.tag is Tag.NUMBER:
        return bool(run) and run[-1].text[:1].isupper() and word.text[0].isdigit()
    return False


_GRADED = listed(
    "significant maximum minimum maximal minimal high higher highest low lower lowest better "
    "best good great greater greatest "
    "strong stronger weak large larger largest small smaller different various several similar "
    "same new main major minor "
    "important certain common possible potential further additional other own overall total "
    "mean average included obtained "
    "specific particular considerable substantial slight clear marked notable modest moderate "
    "similar comparable previous present "
    "current recent many few more most less least novel useful effective available possible "
    "entire whole complete long short "
    "serious severe proper own respective remarkable relative positive negative good bad poor "
    "rich key further"
)
"""Adjectives that tell how much, not which: options that differ only in them may all be right."""


def _phrase(text: str, run: list[Token]) -> list[Term]:
    while run and run[0].low in _GRADED:
        run = run[1:]
    while run and run[-1].tag is Tag.ADJECTIVE and not run[-1].text[:1].isupper():
        run = run[:-1]
    if not run:
        return []
    spelled = text[run[0].start : run[-1].end]
    last = run[-1].low
    if len(spelled) < 3 or (len(run) == 1 and last in _WEAK) or len(run) > 6:
        return []
    return [Term(spelled, run[0].start, run[-1].end, _name_type(text, run), last, run[0].depth)]


def _name_type(text: str, run: list[Token]) -> Type:
    first = run[0].start == 0
    capitals = [word for word in run if word.text[:1].isupper()]
    if len(run) in {2, 3} and len(capitals) == len(run) and not first:
        plain = all(
            re.fullmatch(r"[A-Z](?:[a-zà-ÿ]+(?:[-'’][A-Z]?[a-zà-ÿ]+)?|\.)", w.text) for w in run
        )
        by = re.search(r"\b(?:by|named after|after|from|discoverer)\s$", text[: run[0].start])
        if plain and by:
            return Type.PERSON
    named = [word for word in capitals if word.start or (len(run) > 1 and run[1].text[:1].isupper())]
    if named and (run[-1].text[:1].isupper() or len(named) * 2 >= len(run)):
        return Type.NAME
    return Type.PHRASE
