"""Words and their parts of speech, by dictionary and neighbours. Clauses are left to others.

The dictionary (lemminflect) lists what a word may be; the word before it usually decides. That is
enough to find a sentence's finite verb and its noun phrases, which is all that is asked of it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


class Tag(StrEnum):
    """Part of speech, as coarse as the rules need."""

    DETERMINER = "D"
    PREPOSITION = "P"
    CONJUNCTION = "C"
    SUBORDINATOR = "S"
    MODAL = "M"
    BE = "B"
    HAVE = "H"
    DO = "O"
    PRONOUN = "R"
    NOT = "!"
    TO = "T"
    ADVERB = "A"
    NUMBER = "#"
    NOUN = "N"
    ADJECTIVE = "J"
    GERUND = "G"
    PARTICIPLE = "E"
    """A past participle, or a past tense that its neighbours leave open."""
    VERB = "V"
    """A finite verb that is nothing else."""
    MAYBE = "v"
    """A finite verb or a noun (`shows`, `increases`)."""
    MARK = "."


class Token(NamedTuple):
    """A word, number or mark, with its offsets in the text and its tag."""

    text: str
    start: int
    end: int
    tag: Tag
    depth: int
    """How many brackets are open around it."""

    @property
    def low(self) -> str:
        """Lower case."""
        return self.text.lower()


_TOKEN = re.compile(
    r"(?:[a-z]\.){2,}|[A-Z]\.(?=\s?[a-z])|\d+(?:[.,·]\d+)*|"
    r"[^\W\d_][\w]*(?:[-–'’./][\w]+)*|\w+(?:-\w+)*|\S"
)
_CLOSED: dict[Tag, str] = {
    Tag.DETERMINER: "a an the this these those each every any some no all both either neither most "
    "many several few more less fewer its their his her our my your such another half",
    Tag.PREPOSITION: "of in on at by for with from into onto upon through throughout during under "
    "over above below between among amongst against across along around within without after "
    "before until since despite per via than toward towards near beside besides beyond except "
    "inside outside like unlike about as versus vs behind regarding concerning following including",
    Tag.CONJUNCTION: "and or but nor yet",
    Tag.SUBORDINATOR: "that which who whom whose where when while whereas although though because "
    "if unless whether how why whereby wherein once",
    Tag.MODAL: "can could may might must shall should will would cannot",
    Tag.BE: "is are was were am be been being",
    Tag.HAVE: "has have had",
    Tag.DO: "do does did",
    Tag.PRONOUN: "i we you he she it they them us him me itself themselves there one",
    Tag.NOT: "not n't",
    Tag.TO: "to",
    Tag.ADVERB: "also only very more most well even still already often then thus hence therefore "
    "however furthermore moreover significantly respectively always never ever here too quite "
    "rather almost nearly again once twice first mainly mostly up down out off away together "
    "approximately roughly about strongly highly markedly slightly further later earlier now",
}
_CLOSED_TAGS = {word: tag for tag, words in reversed(_CLOSED.items()) for word in words.split()}
NUMBER_WORDS = word_set(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion"
)
_NOUN_ENDINGS = ("tion", "sion", "ment", "ness", "ity", "ism", "ance", "ence", "ship", "ology")


@lru_cache(maxsize=50_000)
def readings(word: str) -> tuple[str, ...]:
    """What the dictionary says a lower-case word may be: NOUN, VERB, ADJ, ADV; () if unknown."""
    from tools.text.dictionary import getAllLemmas

    return tuple(sorted(getAllLemmas(word)))


@lru_cache(maxsize=20_000)
def verb_lemma(word: str) -> str:
    """The base form of a verb form; the word itself where the dictionary has none."""
    from tools.text.dictionary import getAllLemmas

    low = word.lower()
    found = getAllLemmas(low, upos="VERB").get("VERB", ())
    # `found` is both `find` and `found`: the shorter history is the commoner word.
    other = [lemma for lemma in found if lemma != low]
    return str((other or list(found) or [low])[0])


@lru_cache(maxsize=20_000)
def inflect(lemma: str, tag: str) -> str:
    """A verb's form: tag is VBZ, VBD, VBN or VBG; the lemma itself where there is none."""
    from tools.text.dictionary import getInflection

    return str((getInflection(lemma, tag) or (lemma,))[0])


def lowered(text: str) -> str:
    """A sentence's beginning as it reads in mid-sentence; names and abbreviations keep capitals."""
    first = re.match(r"[\w-]+", text)
    if (
        not first
        or not first.group()[0].isupper()
        or first.group()[1:] != first.group()[1:].lower()
    ):
        return text if not first or first.group() not in {"A", "I"} else text[0].lower() + text[1:]
    low = first.group().lower()
    following = re.match(r"\s+([A-Z][a-z]+)", text[first.end() :])
    known = (
        low in _CLOSED_TAGS or readings(low) or any(readings(part) for part in low.split("-")[:1])
    )
    named = low not in _CLOSED_TAGS and (following is not None or "PROPN" in readings(low))
    return text[0].lower() + text[1:] if known and not named else text


def begun(text: str) -> str:
    """A text as a sentence begins."""
    return text[:1].upper() + text[1:]


def is_plural(noun: str) -> bool:
    """Whether a noun is plural by its form: `cells`, `data`; unknown words go by their ending."""
    low = noun.lower()
    if low in {"data", "people", "mice", "children", "men", "women", "bacteria", "feet", "teeth"}:
        return True
    return low.endswith("s") and not low.endswith(("ss", "us", "is", "ics", "sis", "ies of"))


def tokens(text: str) -> list[Token]:
    """Tokens in order, tagged."""
    raw = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    found: list[Token] = []
    depth = 0
    for index, (word, start, end) in enumerate(raw):
        following = raw[index + 1][0].lower() if index + 1 < len(raw) else ""
        depth -= word in ")]}" and depth > 0
        found.append(Token(word, start, end, _tag(word, found, following), depth))
        depth += word in "([{"
    return found


def _tag(word: str, before: list[Token], following: str) -> Tag:
    low = word.lower()
    if not word[0].isalnum():
        return Tag.MARK
    if word[0].isdigit() or low in NUMBER_WORDS:
        return Tag.NUMBER
    if low == "as" and not before:
        return Tag.SUBORDINATOR  # `As the particle grows, …`
    if low in _CLOSED_TAGS:
        return _closed(low, following)
    return _open(word, low, before[-1] if before else None, following)


def _closed(low: str, following: str) -> Tag:
    if low == "her" or (low in {"more", "most", "less"} and _may(following, "ADJ")):
        return Tag.DETERMINER if low == "her" else Tag.ADVERB
    return _CLOSED_TAGS[low]


def _may(low: str, reading: str) -> bool:
    return reading in readings(low)


def _open(word: str, low: str, last: Token | None, following: str) -> Tag:
    known = readings(low)
    if not known:
        return _unknown(word, low)
    if word[0].isupper() and last is not None and last.tag is not Tag.MARK and "VERB" in known:
        return Tag.NOUN if low.endswith("ing") or "NOUN" in known else Tag.ADJECTIVE
    if "VERB" in known:
        return _verbal(low, known, last, following)
    if "ADV" in known and (low.endswith("ly") or ("NOUN" not in known and "ADJ" not in known)):
        return Tag.ADVERB
    if "ADJ" in known and ("NOUN" not in known or _nounish(following)):
        return Tag.ADJECTIVE
    return Tag.NOUN if "NOUN" in known else Tag.ADVERB


def _nounish(following: str) -> bool:
    return following.isalpha() and following not in _CLOSED_TAGS and _may(following, "NOUN")


def _unknown(word: str, low: str) -> Tag:
    if low.endswith("ly"):
        return Tag.ADVERB
    if low.endswith("ed") and word.islower() and len(low) > 5:
        return Tag.PARTICIPLE
    if low.endswith(("ous", "ic", "ical", "able", "ible", "ive", "al", "-like", "-free")):
        return Tag.ADJECTIVE
    return Tag.NOUN


_NOUN_BEFORE = {Tag.DETERMINER, Tag.ADJECTIVE, Tag.PREPOSITION, Tag.NUMBER, Tag.GERUND}


def _verbal(low: str, known: tuple[str, ...], last: Token | None, following: str) -> Tag:
    """A word that may be a verb: the word before it decides, then its own form."""
    if low.endswith("ing") and verb_lemma(low) != low:
        return Tag.NOUN if "NOUN" in known and last and last.tag in _NOUN_BEFORE else Tag.GERUND
    if last is not None and last.tag in {Tag.MODAL, Tag.DO, Tag.TO}:
        return Tag.VERB
    past = verb_lemma(low) != low and not low.endswith("s")
    if past:
        return _past(low, known, last, following)
    noun = "NOUN" in known or "ADJ" in known
    if last is None or last.tag in _NOUN_BEFORE or (last.tag is Tag.MARK and not last.depth):
        return _not_verb(low, known, following) if noun else Tag.MAYBE
    third = low.endswith("s") and verb_lemma(low) != low
    if third:
        return Tag.MAYBE if noun else Tag.VERB
    # A base form is finite only after a plural subject: `the extracts inhibit growth`.
    if is_plural(last.text) or last.tag in {Tag.PRONOUN, Tag.ADVERB}:
        return Tag.MAYBE if noun else Tag.VERB
    return _not_verb(low, known, following) if noun else Tag.MAYBE


def _not_verb(low: str, known: tuple[str, ...], following: str) -> Tag:
    if "ADJ" in known and ("NOUN" not in known or _nounish(following)):
        return Tag.ADJECTIVE
    return Tag.NOUN if "NOUN" in known or low.endswith(_NOUN_ENDINGS) else Tag.ADJECTIVE


def _past(low: str, known: tuple[str, ...], last: Token | None, following: str) -> Tag:
    lemma = verb_lemma(low)
    simple, participle = inflect(lemma, "VBD"), inflect(lemma, "VBN")
    if low == participle and low != simple:
        return Tag.PARTICIPLE
    if low == simple and low != participle:
        return Tag.VERB
    if last is not None and last.tag in {Tag.DETERMINER, Tag.PREPOSITION} and _nounish(following):
        return Tag.ADJECTIVE
    if last is not None and last.tag is Tag.DETERMINER:
        return Tag.ADJECTIVE if "NOUN" not in known else Tag.NOUN
    return Tag.PARTICIPLE
