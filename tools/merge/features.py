"""What a claim says, boiled down to what can be compared: words, values, direction, attribute.

Whether two claims agree is left to `merge`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from tools.merge.lexicon import (
    BEING,
    HEDGES,
    PREPOSITIONS,
    SCOPE,
    SOME,
    STOP,
    direction,
    stem,
)
from tools.nuggets import NEGATIONS
from tools.text.values import Value, tokens
from tools.text.words import word_set


class ClaimAttribute(NamedTuple):
    """`the name of bearer is value`, each as a set of word stems."""

    name: frozenset[str]
    bearer: frozenset[str]
    value: frozenset[str]


class ClaimTerm(NamedTuple):
    """A content word, a value or a direction at its place in the claim."""

    what: str | Value
    """Stem, value, or UP or DOWN."""
    gap: frozenset[str]
    """Function words between the term before and this one."""
    adjunct: bool
    """Whether it stands behind a preposition: `in mice`, `at 20 °C`."""
    manner: bool
    """Whether it is an adverb: in -ly, or the `first` of `was first described`."""

    @property
    def is_word(self) -> bool:
        """Whether it is neither a value nor a direction."""
        return isinstance(self.what, str) and self.what not in (UP, DOWN)


UP, DOWN = "↑", "↓"


class ClaimFeatures(NamedTuple):
    """What is compared of a claim."""

    lines: tuple[tuple[ClaimTerm, ...], ...]
    """All terms in order, as in the active voice and with nothing in front of the subject; in two
    orders where either may be meant."""
    words: frozenset[str]
    """Stems of the content words, without numbers, units, directions and framing."""
    adjuncts: frozenset[str]
    """Those of the words that stand behind a preposition."""
    manners: frozenset[str]
    """Those of the words that are adverbs in -ly."""
    values: frozenset[Value]
    conditions: frozenset[Value]
    """Those of the values that are no result: `in 2010`, `after 3 h`, `rose at 20 °C`."""
    directions: tuple[str, ...]
    """UP for more and DOWN for less, in order."""
    denied: bool
    scope: frozenset[str]
    """For how many, or how surely, it is said to hold: `all`, `only`, `hedged`."""
    some: bool
    """Whether it is said of some only: then a denial may be true beside it."""
    names: frozenset[str]
    """Stems of words with capitals inside the sentence: what a claim is about."""
    compared: tuple[frozenset[str], frozenset[str]]
    """Words before and behind `than`; none where nothing is compared."""
    attribute: ClaimAttribute | None
    """Where the claim is of that shape."""


_NO_DENIAL = re.compile(
    r"\bnot only\b|\b(?:no|not) (?:more|less|fewer|later|longer|greater|higher|lower) than\b", re.I
)


@lru_cache(maxsize=50_000)
def claim_features(claim: str) -> ClaimFeatures:
    """What can be compared of a claim."""
    text = re.sub(r"\s+", " ", claim).strip().rstrip(".")
    text = re.sub(r"^A(?= )", "a", text)
    lines = tuple(tuple(_terms(plain)) for plain in _arranged(text))
    terms = lines[0]
    words = [term for term in terms if term.is_word]
    values = frozenset(term.what for term in terms if isinstance(term.what, Value))
    directions = tuple(str(term.what) for term in terms if term.what in (UP, DOWN))
    told = bool(directions) or len(values) > 1
    low = set(re.findall(r"[\w'’-]+", text.lower()))
    scope = {SCOPE[word] for word in low & SCOPE.keys()} | ({"hedged"} if low & HEDGES else set())
    return ClaimFeatures(
        lines=lines,
        words=_stems(words),
        adjuncts=_stems(term for term in words if term.adjunct),
        manners=_stems(term for term in words if term.manner),
        values=values,
        conditions=values & {term.what for term in terms if _is_condition(term, told)},
        directions=directions,
        denied=len(NEGATIONS.findall(_NO_DENIAL.sub("", text))) % 2 == 1,
        scope=frozenset(scope),
        some=bool(SOME.search(text.lower())),
        names=_names(text),
        compared=_compared(text),
        attribute=_attribute(text.lower()),
    )


def _stems(terms: Iterable[ClaimTerm]) -> frozenset[str]:
    return frozenset(str(term.what) for term in terms)


def _terms(text: str) -> Iterator[ClaimTerm]:
    """Terms of a text in order; a comma or a verb of being ends what a preposition governs."""
    gap: set[str] = set()
    for part in re.split(r"[,;:()]\s|[()]", text):
        behind = False
        for token in tokens(part):
            if isinstance(token, Value):
                yield ClaimTerm(token, frozenset(gap), behind, manner=False)
                gap = set()
                continue
            low = bare(token)
            root = stem(low)
            side = ("", UP, DOWN)[direction(low)]
            if not side and not _is_letter(token) and (low in STOP or len(low) == 1):
                gap.add(low)
            else:
                manner = low.endswith("ly") or (low == "first" and bool(gap & BEING))
                yield ClaimTerm(side or root, frozenset(gap), behind, manner)
                gap = set()
            behind = low in PREPOSITIONS or (behind and not side and low not in _ENDS)


def _is_letter(token: str) -> bool:
    """Whether it is a single letter that names something: `vitamin A`, `α`; not `n` or `p`."""
    return len(token) == 1 and (token != token.lower() or not token.isascii())


_ENDS = BEING | word_set("has have had that which who but than")


def _is_condition(term: ClaimTerm, told: bool) -> bool:
    """Whether it is a value that says when or under what, not how much.

    told: whether the claim has a result beside it, a direction or another value.
    """
    if not isinstance(term.what, Value):
        return False
    if not term.what.unit and 1900 <= term.what.number <= 2100 and "in" in term.gap:
        return True
    return told and bool(term.gap & PREPOSITIONS - {"by", "from"})


def bare(word: str) -> str:
    """A word in lower case without its possessive ending."""
    return word.lower().removesuffix("'s").removesuffix("’s")


def _names(text: str) -> frozenset[str]:
    """Stems of capitalised words; of the first word only where its case is no accident (OsPHR3)."""
    words = [token for token in tokens(text) if isinstance(token, str)]
    if words:
        words[0] = words[0][1:] and words[0][0].lower() + words[0][1:]
    return frozenset(
        stem(bare(word)) for word in words if word != word.lower() and bare(word) not in STOP
    )


_FRONT = re.compile(
    r"(?P<front>(?:In|At|On|Under|During|After|Before|For|With|Without|Among|Within|Following|Upon|"
    r"Compared with|Compared to) [^,;]{1,80}), (?P<rest>[^,;]+)"
)
_CLAUSES = re.compile(r"(?:(?:While|Whereas) (.+?), (.+))|(?:(.+?)(?:; |, (?:whereas|while) )(.+))")
_PASSIVE = re.compile(
    r"(?P<patient>[^,;]+?) (?:is|are|was|were)(?: not|n['’]t)?(?: being)?(?P<adverb> \w+ly)? "
    r"(?P<verb>[a-z]+(?:ed|en|wn|ne|lt|un|ut|nt|id|ht|ld|ng))(?P<between>(?: [\w-]+){0,5}?) "
    r"by (?P<agent>(?!\d|\w+ing\b)[^,;]+?)"
    r"(?P<rest> (?:in|at|on|during|after|from|into|for|with|under) [^,;]+)?"
)
_CAUSED = re.compile(
    r"(?P<patient>[^,;]+?) (?P<verb>\w+(?:ed|[^s]s)|rose|fell)"
    r"(?P<amount>(?: \w+ly)?(?: by [\d.,]+ ?\S+)?) "
    r"(?:with|after|under|upon|following|due to|because of|in response to) (?P<agent>[^,;]+)"
)
_CAUSES = ("With ", "After ", "Under ", "Upon ", "Following ")
_MUTUAL = re.compile(
    r"(?P<left>[^,;]+?) (?P<bond>(?:(?:is|are|was|were|has|have|been|not|\w+ly) ){0,3}"
    r"(?:associated|correlat\w+|interact\w*|related|linked|similar|comparable) (?:with|to)) "
    r"(?P<right>[^,;]+)"
)


def _arranged(text: str) -> list[str]:
    """The claim in a plain order; in two where either may be meant.

    What stands in front goes to the end, the passive becomes active, `yield rose with nitrogen`
    becomes `nitrogen rose yield`, and what is related to another may change places with it.
    """
    if clauses := _CLAUSES.fullmatch(text):
        return ["; ".join(sorted(_arranged(part)[0] for part in clauses.groups() if part))]
    if front := _FRONT.fullmatch(text):
        place, rest = front["front"], front["rest"]
        at_its_end = f"{rest} {place[0].lower()}{place[1:]}"
        caused = _caused(at_its_end) if place.startswith(_CAUSES) else []
        return caused or [f"{plain}, {place}" for plain in _arranged(rest)]
    if found := _PASSIVE.fullmatch(text):
        agent, adverb, verb, patient, between, rest = (
            (found[part] or "").strip()
            for part in ("agent", "adverb", "verb", "patient", "between", "rest")
        )
        deed = f"{adverb} {verb} {patient} {between}"
        return [f"{agent} {deed} {rest}", *([f"{agent} {rest} {deed}"] if rest else [])]
    if caused := _caused(text):
        return caused
    if found := _MUTUAL.fullmatch(text):
        return [text, "{right} {bond} {left}".format_map(found.groupdict())]
    return [text]


def _caused(text: str) -> list[str]:
    """What rose or fell with something, as the deed of that; empty for other claims."""
    found = _CAUSED.fullmatch(text)
    if not found or not direction(found["verb"].lower()):
        return []
    return ["{agent} {verb} {patient}{amount}".format_map(found.groupdict())]


_THAN = re.compile(r"\b(?:than|compared (?:with|to)|relative to|versus)\b")


def _compared(text: str) -> tuple[frozenset[str], frozenset[str]]:
    found = _THAN.search(text)
    if not found:
        return frozenset(), frozenset()
    return _content(text[: found.start()]), _content(text[found.end() :])


def _content(text: str) -> frozenset[str]:
    return _stems(term for term in _terms(text) if term.is_word)


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
_DONE = re.compile(
    r"(?:not )?(?:\w+ly )?(?:\w{3,}ed|\w{3,}ing|shown|seen|given|made|known|found)\b"
)
"""`The load of X is analysed` gives no value of the load."""


def _attribute(text: str) -> ClaimAttribute | None:
    text = re.sub(r"^(?:in|at|on|under|by|with|for) [^,;]{2,60}, ", "", text)
    for pattern in _ATTRIBUTES:
        found = pattern.fullmatch(text)
        if found and not (_MANY_VALUED.search(found["name"]) or _DONE.match(found["value"])):
            parts = [_said(found[name]) for name in ("name", "bearer", "value")]
            return ClaimAttribute(*parts) if all(parts[:2]) else None
    return None


def _said(text: str) -> frozenset[str]:
    """Stems of all words but the commonest, and the values as text."""
    kept = (t if isinstance(t, Value) else bare(t) for t in tokens(text))
    return frozenset(str(t) if isinstance(t, Value) else stem(t) for t in kept if t not in STOP)
