"""Typed terms of a claim: quantities, names, technical phrases, directions. Choosing is elsewhere.

A term is what a question can ask for; its type says what a wrong option must look like.
"""

from __future__ import annotations

import re

from tools.teachers.offline.clauses import finite, parse
from tools.teachers.offline.numerals import counts, quantities, years
from tools.teachers.offline.term_types import DIRECTIONS, Term, Type
from tools.text.words import Tag, Token, readings, tokens, word_set


def terms(text: str) -> list[Term]:
    """Typed terms of a claim, in text order, none inside another of higher rank."""
    found: list[Term] = []
    words = _settled(tokens(text))
    for finder in (quantities, years, counts, _directions):
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


_DIRECTION = re.compile(
    r"\b(?:" + "|".join(sorted({word for row in DIRECTIONS for word in row})) + r")\b"
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


_WEAK = word_set(
    "line amounts accordance agreement favour connection effect use result number level rate "
    "amount part way type role presence order group study case fact addition time value "
    "difference form kind range set total series lack terms comparison relation respect "
    "contrast basis evidence control term mean change increase decrease it them which that one "
    "other others thing aspect combination majority variety effects results levels values "
    "groups studies rates changes differences cases"
)


def _phrases(text: str, words: list[Token]) -> list[Term]:
    """Noun phrases without their determiners; proper names keep their capitals."""
    found: list[Term] = []
    run: list[Token] = []
    for index, word in enumerate(words):
        if _in_phrase(word, run) or (not run and _opens_phrase(words, index)):
            run.append(word)
            continue
        found.extend(_phrase(text, run))
        run = [word] if _in_phrase(word, []) or _opens_phrase(words, index) else []
    return [*found, *_phrase(text, run)]


def _opens_phrase(words: list[Token], index: int) -> bool:
    """Whether a participle stands before its noun: `distilled water`, not `was distilled`."""
    if words[index].tag is not Tag.PARTICIPLE or not 0 < index < len(words) - 1:
        return False
    before, after = words[index - 1].tag, words[index + 1].tag
    return before in {Tag.PREPOSITION, Tag.DETERMINER, Tag.VERB, Tag.TO} and after in {
        Tag.NOUN,
        Tag.ADJECTIVE,
        Tag.PARTICIPLE,
    }


def _in_phrase(word: Token, run: list[Token]) -> bool:
    if run and word.depth != run[-1].depth:
        return False
    if word.tag in {Tag.NOUN, Tag.ADJECTIVE}:
        return True
    if word.tag is Tag.NUMBER:
        return bool(run) and run[-1].text[:1].isupper() and word.text[0].isdigit()
    return False


_GRADED = word_set(
    "significant maximum minimum maximal minimal high higher highest low lower lowest better "
    "best good great greater greatest strong stronger weak large larger largest small smaller "
    "different various several similar same new main major minor important certain common "
    "possible potential further additional other own overall total mean average included "
    "obtained specific particular considerable substantial slight clear marked notable modest "
    "moderate comparable previous present current recent many few more most less least novel "
    "useful effective available entire whole complete long short serious severe proper "
    "respective remarkable relative positive negative bad poor rich key"
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
    shown = len(run) > 1 and run[1].text[:1].isupper()
    named = [word for word in capitals if word.start or shown]
    if named and (run[-1].text[:1].isupper() or len(named) * 2 >= len(run)):
        return Type.NAME
    return Type.PHRASE
