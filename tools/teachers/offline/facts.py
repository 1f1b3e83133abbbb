"""A claim seen as a fact with one answer: what is asked for, and which orders of words it allows.

What an attribute fills wordings with is here; other orders and questions are in `orders`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from memory.records import GAP
from tools.teachers.offline.clauses import Clause, head, parse
from tools.teachers.offline.term_types import Term, Type
from tools.teachers.offline.terms import terms
from tools.text.faith import NEGATIONS
from tools.text.words import begun, is_plural, lowered, readings


class Attribute(NamedTuple):
    """`the {name} of {bearer} {be} {lead} {value}`; lead is `about` and its like, or empty."""

    name: str
    bearer: str
    be: str
    lead: str


class Fact(NamedTuple):
    """A claim and the term of it that is asked for."""

    claim: str
    """Without its final stop."""
    term: Term
    clause: Clause | None
    attribute: Attribute | None

    @property
    def left(self) -> str:
        """The claim up to the answer."""
        return self.claim[: self.term.start].rstrip()

    @property
    def right(self) -> str:
        """The claim after the answer, beginning with its blank or mark."""
        return self.claim[self.term.end :]

    @property
    def last(self) -> bool:
        """Whether the answer ends the claim."""
        return not self.right.strip()

    @property
    def denied(self) -> bool:
        """Whether the claim says that something is not so."""
        return bool(NEGATIONS.search(self.claim))

    @property
    def gapped(self) -> str:
        """The claim with a gap for the answer."""
        return f"{self.claim[: self.term.start]}{GAP}{self.right}"


_STATISTICS = re.compile(r"\s*\([^()]*(?:[=<>≤≥±]|\bCI\b)[^()]*\)")
"""`(p < 0.001)`, `(n = 12)`: kept in the claim itself, left out of its rewordings."""


@lru_cache(maxsize=20_000)
def stated(claim: str, common: bool = False) -> tuple[str, Clause | None, tuple[Term, ...]]:
    """The claim without its stop, its clause, and its terms.

    common: whether its first word is known to be no name, so that it begins in lower case.
    """
    text = _STATISTICS.sub("", re.sub(r"\s+", " ", claim)).strip().rstrip(".").rstrip()
    if common:
        text = text[:1].lower() + text[1:]
    return text, parse(text), tuple(terms(text))


@lru_cache(maxsize=8)
def lower_case(claims: tuple[str, ...]) -> frozenset[str]:
    """Words that stand in lower case somewhere in the claims: no names, then."""
    return frozenset(
        word for claim in claims for word in re.findall(r"(?<![\w-])[a-z][\w-]*", claim)
    )


def _repeated(text: str, term: Term) -> bool:
    """Whether the claim holds the answer twice: a stem would give it away."""
    pattern = rf"(?<!\w){re.escape(term.text)}(?!\w)"
    return len(re.findall(pattern, text, re.IGNORECASE)) > 1


_RANK = {
    Type.QUANTITY: 5.0,
    Type.PERSON: 5.0,
    Type.NUMBER: 4.0,
    Type.NAME: 3.6,
    Type.YEAR: 3.5,
    Type.DIRECTION: 3.2,
    Type.PHRASE: 2.6,
}


def candidates(claim: str, common: frozenset[str] = frozenset()) -> list[Fact]:
    """Facts that the claim can be asked for, the most telling answer first.

    common: words known to be no names. `Osk resin` is `osk resin` in mid-sentence where other
    claims write `osk`; the dictionary cannot know.
    """
    first = re.match(r"[A-Z][a-z-]+", claim)
    begins = first is not None and first.group().lower() in common
    text, clause, found = stated(claim, begins)
    facts = [
        Fact(text, term, clause, attribute_of(text, clause, term))
        for term in found
        if not _repeated(text, term)
    ]
    return sorted(facts, key=lambda fact: (-worth(fact), fact.term.start))


def worth(fact: Fact) -> float:
    """How telling an answer is: by its type, and by its place in the claim."""
    term = fact.term
    points = _RANK[term.type] + 1.5 * fact.last + 1.5 * (fact.attribute is not None)
    points -= 1.5 * (term.depth > 0)
    if term.type is Type.NUMBER and fact.left.lower().endswith("the"):
        points -= 3.0  # `the two images` counts nothing
    before, after = fact.left.rsplit(" ", 1)[-1].lower(), fact.right.lstrip()
    if before in {"and", "or"} or before.endswith(",") or re.match(r"(?:,|and\b|or\b)", after):
        points -= 1.5
    return points - 2.0 * after.startswith("of ") + _place(fact)


def _place(fact: Fact) -> float:
    if fact.clause is None:
        return -1.0
    subject = fact.claim.find(fact.clause.subject, len(fact.clause.front))
    ending = subject + len(fact.clause.subject)
    if fact.term.end <= subject:
        return -3.0
    if fact.term.end <= ending:
        return -2.0
    # An answer far behind the verb belongs to a side remark; 12 words away it is worth 1 less.
    distance = len(fact.claim[ending : fact.term.start].split()) - len(fact.clause.group.split())
    return 0.8 - min(distance, 20) / 7


_LEAD = (
    r"(?:(?:about|approximately|around|nearly|almost|roughly|only|just|exactly|some|up to|"
    r"at least|more than|less than|over)\s)?"
)
_NOT_ATTRIBUTES = re.compile(
    r"(?:number|proportion|percentage|amount|majority|total|rest|quantity|count|share|fraction|"
    r"sum|part|one|most|half|presence|absence|use|effect|addition|result|aim|purpose|removal|"
    r"introduction)s?$"
)
"""What X does not have: one says `the number of leaves`, not `leaves have a number`."""


def attribute_of(text: str, clause: Clause | None, term: Term) -> Attribute | None:
    """The claim as an attribute of a bearer, where it says no more than that."""
    if clause is None or clause.front or clause.negated or clause.adverbs:
        return None
    if term.end != len(text) or not clause.rest.endswith(term.text):
        return None
    before = clause.rest[: len(clause.rest) - len(term.text)]
    if clause.copula and len(clause.auxiliaries) == 1:
        return _copular(clause, before)
    measured = term.type in {Type.QUANTITY, Type.NUMBER}
    if clause.lemma == "have" and not clause.auxiliaries and measured:
        return _possessive(clause, before)
    return None


def _copular(clause: Clause, before: str) -> Attribute | None:
    between = re.fullmatch(rf"({_LEAD})((?:the|a|an) )?", before)
    found = _of(clause.subject) or _genitive(clause.subject)
    if not between or not found or _NOT_ATTRIBUTES.search(found[0]):
        return None
    lead = f"{between.group(1)}{between.group(2) or ''}".strip()
    return Attribute(*found, clause.auxiliaries[0], lead)


def _possessive(clause: Clause, before: str) -> Attribute | None:
    found = re.fullmatch(rf"an? ([a-z][\w\s-]*?) of ({_LEAD})", before)
    if not found or " of " in found.group(1):
        return None
    be = "was" if clause.past else "is"
    return Attribute(found.group(1), clause.subject, be, found.group(2).strip())


def _of(subject: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"[Tt]he ([\w\s-]+?) of ([^,;()]+)", subject)
    if not found or len(found.group(1).split()) > 5 or len(found.group(2).split()) > 10:
        return None
    return found.group(1), found.group(2)


def _genitive(subject: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"([^,;()]+?)(?:'s|’s|(?<=s)['’]) ([\w\s-]+)", subject)
    return (found.group(2), found.group(1)) if found else None


def several(phrase: str) -> bool:
    """Whether a noun phrase takes a plural verb."""
    if re.match(r"(?:an?|each|every)\s", phrase, re.IGNORECASE):
        return False
    noun = head(phrase)
    return " and " in phrase or (is_plural(noun) and bool(readings(noun.lower())))


def attribute_fields(fact: Fact, attribute: Attribute) -> dict[str, str]:
    """What wordings about an attribute are filled with."""
    name, bearer, be, lead = attribute
    value = f"{lead} {fact.term.text}".strip()
    plural, past = several(bearer), be in {"was", "were"}
    x = lowered(bearer)
    made = {
        "A": name,
        "X": begun(x),
        "x": x,
        "Xs": begun(x) + ("'" if plural and x.endswith("s") else "'s"),
        "be": be,
        "lead": lead,
        "have": "had" if past else "have" if plural else "has",
        "a": "an" if name[:1].lower() in "aeiou" else "a",
        "V": value,
        "V_": begun(value),
    }
    person = fact.term.type in {Type.NAME, Type.PERSON} and name.endswith(("er", "or", "ist"))
    made["q"] = f"{'Who' if person else 'What'} {be} the {name} of {x}?"
    if not person:
        made["do"] = "did" if past else "do" if plural else "does"
    if fact.term.type in {Type.QUANTITY, Type.NUMBER}:
        made |= {"M": name}
    return made
