"""Other orders of a sentence's words, and questions about its answer, as its syntax allows.

Everything returns text ready to be filled into a wording of `frames`; what the syntax does not
allow is left out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from memory.records import GAP
from tools.teachers.offline.clauses import Clause, head
from tools.teachers.offline.facts import Fact, attribute_fields, several
from tools.teachers.offline.term_types import Term, Type
from tools.text.words import Tag, begun, inflect, lowered, readings, tokens


def fields(fact: Fact) -> dict[str, str]:
    """Whatever wordings can be filled with, by the names that `frames` uses."""
    made = {
        "C": begun(fact.claim),
        "c": lowered(fact.claim),
        "V": fact.term.text,
        "gapped": begun(fact.gapped),
        "blank": begun(fact.gapped.replace(GAP, "...")),
        "g": lowered(fact.gapped) if fact.term.start else fact.gapped,
    }
    if fact.last:
        made |= {"open": begun(fact.left), "o": lowered(fact.left)}
    if fact.attribute:
        return made | attribute_fields(fact, fact.attribute)
    if fact.clause:
        made |= _orders(fact, fact.clause) | _questions(fact, fact.clause)
    return made


def _orders(fact: Fact, clause: Clause) -> dict[str, str]:
    """Passive and active turned into each other, clefts, and adverbials moved to the front."""
    made = {
        "turned": _active(clause) or _passive(clause),
        "cleft": _cleft(fact, clause),
        "fronted": _fronted(clause),
    }
    return {name: text for name, text in made.items() if text}


_NOT_SIMPLE = {
    Tag.SUBORDINATOR, Tag.CONJUNCTION, Tag.TO, Tag.GERUND, Tag.PARTICIPLE, Tag.VERB, Tag.MAYBE,
    Tag.BE, Tag.HAVE, Tag.MODAL,
}  # fmt: skip


def _simple(text: str) -> bool:
    """Whether a text is one noun phrase, perhaps with `of …`."""
    words = tokens(text)
    if any(word.tag in _NOT_SIMPLE or word.text in ",;:" for word in words):
        return False
    return not any(w.tag is Tag.PREPOSITION and w.low != "of" for w in words) and bool(head(text))


def _be(phrase: str, past: bool) -> str:
    plural = several(phrase)
    return ("were" if plural else "was") if past else ("are" if plural else "is")


def _finite(lemma: str, subject: str, past: bool) -> str:
    """The verb form that agrees with a subject."""
    if past:
        return inflect(lemma, "VBD")
    return lemma if several(subject) else inflect(lemma, "VBZ")


def _active(clause: Clause) -> str:
    """`X was first described by N` as `N first described X`."""
    if clause.front or clause.negated or not clause.passive or len(clause.auxiliaries) != 1:
        return ""
    if not clause.rest.startswith("by ") or not _simple(clause.subject):
        return ""
    agent = clause.rest[3:]
    if not _simple(agent):
        return ""
    verb = f"{clause.adverbs} {_finite(clause.lemma, agent, clause.past)}".strip()
    return f"{begun(agent)} {verb} {lowered(clause.subject)}"


_NO_PASSIVE = {"have", "become", "remain", "seem", "appear", "belong", "contain", "be"}


def _passive(clause: Clause) -> str:
    """`X makes Y` as `Y is made by X`."""
    if clause.front or clause.auxiliaries or clause.adverbs or clause.lemma in _NO_PASSIVE:
        return ""
    if not _simple(clause.rest) or not _simple(clause.subject):
        return ""
    participle = inflect(clause.lemma, "VBN")
    be = _be(clause.rest, clause.past)
    return f"{begun(clause.rest)} {be} {participle} by {lowered(clause.subject)}"


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
    found = re.fullmatch(r"(.*?)(?:\b(the|an?) )?", before)
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


_NO_CLEFT = {Type.PERSON, Type.DIRECTION, Type.NUMBER, Type.QUANTITY}


def _cleft(fact: Fact, clause: Clause) -> str:
    """`What the moth eats is the osk leaf`; `It is in Lund that the moss grows`."""
    found = _between(fact, clause)
    if found is None or found.thing or not fact.last:
        return ""
    if clause.front or clause.negated or clause.copula:
        return ""
    value = f"{found.determiner} {fact.term.text}".strip()
    subject, be = lowered(clause.subject), "was" if clause.past else "is"
    if found.preposition:
        return f"It {be} {found.preposition} {value} that {subject} {clause.group}"
    if fact.term.type in _NO_CLEFT or clause.auxiliaries:
        return ""
    return f"What {subject} {clause.group} {_be(value, clause.past)} {value}"


_ADVERBIAL = re.compile(
    r"(.*\S) ((?:in|at|during|under|after|before|among|within) [^,;()]+)$",
)
_MORE_PHRASES = re.compile(r"\b(?:of|and|that|which|with|by|to|than|for|from)\b")


def _fronted(clause: Clause) -> str:
    """A closing adverbial put first: `In Lund, the moss grows on stone`."""
    found = _ADVERBIAL.match(clause.rest)
    if clause.front or clause.negated or not found:
        return ""
    body, tail = found.groups()
    if len(_MORE_PHRASES.findall(tail)) > 1 or len(tail.split()) > 9:
        return ""
    after_preposition = re.fullmatch(r"(?:on|by|with|from) (.+)", body)
    if not _simple(after_preposition.group(1) if after_preposition else body):
        return ""
    return f"{begun(tail)}, {lowered(clause.subject)} {clause.group} {body}"


def _questions(fact: Fact, clause: Clause) -> dict[str, str]:
    """Ways of asking for the answer: `q` fronted, `echo`, `indirect`, `which`."""
    asked = _asked_word(fact, clause)
    if not asked or clause.front or fact.term.depth or clause.negated:
        return {}
    made: dict[str, str] = {}
    if fact.last:
        left = re.sub(r"\s(?:the|an?)$", "", fact.left)
        if asked == "where":
            left, asked_last = re.sub(r"\s\w+$", "", left), "where"
        else:
            asked_last = asked
        made["echo"] = f"{begun(left)} {asked_last}?"
    return made | (_of_agent(fact, clause) or _of_subject(fact, clause)
                   or _of_object(fact, clause, asked))  # fmt: skip


def _of_object(fact: Fact, clause: Clause, asked: str) -> dict[str, str]:
    """`On what does X feed?`, with whatever follows the answer left in its place."""
    found = _between(fact, clause)
    tail = fact.right.strip()
    if found is None or re.match(r"[,;(/-]|(?:and|or|of)\b", tail) or tail.endswith(")"):
        return {}
    if fact.term.type is Type.NUMBER and fact.term.head and tail.startswith(fact.term.head):
        counted = _counted(tail)
        asked, tail = f"how many {counted}", tail[len(counted) :].strip()
    asked = "where" if asked == "where" else f"{found.preposition} {asked}".strip()
    auxiliary, remainder = clause.asked
    subject = lowered(clause.subject)
    body = " ".join(f"{auxiliary} {subject} {remainder} {found.thing} {tail}".split())
    told = " ".join(f"{subject} {clause.group} {found.thing} {tail}".split())
    return {"q": f"{begun(asked)} {body}?", "indirect": f"{asked} {told}"}


def _counted(tail: str) -> str:
    """The noun phrase at the beginning of a text: `wing spots` of `wing spots in spring`."""
    words = []
    for word in tokens(tail):
        if word.tag not in {Tag.NOUN, Tag.ADJECTIVE, Tag.MAYBE}:
            break
        words.append(word.text)
    return " ".join(words) or tail.split(" ", 1)[0]


_UNIT_KIND = (
    (r"kelvin|°|degree|celsius", "what temperature"),
    (r"%|percent|per cent", "what percentage"),
    (r"hertz|.?hz$", "what frequency"),
)
_MONTHS = frozenset(
    ["january", "february", "march", "april", "may", "june", "july", "august", "september",
     "october", "november", "december"]
)  # fmt: skip
_WHERE = {"find", "locate", "live", "occur", "grow", "situate", "discover", "breed", "lie", "see"}


def _asked_word(fact: Fact, clause: Clause) -> str:
    """The question word for an answer; empty for a direction, which nothing asks for simply."""
    term, before = fact.term, fact.left.rsplit(" ", 1)[-1].lower()
    if term.type is Type.DIRECTION:
        return ""
    if term.type is Type.PERSON:
        return "whom" if before in {"by", "from", "of", "to"} else "who"
    if term.type is Type.YEAR or term.text.lower() in _MONTHS:
        return "what year" if term.type is Type.YEAR else "what month"
    if term.type is Type.QUANTITY:
        return "how much" if before == "by" else _unit_asked(term)
    if term.type is Type.NUMBER:
        counted = fact.right.strip().startswith(term.head)
        return "how many" if counted or not term.head else f"how many {term.head}"
    found = _between(fact, clause)
    place = found and found.preposition in {"in", "at", "on", "near", "along"} and not found.thing
    return "where" if place and term.type is Type.NAME and clause.lemma in _WHERE else "what"


def _unit_asked(term: Term) -> str:
    for pattern, asked in _UNIT_KIND:
        if re.match(pattern, term.head):
            return asked
    spelled = re.sub(r"^[-−+±]?[\d.,×^± ]*", "", term.text).strip(" -")
    word = len(term.head) > 4 or readings(term.head)
    return f"how many {spelled}" if word else f"what value in {spelled}"


def _of_agent(fact: Fact, clause: Clause) -> dict[str, str]:
    """`Who first described X?` for the agent of a passive."""
    if not clause.passive or clause.rest != f"by {fact.term.text}" or len(clause.auxiliaries) != 1:
        return {}
    who, whom = ("who", "whom") if fact.term.type is Type.PERSON else ("what", "what")
    subject = lowered(clause.subject)
    verb = _finite(clause.lemma, "it", clause.past)
    told = " ".join(f"{who} {clause.adverbs} {verb} {subject}".split())
    done = " ".join(f"{clause.adverbs} {clause.verb}".split())
    return {
        "q": f"{begun(told)}?",
        "indirect": told,
        "which": f"By {whom} {clause.auxiliaries[0]} {subject} {done}?",
    }


def _of_subject(fact: Fact, clause: Clause) -> dict[str, str]:
    """`What inhibits growth?` for a singular subject."""
    plain = re.sub(r"^(?:The|An?) ", "", begun(clause.subject))
    if fact.last or begun(plain) != begun(fact.term.text) or several(clause.subject):
        return {}
    told = f"what {clause.group} {clause.rest}"
    return {"q": f"{begun(told)}?", "indirect": told}
