"""A claim seen as a fact with one answer: what is asked for, and which orders of words it allows.

Wordings are in `frames`; this module only supplies what fills them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from memory.records import GAP
from tools.teachers.offline.clauses import Clause, head, parse
from tools.teachers.offline.terms import Term, Type, terms
from tools.teachers.offline.words import (
    Tag,
    inflect,
    is_plural,
    lowered,
    readings,
    tokens,
    verb_lemma,
)


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
    def gapped(self) -> str:
        """The claim with a gap for the answer."""
        return f"{self.claim[: self.term.start]}{GAP}{self.right}"


@lru_cache(maxsize=20_000)
def stated(claim: str, common: bool = False) -> tuple[str, Clause | None, tuple[Term, ...]]:
    """The claim without its stop, its clause, and its terms.

    common: whether its first word is known to be no name, so that it begins in lower case.
    """
    text = re.sub(r"\s+", " ", claim).strip().rstrip(".").rstrip()
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
    found = tuple(term for term in found if not _repeated(text, term))
    facts = [Fact(text, term, clause, attribute_of(text, clause, term)) for term in found]
    return sorted(facts, key=lambda fact: (-_worth(fact) - ('q' in fields(fact)), fact.term.start))


def _worth(fact: Fact) -> float:
    term, clause = fact.term, fact.clause
    worth = _RANK[term.type]
    if term.type is Type.NUMBER and fact.left.endswith(("the", "The")):
        worth -= 3.0
    worth += 1.5 * fact.last + 1.5 * (fact.attribute is not None) - 1.5 * (term.depth > 0)
    before, after = fact.left.rsplit(" ", 1)[-1].lower(), fact.right.lstrip()
    listed = before in {"and", "or", ","} or before.endswith(",") or re.match(r"(?:,|and\b|or\b)", after)
    worth -= 1.5 * bool(listed) + 2.0 * after.startswith("of ")
    if clause is None:
        return worth - 1.0
    subject = fact.claim.find(clause.subject, len(clause.front))
    ending = subject + len(clause.subject)
    if term.start < subject:
        return worth - 2.0
    if term.end <= ending:
        return worth - 1.8
    # An answer far behind the verb belongs to a side remark; 12 words away it is worth 1 less.
    distance = len(fact.claim[ending : term.start].split()) - len(clause.group.split())
    return worth + 0.8 - min(distance, 20) / 7


_LEAD = r"(?:(?:about|approximately|around|nearly|almost|roughly|only|just|exactly|some|up to|at least|more than|less than|over)\s)?"
_NOT_BEARERS = re.compile(
    r"(?:number|proportion|percentage|amount|majority|total|rest|quantity|count|share|fraction|sum|part|one|most|half|"
    r"presence|absence|use|effect|addition|result|results|aim|purpose|addition|removal|introduction)s?$"
)


def attribute_of(text: str, clause: Clause | None, term: Term) -> Attribute | None:
    """The claim as an attribute of a bearer, where it says no more than that."""
    if clause is None or clause.front or clause.negated or term.end != len(text):
        return None
    if clause.copula and len(clause.auxiliaries) == 1 and not clause.adverbs:
        between = re.fullmatch(
            rf"({_LEAD})(?:(the|a|an) )?", clause.rest[: len(clause.rest) - len(term.text)]
        )
        found = _of(clause.subject) or _genitive(clause.subject)
        if between and found and not _NOT_BEARERS.search(found[0]):
            lead = f"{between.group(1)}{between.group(2) or ''}".strip()
            return Attribute(*found, clause.auxiliaries[0], lead)
    if (
        clause.lemma == "have"
        and not clause.auxiliaries
        and not clause.adverbs
        and term.type in {Type.QUANTITY, Type.NUMBER}
    ):
        before = clause.rest[: len(clause.rest) - len(term.text)]
        found_ = re.fullmatch(rf"an? ([a-z][\w\s-]*?) of ({_LEAD})", before)
        if found_ and " of " not in found_.group(1):
            be = "was" if clause.past else "is"
            return Attribute(found_.group(1), clause.subject, be, found_.group(2).strip())
    return None


def _of(subject: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"[Tt]he ([\w\s-]+?) of ([^,;()]+)", subject)
    if not found or len(found.group(1).split()) > 5 or len(found.group(2).split()) > 10:
        return None
    return found.group(1), found.group(2)


def _genitive(subject: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"([^,;()]+?)(?:'s|’s|(?<=s)['’]) ([\w\s-]+)", subject)
    return (found.group(2), found.group(1)) if found else None


def fields(fact: Fact) -> dict[str, str]:
    """Whatever wordings can be filled with; a field is left out where the syntax does not allow it."""
    made = {
        "C": _begun(fact.claim),
        "c": lowered(fact.claim),
        "V": fact.term.text,
        "gapped": _begun(fact.gapped),
        "g": lowered(fact.gapped) if fact.term.start else fact.gapped,
    }
    if fact.last:
        made |= {"open": _begun(fact.left), "o": lowered(fact.left)}
    if fact.attribute:
        return made | _attribute_fields(fact, fact.attribute)
    if fact.clause:
        made |= _orders(fact, fact.clause) | _questions(fact, fact.clause)
    return made


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _attribute_fields(fact: Fact, attribute: Attribute) -> dict[str, str]:
    name, bearer, be, lead = attribute
    value = f"{lead} {fact.term.text}".strip()
    plural = _several(bearer)
    have = "had" if be in {"was", "were"} else "have" if plural else "has"
    do = "did" if be in {"was", "were"} else "do" if plural else "does"
    x = lowered(bearer)
    return {
        "A": name,
        "X": x[:1].upper() + x[1:],
        "x": x,
        "Xs": (x[:1].upper() + x[1:]) + ("'" if plural and x.endswith("s") else "'s"),
        "be": be,
        "lead": lead,
        "have": have,
        "do": do,
        "a": "an" if name[:1].lower() in "aeiou" else "a",
        "V": value,
        "V_": value[:1].upper() + value[1:],
        **({"measure": "yes"} if fact.term.type in {Type.QUANTITY, Type.NUMBER} else {}),
        "q": f"What {be} the {name} of {x}?",
    }


def _several(phrase: str) -> bool:
    return not re.match(r"(?:an?|the|each|every) (?=[^\s]+[^s]$)", phrase, re.IGNORECASE) and (
        is_plural(head(phrase)) and bool(readings(head(phrase).lower())) or " and " in phrase
    )


_PLACE = {"in", "at", "on", "near", "across", "from", "within", "along"}


def _orders(fact: Fact, clause: Clause) -> dict[str, str]:
    """Passive and active turned into each other, clefts, and adverbials moved to the front."""
    made: dict[str, str] = {}
    if turned := _turned(clause):
        made["turned"] = turned
    if cleft := _cleft(fact, clause):
        made["cleft"] = cleft
    if fronted := _fronted(clause):
        made["fronted"] = fronted
    return made


def _simple(text: str) -> bool:
    """Whether a text is one noun phrase, perhaps with `of …`."""
    words = tokens(text)
    if any(w.tag in {Tag.SUBORDINATOR, Tag.CONJUNCTION, Tag.TO, Tag.GERUND, Tag.PARTICIPLE, Tag.VERB, Tag.MAYBE, Tag.BE, Tag.HAVE,
                     Tag.MODAL} or w.text in ",;:" for w in words):  # fmt: skip
        return False
    return not any(w.tag is Tag.PREPOSITION and w.low != "of" for w in words) and bool(head(text))


def _be(phrase: str, past: bool) -> str:
    several = _several(phrase)
    return ("were" if several else "was") if past else ("are" if several else "is")


def _turned(clause: Clause) -> str:
    """`X makes Y` as `Y is made by X`, and `X was first described by N` as `N first described X`."""
    if clause.front or clause.negated or clause.copula:
        return ""
    if clause.passive and len(clause.auxiliaries) == 1 and clause.rest.startswith("by "):
        agent = clause.rest[3:]
        if not _simple(agent) or not _simple(clause.subject):
            return ""
        verb = (
            inflect(clause.lemma, "VBD")
            if clause.past
            else clause.lemma
            if _several(agent)
            else inflect(clause.lemma, "VBZ")
        )
        adverb = f"{clause.adverbs} " if clause.adverbs else ""
        return f"{agent[:1].upper() + agent[1:]} {adverb}{verb} {lowered(clause.subject)}"
    if (
        clause.auxiliaries
        or clause.adverbs
        or clause.lemma in {"have", "become", "remain", "seem", "appear", "belong"}
    ):
        return ""
    if not _simple(clause.rest) or not _simple(clause.subject):
        return ""
    participle = inflect(clause.lemma, "VBN")
    thing = clause.rest[:1].upper() + clause.rest[1:]
    return f"{thing} {_be(clause.rest, clause.past)} {participle} by {lowered(clause.subject)}"


class Between(NamedTuple):
    """What stands between verb and answer: `feeds [thing: young moths] [preposition: on] [the]`."""

    thing: str
    preposition: str
    determiner: str


def _between(fact: Fact, clause: Clause) -> Between | None:
    """The words between verb and answer, where they are that simple."""
    if not clause.rest or not clause.rest.endswith(f"{fact.term.text}{fact.right}"):
        return None
    before = clause.rest[: len(clause.rest) - len(fact.term.text) - len(fact.right)]
    found = re.fullmatch(r"(.*?)\b(?:(the|an?) )?", before)
    if not found:
        return None
    words = found.group(1).split()
    preposition = words.pop() if words and _prepositional(words[-1]) else ""
    thing = " ".join(words)
    if thing and (not preposition or preposition == "of" or not _simple(thing)):
        return None
    return Between(thing, preposition, found.group(2) or "")


def _prepositional(word: str) -> bool:
    return tokens(word)[0].tag in {Tag.PREPOSITION, Tag.TO}


def _cleft(fact: Fact, clause: Clause) -> str:
    """`What the moth eats is the osk leaf`; `It is in Lund that the moss grows`."""
    found = _between(fact, clause)
    if found is None or not fact.last or clause.front or clause.negated or clause.copula:
        return ""
    thing, preposition, determiner = found
    if thing:
        return ""
    value = f"{determiner} {fact.term.text}".strip()
    subject = lowered(clause.subject)
    if preposition:
        return f"It {'was' if clause.past else 'is'} {preposition} {value} that {subject} {clause.group}"
    if (
        fact.term.type in {Type.PERSON, Type.DIRECTION, Type.NUMBER, Type.QUANTITY}
        or clause.auxiliaries
    ):
        return ""
    return f"What {subject} {clause.group} {_be(value, clause.past)} {value}"


def _fronted(clause: Clause) -> str:
    """A closing adverbial put first: `In Lund, the moss grows on stone`."""
    if clause.front or clause.negated:
        return ""
    found = re.match(
        r"(.*\S) ((?:in|at|during|under|after|before|among|within) [^,;()]+)$", clause.rest
    )
    if not found or not clause.copula and not clause.verb:
        return ""
    tail = found.group(2)
    if (
        len(re.findall(r"\b(?:of|and|that|which|with|by|to|than|for|from)\b", tail)) > 1
        or len(tail.split()) > 9
    ):
        return ""
    body = found.group(1)
    if (
        _simple(body)
        or re.fullmatch(r"(?:on|by|with|from) .+", body)
        and _simple(body.split(" ", 1)[1])
    ):
        return f"{tail[:1].upper() + tail[1:]}, {lowered(clause.subject)} {clause.group} {body}"
    return ""


_UNIT_KIND = (
    (r"kelvin|°|degree|celsius", "what temperature"),
    (r"%|percent|per cent", "what percentage"),
    (r"years? old", "what age"),
)


def _unit_asked(term: Term) -> str:
    unit = term.head
    for pattern, asked in _UNIT_KIND:
        if re.match(pattern, unit):
            return asked
    spelled = re.sub(r"^[-−+±]?[\d.,×^± ]*", "", term.text).strip(" -")
    return f"how many {spelled}" if len(unit) > 4 else f"what value in {spelled}"


def _questions(fact: Fact, clause: Clause) -> dict[str, str]:
    """Ways of asking for the answer: fronted, echoed, indirect; none for a direction."""
    made: dict[str, str] = {}
    term = fact.term
    if clause.negated and term.type is not Type.QUANTITY or term.depth:
        return made
    echo = _asked_word(fact)
    if echo and fact.last and not clause.front:
        made["echo"] = f"{_begun(_without_determiner(fact.left))} {echo}?"
    subject = _asks_subject(fact, clause)
    if subject:
        return made | subject
    found = _between(fact, clause)
    if found is None or not echo or clause.front:
        return made
    thing, preposition, _ = found
    auxiliary, remainder = clause.asked
    tail = fact.right.strip()
    if tail[:1] in {",", ";", "(", "-", "/"} or re.match(r"(?:and|or|of)\b", tail):
        return {}
    if tail.endswith(")"):
        return {}
    if term.type is Type.NUMBER and term.head and tail.startswith(term.head):
        words = _counted(tail)
        echo, tail = f"how many {words}", tail[len(words) :].strip()
    asked = f"{preposition} {echo}".strip()
    if echo == "where":
        asked = "where"
    subject = lowered(clause.subject)
    body = " ".join(f"{subject} {remainder} {thing} {tail}".split())
    made["q"] = f"{asked[:1].upper() + asked[1:]} {auxiliary} {body}?"
    made["indirect"] = " ".join(f"{asked} {subject} {clause.group} {thing} {tail}".split())
    return made


def _without_determiner(left: str) -> str:
    return re.sub(r"\s(?:the|an?)$", "", left)


def _counted(tail: str) -> str:
    """The noun phrase at the beginning of a text: `wing spots` of `wing spots in spring`."""
    words = []
    for word in tokens(tail):
        if word.tag not in {Tag.NOUN, Tag.ADJECTIVE, Tag.MAYBE}:
            break
        words.append(word.text)
    return " ".join(words) or tail.split(" ", 1)[0]


def _asked_word(fact: Fact) -> str:
    term = fact.term
    before = fact.left.rsplit(" ", 1)[-1].lower()
    if term.type is Type.DIRECTION:
        return ""
    if term.type is Type.PERSON:
        return "whom" if before in {"by", "from", "of", "to"} else "who"
    if term.type is Type.YEAR:
        return "what year"
    if term.type is Type.QUANTITY:
        return "how much" if before == "by" else _unit_asked(term)
    if term.type is Type.NUMBER:
        return (
            "how many"
            if not term.head
            else f"how many {term.head}"
            if not fact.right.strip().startswith(term.head)
            else "how many"
        )
    return "what"


def _asks_subject(fact: Fact, clause: Clause) -> dict[str, str]:
    """`Who first described X?` for the agent of a passive; `What inhibits growth?` for a subject."""
    term = fact.term
    if clause.front:
        return {}
    if clause.passive and clause.rest == f"by {term.text}" and len(clause.auxiliaries) == 1:
        verb = inflect(clause.lemma, "VBD" if clause.past else "VBZ")
        who = "Who" if term.type is Type.PERSON else "What"
        body = " ".join(f"{clause.adverbs} {verb} {lowered(clause.subject)}".split())
        return {"q": f"{who} {body}?", "indirect": f"{who.lower()} {body}", "which": f"By {'whom' if who == 'Who' else 'what'} "
                f"{clause.auxiliaries[0]} {lowered(clause.subject)} {' '.join(f'{clause.adverbs} {clause.verb}'.split())}?"}  # fmt: skip
    plain = re.sub(r"^(?:The|An?) ", "", clause.subject)
    if term.end < len(fact.claim) and plain == term.text and not _several(clause.subject):
        who = "Who" if term.type is Type.PERSON else "What"
        return {
            "q": f"{who} {clause.group} {clause.rest}?",
            "indirect": f"{who.lower()} {clause.group} {clause.rest}",
        }
    return {}


__all__ = ["Attribute", "Fact", "attribute_of", "candidates", "fields", "stated", "verb_lemma"]
