"""Which other nuggets' stems a nugget's options are read after, to hear what nobody can know.

Best are nuggets that ask the same of another subject: there an option gets what its wording, its
length and its frequency earn, and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from memory.records import Question, digest

MOST = 4
"""Controls for each nugget. The area under the curve for planted facts was 0.884 with two, 0.887
with three and with four, 0.889 with six (one model of 0.8 M parameters, 880 facts)."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_SMALL = frozenset(
    {"the", "and", "for", "are", "was", "were", "that", "this", "with", "from", "has", "have",
     "been", "which", "its"}
)  # fmt: skip


class Chosen(NamedTuple):
    """The controls of one nugget."""

    nuggets: tuple[str, ...]
    alike: bool
    """Whether they ask the same of another subject."""


def controls_of(
    asked: Mapping[str, Sequence[Question]], names: Collection[str] | None = None
) -> dict[str, Chosen]:
    """By nugget: at most MOST others that are asked in one of its forms, those alike first.

    asked: the usable questions by nugget id. names: only for these. The choice rests on ids,
    never on an order.
    """
    about = {name: _about(questions) for name, questions in asked.items() if questions}
    holders: dict[str, list[str]] = {}
    for name in sorted(about):
        for word in about[name]:
            holders.setdefault(word, []).append(name)
    by_form: dict[str, list[str]] = {}
    for name in sorted(about):
        for form in sorted({question.form for question in asked[name]}):
            by_form.setdefault(form, []).append(name)
    return {
        name: _chosen(name, asked, about, holders, by_form)
        for name in about
        if names is None or name in names
    }


def _about(questions: Sequence[Question]) -> frozenset[str]:
    """Words of the stems that are the nugget's own and not their framing's."""
    stems = set(_WORD.findall(" ".join(q.stem for q in questions).lower())) - _SMALL
    source = set(_WORD.findall(questions[0].explanation.lower()))
    return frozenset(stems & source or stems)


def _chosen(
    name: str,
    asked: Mapping[str, Sequence[Question]],
    about: Mapping[str, frozenset[str]],
    holders: Mapping[str, Sequence[str]],
    by_form: Mapping[str, Sequence[str]],
) -> Chosen:
    forms = {question.form for question in asked[name]}
    shared = Counter(other for word in about[name] for other in holders[word])
    fit = [
        other
        for other, words in shared.items()
        if 2 * words >= len(about[name])
        and other != name
        and forms & {question.form for question in asked[other]}
        and _same_type(asked[name][0], asked[other][0])
    ]
    alike = sorted(fit, key=lambda other: digest(name, other))[:MOST]
    if len(alike) > 1:
        return Chosen(tuple(alike), True)
    others = {o for form in forms for o in _near(by_form[form], name)}
    others -= {o for o in others if asked[o][0].answer == asked[name][0].answer}
    return Chosen(tuple(sorted(others, key=lambda other: digest(name, other))[:MOST]), False)


def _near(names: Sequence[str], name: str) -> Sequence[str]:
    """Some of the others, found by the hash of the name: all of them would be a square of work."""
    others = [other for other in names if other != name] if len(names) <= 4 * MOST else names
    first = int(digest(name), 16) % max(1, len(others))
    return [o for o in (*others[first:], *others[:first])[: 2 * MOST] if o != name]


def _same_type(one: Question, other: Question) -> bool:
    """Whether the other's answers could be this one's, and its right answer is not."""
    if other.answer == one.answer:
        return False
    return bool(set(one.options) & set(other.options)) or (
        _unit(one.answer) == _unit(other.answer) != ""
    )


def _unit(answer: str) -> str:
    """What stands behind a number; `-` for a bare one; empty where there is none."""
    number = re.match(r"\W*\d[\d.,]*\s*(.*)", answer)
    return (number[1].lower() or "-") if number else ""
