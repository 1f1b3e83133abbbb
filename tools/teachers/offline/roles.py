"""The role of a sentence in its paper: what is background, what was done, what was found.

Evidence adds up in log-odds that the sentence states something this paper found. The weights are
round numbers set by hand on abstracts whose authors labelled the sections.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tools.teachers.offline import cues
from tools.teachers.offline.words import Tag, readings, tokens


class Role(StrEnum):
    """What a sentence does in its paper."""

    BACKGROUND = "background"
    OBJECTIVE = "objective"
    METHOD = "method"
    RESULT = "result"
    CONCLUSION = "conclusion"
    OTHER = "other"


class Reading(NamedTuple):
    """A sentence's likeliest role, and how sure it is that the paper found what it says."""

    role: Role
    found: float
    """Probability in [0, 1]."""


SECTION_PRIOR = {
    "other": -9.0,
    "background": -3.0,
    "method": -2.4,
    "abstract": 0.0,
    "": 0.0,
    "discussion": -0.2,
    "result": 0.8,
    "conclusion": 0.7,
}
"""Log-odds that a heading alone lends."""


def section_role(section: Sequence[str]) -> str:
    """The role of a section path; the innermost heading that tells decides."""
    for heading in reversed(section):
        plain = re.sub(r"^[\d.\sIVX]+(?=[A-Z])", "", heading).strip().rstrip(".:")
        for role, pattern in cues.SECTIONS:
            if pattern.search(plain):
                return role
    return ""


def cites(sentence: str) -> bool:
    """Whether the sentence leans on other people's work."""
    return bool(cues.CITATION.search(sentence) or cues.OTHERS.search(sentence))


def read(sentence: str, section: str, position: float, title: bool = False) -> Reading:
    """Role and probability of a finding.

    section: what `section_role` gave.
    position: where it stands in its section, 0 first to 1 last.
    """
    if title or section == "other":
        return Reading(Role.OTHER, 0.0)
    odds = SECTION_PRIOR[section] + _place(section, position) + _cues(sentence, section)
    found = 1 / (1 + math.exp(-odds))
    return Reading(_role(sentence, section, found), found)


def _place(section: str, position: float) -> float:
    """In an abstract the first sentences introduce and the last ones conclude."""
    if section not in {"abstract", ""}:
        return 0.0
    reach = 3.2 if section == "abstract" else 1.2
    return reach * (min(max(position, 0.0), 1.0) - 0.45)


def _cues(sentence: str, section: str) -> float:
    odds = 0.0
    odds -= 4.0 * cites(sentence)
    odds -= 2.5 * bool(cues.OBJECTIVE.search(sentence))
    odds -= 1.2 * bool(cues.BACKGROUND.search(sentence))
    method, finding = bool(cues.METHOD.search(sentence)), bool(cues.FINDING.search(sentence))
    odds -= (1.0 if finding else 2.2) * method
    odds += 1.2 * finding
    odds += 0.1 if _specific(sentence) else -1.0
    odds += 0.8 * bool(_ATTRIBUTE.search(sentence))
    odds += 1.5 * bool(cues.STATISTIC.search(sentence))
    odds += 0.4 * bool(cues.MEASURE.search(sentence))
    odds += 0.8 * bool(cues.CONCLUSION.search(sentence)) * (section != "background")
    return odds


_ATTRIBUTE = re.compile(r"\bthe [\w -]{3,40} of [\w -]{3,40} (?:is|was|are|were) ", re.IGNORECASE)
"""`The melting point of X is`: a value is being given."""


def _specific(sentence: str) -> bool:
    """Whether a sentence holds a number, a name or a word that no dictionary has."""
    words = tokens(sentence)[1:]
    return any(
        word.text[0].isdigit()
        or (word.text[0].isalpha() and word.text != word.low)
        or (word.text.isalpha() and len(word.text) > 4 and not readings(word.low))
        for word in words
        if word.tag is not Tag.MARK
    )


def _role(sentence: str, section: str, found: float) -> Role:
    if found >= 0.5:
        if section == "conclusion" or (cues.CONCLUSION.search(sentence) and section != "result"):
            return Role.CONCLUSION
        return Role.RESULT
    if cues.OBJECTIVE.search(sentence):
        return Role.OBJECTIVE
    return Role.METHOD if cues.METHOD.search(sentence) or section == "method" else Role.BACKGROUND
