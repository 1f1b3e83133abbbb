"""The main clause of a sentence: fronted part, subject, verb group, rest. No meaning is read.

A shallow parse: the finite verb is the first one that no subordinator (`that`, `which`, `while`)
has claimed. None is given where the sentence is not that simple; callers then do without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tools.text.words import Tag, Token, inflect, is_plural, tokens, verb_lemma


class Clause(NamedTuple):
    """A declarative main clause. `front, subject verb rest` spells the sentence again."""

    front: str
    """Fronted adverbial without its comma: `In mice`; empty where there is none."""
    subject: str
    auxiliaries: tuple[str, ...]
    """Finite auxiliaries in order, in lower case: `has`, `been`; includes a copula."""
    adverbs: str
    """What stands inside the verb group: `not`, `significantly`."""
    verb: str
    """The main verb as written; empty for a copula."""
    rest: str
    """Everything after the verb group, without the final stop."""

    @property
    def copula(self) -> bool:
        """Whether the verb is a form of `be` alone."""
        return not self.verb and bool(self.auxiliaries)

    @property
    def passive(self) -> bool:
        """Whether it is a form of `be` with a past participle."""
        bes = {"is", "are", "was", "were", "be", "been"}
        return bool(self.verb) and bool(bes & set(self.auxiliaries)) and not _ing(self.verb)

    @property
    def negated(self) -> bool:
        """Whether the verb group holds a `not`."""
        return bool(re.search(r"\bnot\b|n't|\bcannot\b", f"{self.group} "))

    @property
    def plural(self) -> bool:
        """Whether the verb shows a plural subject; by the subject's head where it shows nothing."""
        if self.auxiliaries:
            first = self.auxiliaries[0]
            if first in {"are", "were", "have", "do"}:
                return True
            if first in {"is", "was", "has", "does"}:
                return False
        elif self.verb.endswith("s") and verb_lemma(self.verb) != self.verb.lower():
            return False
        return is_plural(head(self.subject)) or " and " in self.subject

    @property
    def past(self) -> bool:
        """Whether the finite verb is in the past tense."""
        if self.auxiliaries:
            return self.auxiliaries[0] in {"was", "were", "had", "did"}
        return self.verb.lower() not in {self.lemma, inflect(self.lemma, "VBZ")}

    @property
    def lemma(self) -> str:
        """The main verb's base form; `be` for a copula."""
        return verb_lemma(self.verb) if self.verb else "be"

    @property
    def group(self) -> str:
        """The verb group as one text, auxiliaries first."""
        aux = list(self.auxiliaries)
        words = aux[:1] + self.adverbs.split() + aux[1:] if aux else self.adverbs.split()
        return " ".join([*words, self.verb]).strip()

    @property
    def asked(self) -> tuple[str, str]:
        """Auxiliary and remainder as a question needs them: (`does`, `feed`), (`is`, `found`)."""
        if self.auxiliaries:
            rest = [*self.adverbs.split(), *self.auxiliaries[1:], self.verb]
            return self.auxiliaries[0], " ".join(word for word in rest if word)
        do = "did" if self.past else "do" if self.plural else "does"
        return do, " ".join([*self.adverbs.split(), self.lemma])


def _ing(verb: str) -> bool:
    return verb.lower().endswith("ing")


def head(phrase: str) -> str:
    """Last noun of the first noun phrase: `extracts` of `leaf extracts of two plants`."""
    best = ""
    for token in tokens(phrase):
        if token.depth or (token.tag is Tag.MARK and token.text in "(["):
            continue
        if token.tag in {Tag.PREPOSITION, Tag.SUBORDINATOR, Tag.CONJUNCTION, Tag.TO} and best:
            break
        if token.tag in {Tag.PARTICIPLE, Tag.GERUND} and best:
            break
        if token.text == "," and best:
            break
        if token.text[0].isalnum() and token.tag not in {Tag.DETERMINER, Tag.ADVERB}:
            best = token.text
    return best


_FINITE = {Tag.MODAL, Tag.BE, Tag.HAVE, Tag.DO, Tag.VERB, Tag.MAYBE, Tag.PARTICIPLE}
_AUXILIARY = {Tag.MODAL, Tag.BE, Tag.HAVE, Tag.DO}
_NOT_FINITE = {"be", "been", "being"}
_AFTER_PARTICIPLE = {"by", "from", "in", "with", "using", "for", "at", "on", "to", "as", "under",
                     "during", "after", "before", "against", "into", "between", "of"}  # fmt: skip


def parse(sentence: str) -> Clause | None:
    """The main clause of a declarative sentence, or None where no finite verb was found."""
    text = sentence.strip().rstrip(".")
    words = tokens(text)
    at = finite(words)
    if at is None or at == 0:
        return None
    start = _subject_start(words, at)
    if start >= at:
        return None
    adverb = at
    while adverb > start + 1 and words[adverb - 1].tag in {Tag.ADVERB, Tag.NOT}:
        adverb -= 1
    auxiliaries, adverbs, verb, after = _group(words, at)
    early = [word.text for word in words[adverb:at]]
    return Clause(
        front=text[: words[start].start].rstrip(" ,;") if start else "",
        subject=text[words[start].start : words[adverb - 1].end].strip(" ,"),
        auxiliaries=tuple(auxiliaries),
        adverbs=" ".join([*early, *adverbs]),
        verb=verb,
        rest=text[words[after].start :] if after < len(words) else "",
    )


def finite(words: Sequence[Token]) -> int | None:
    """Index of the main clause's finite verb."""
    claimed = 0
    index = 0
    while index < len(words):
        word = words[index]
        if word.depth or word.tag not in _FINITE or word.low in _NOT_FINITE:
            claimed += not word.depth and word.tag is Tag.SUBORDINATOR and _opens(words, index)
            index += 1
            continue
        if not index or _reduced(words, index):
            index += 1
            continue
        unsure = word.tag in {Tag.PARTICIPLE, Tag.MAYBE}
        if not claimed and not (unsure and _better_later(words, index)):
            return index
        claimed = max(0, claimed - 1)
        index = _group(words, index)[3]
    return None


def _opens(words: Sequence[Token], index: int) -> bool:
    """Whether a subordinator opens a clause with a verb of its own (`that of` does not)."""
    following = words[index + 1] if index + 1 < len(words) else None
    if following is None or following.tag is Tag.PREPOSITION:
        return False
    return not (words[index].low in {"when", "while", "once", "if", "where", "though", "although"}
                and following.tag in {Tag.PARTICIPLE, Tag.GERUND, Tag.ADJECTIVE})  # fmt: skip


def _reduced(words: Sequence[Token], index: int) -> bool:
    """Whether a past form is part of a noun phrase: `the leaves collected in May`, `to be used`."""
    word, last = words[index], words[index - 1]
    if last.text == "," and index + 1 < len(words) and words[index + 1].tag in _NOMINAL:
        # `Compared with controls, treated rats …`
        return word.tag is Tag.PARTICIPLE and words[0].tag in _OPENERS
    if word.tag is Tag.MAYBE:
        return last.low in _CLAUSE_OPENERS or last.tag in {Tag.VERB, Tag.PARTICIPLE, Tag.DETERMINER}
    if word.tag is not Tag.PARTICIPLE:
        return word.tag is Tag.VERB and last.tag in {Tag.TO, Tag.DETERMINER}
    if last.tag in {Tag.TO, Tag.BE, Tag.CONJUNCTION, Tag.PREPOSITION, Tag.DETERMINER}:
        return True
    lemma = verb_lemma(word.low)
    return word.low == inflect(lemma, "VBN") and word.low != inflect(lemma, "VBD")


_NOMINAL = {Tag.NOUN, Tag.MAYBE, Tag.ADJECTIVE}
_CLAUSE_OPENERS = {"although", "though", "because", "while", "whereas", "if", "when", "whether"}
"""Subordinators that a subject follows, never a verb: in `although plots`, `plots` is a noun."""


def _better_later(words: Sequence[Token], index: int) -> bool:
    """Whether a surer finite verb follows with no conjunction, comma or subordinator between."""
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) else None
    if word.tag is Tag.PARTICIPLE and (following is None or following.low not in _AFTER_PARTICIPLE):
        return False
    if word.tag is Tag.MAYBE and following is not None and following.low in {"that", "the", "a"}:
        return False
    joined = False
    for place, later in enumerate(words[index + 1 :], index + 1):
        if later.depth:
            continue
        if later.tag is Tag.SUBORDINATOR or later.text in {",", ";", ":"} or later.low == "but":
            return False
        # `resulted in A and prevented B` joins verbs; `treated with A and B showed` does not.
        joined = joined or (later.tag is Tag.CONJUNCTION and _verbal(words, place + 1))
        if later.tag in _AUXILIARY and later.low not in _NOT_FINITE:
            return not joined
        if later.tag is Tag.VERB and later.low != verb_lemma(later.low):
            return not joined
        if later.tag is Tag.PARTICIPLE and _past(later) and not joined:
            behind = words[place + 1].low if place + 1 < len(words) else ""
            if word.tag is Tag.MAYBE or behind not in _AFTER_PARTICIPLE:
                return True
    return False


def _verbal(words: Sequence[Token], index: int) -> bool:
    verbs = {Tag.VERB, Tag.PARTICIPLE, Tag.ADVERB, Tag.MAYBE} | _AUXILIARY
    return index < len(words) and words[index].tag in verbs


def _past(word: Token) -> bool:
    """Whether a form may be a simple past at all: `ranged`, not `shown`."""
    lemma = verb_lemma(word.low)
    return word.low == inflect(lemma, "VBD")


def _group(words: Sequence[Token], at: int) -> tuple[list[str], list[str], str, int]:
    """Auxiliaries, adverbs, main verb, and the index after the group that begins at `at`."""
    auxiliaries: list[str] = []
    adverbs: list[str] = []
    index = at
    while index < len(words):
        word = words[index]
        if word.depth or word.tag is Tag.MARK:
            break
        if word.tag in _AUXILIARY:
            auxiliaries.append(word.low)
        elif word.tag in {Tag.ADVERB, Tag.NOT}:
            adverbs.append(word.text)
        elif word.tag in {Tag.VERB, Tag.MAYBE, Tag.PARTICIPLE, Tag.GERUND}:
            return _lexical(auxiliaries, adverbs, words, index)
        else:
            break
        index += 1
    return _bare(auxiliaries, adverbs, words, index)


def _lexical(
    auxiliaries: list[str], adverbs: list[str], words: Sequence[Token], index: int
) -> tuple[list[str], list[str], str, int]:
    word = words[index]
    if auxiliaries and auxiliaries[-1] in {"have", "has", "had"} and word.tag is Tag.GERUND:
        return auxiliaries, adverbs, "", index
    return auxiliaries, adverbs, word.text, index + 1


def _bare(
    auxiliaries: list[str], adverbs: list[str], words: Sequence[Token], index: int
) -> tuple[list[str], list[str], str, int]:
    """A group without a lexical verb: a copula, or `have` as the main verb."""
    while adverbs and index and words[index - 1].tag is Tag.ADVERB and len(auxiliaries) > 0:
        # `is nearly 412 kelvin`: the adverb belongs to what follows.
        adverbs.pop()
        index -= 1
    if auxiliaries and auxiliaries[-1] in {"have", "has", "had", "do", "does", "did"}:
        return auxiliaries[:-1], adverbs, auxiliaries[-1], index
    return auxiliaries, adverbs, "", index


_OPENERS = {Tag.PREPOSITION, Tag.SUBORDINATOR, Tag.ADVERB, Tag.TO, Tag.GERUND, Tag.PARTICIPLE}
"""What an adverbial before the subject begins with."""


_NO_SUBJECT = {Tag.CONJUNCTION, Tag.SUBORDINATOR, Tag.GERUND, Tag.PREPOSITION}
"""What a subject does not begin with."""


def _subject_start(words: Sequence[Token], at: int) -> int:
    """Where the subject begins: after the last comma that closes a fronted adverbial."""
    if words[0].tag not in _OPENERS:
        return 0
    commas = [i for i in range(at) if words[i].text == "," and not words[i].depth]
    for comma in commas:
        if comma + 1 < at and words[comma + 1].tag not in _NO_SUBJECT:
            listed = words[0].tag is Tag.PREPOSITION and _list_goes_on(words, comma, at)
            if not listed:
                return comma + 1
    return 0 if not commas else commas[-1] + 1


def _list_goes_on(words: Sequence[Token], comma: int, at: int) -> bool:
    """`In rats, mice, and dogs, the …`: a comma inside a fronted list."""
    later = [i for i in range(comma + 1, at) if words[i].text == "," and not words[i].depth]
    return bool(later) and words[later[0] + 1].tag is Tag.CONJUNCTION
