"""The role of a sentence in its paper: what is background, what was done, what was found.

Evidence adds up in log-odds that the sentence states something this paper found. The weights of
cues and places are a logistic regression's, rounded, fitted on one half of labelled abstracts of
several fields; those of headings and citations are set by hand, for abstracts hardly have any.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tools.teachers.offline import cues
from tools.teachers.offline.clauses import parse
from tools.teachers.offline.framing import unframed
from tools.teachers.offline.headings import MAJOR, SECTIONS
from tools.text.words import Tag, readings, tokens


class Role(StrEnum):
    """What a sentence does in its paper."""

    BACKGROUND = "background"
    OBJECTIVE = "objective"
    METHOD = "method"
    RESULT = "result"
    CONCLUSION = "conclusion"
    OTHER = "other"


class RoleEstimate(NamedTuple):
    """A sentence's likeliest role, and how sure it is that the paper found what it says."""

    role: Role
    found: float
    """Probability in [0, 1]."""


SECTION_PRIOR = {
    "other": -9.0,
    "background": -3.0,
    "method": -3.4,
    "abstract": 0.0,
    "": 0.4,
    "discussion": -0.2,
    "result": 0.8,
    "conclusion": 0.7,
}
"""Log-odds that a heading alone lends."""


def section_role(section: Sequence[str]) -> str:
    """The role of a section path.

    An appendix and its like decide for all below them. Then the innermost heading that says all by
    itself (`Methods`), and then the outermost one that tells: in `Results > Leaf cultures` results
    are told. The parts of an abstract have roles of their own.
    """
    plain = [_bare(heading) for heading in section]
    roles = [_heading_role(heading) for heading in plain]
    if "other" in roles[:1]:
        return "other"
    major = [r for h, r in zip(plain, roles, strict=True) if MAJOR.search(h)]
    told = [role for role in roles if role]
    if told[:1] == ["abstract"]:
        return told[-1]
    return (major[-1:] or told[:1] or [""])[0]


def _bare(heading: str) -> str:
    """A heading without its number: `2.1`, `IV.`"""
    return re.sub(r"^(?:[\d.]+|[IVX]+[.\s])\s*", "", heading.strip()).strip().rstrip(".:")


def _heading_role(heading: str) -> str:
    return next((role for role, pattern in SECTIONS if pattern.search(heading)), "")


def cites(sentence: str) -> bool:
    """Whether the sentence leans on other people's work."""
    return bool(cues.CITATION.search(sentence) or cues.OTHERS.search(sentence))


def role_estimate(
    sentence: str, section: str, position: float, title: bool = False
) -> RoleEstimate:
    """Role and probability of a finding.

    section: what `section_role` gave.
    position: where it stands in its section, 0 first to 1 last.
    """
    if title or section == "other":
        return RoleEstimate(Role.OTHER, 0.0)
    odds = SECTION_PRIOR[section] + _place(section, position) + _cues(sentence)
    odds += 0.0 if section == "abstract" else _talk(sentence)
    found = 1 / (1 + math.exp(-odds))
    return RoleEstimate(_role(sentence, section, found), found)


def _place(section: str, position: float) -> float:
    """In an abstract the first sentences introduce and the last ones conclude."""
    if section not in {"abstract", ""}:
        return 0.0
    place = min(max(position, 0.0), 1.0)
    reach = 6.0 * (place - 0.45) - 0.9 * max(0.0, 0.25 - place)
    # Text under a heading that says nothing is less sure to go from old to new.
    return reach - 1.9 if section == "abstract" else 0.2 * reach


WEIGHTS: tuple[tuple[float, re.Pattern[str]], ...] = (
    (1.1, cues.FINDING),
    (1.2, cues.DIGIT),
    (0.6, cues.COMPARED),
    (0.5, cues.STATISTIC),
    (0.4, cues.CONCLUSION),
    (-1.4, cues.METHOD),
    (-1.0, cues.YEAR),
    (-0.8, cues.PURPOSE),
    (-0.7, cues.OBJECTIVE),
    (-0.6, cues.PROPOSED),
    (-0.5, cues.BASED),
    (-0.5, cues.RECRUITED),
    (-0.4, cues.TRIED),
)
"""Log-odds that a cue lends, wherever it stands."""


def _cues(sentence: str) -> float:
    odds = 0.2 - 4.0 * cites(sentence)
    odds += sum(weight for weight, cue in WEIGHTS if cue.search(sentence))
    odds += 0.3 * _specific(sentence) + 0.8 * bool(_ATTRIBUTE.search(sentence))
    clause = parse(unframed(sentence))
    return odds + (0.7 * clause.past - 0.5 * clause.passive if clause else 0.0)


def _talk(sentence: str) -> float:
    """A paper's text talks more than its abstract does: asides, plans and views weigh more."""
    odds = -1.9 + 0.9 * _specific(sentence)
    odds -= 1.2 * bool(cues.BACKGROUND.search(sentence)) + 1.2 * bool(cues.METHOD.search(sentence))
    return odds - 1.8 * bool(cues.OBJECTIVE.search(sentence))


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
