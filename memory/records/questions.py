"""What is asked and what is taught."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record

GAP = "____"
"""The gap of a cloze stem: the place where an option is read in."""


class QuestionKind(StrEnum):
    """The shape of a question."""

    MCQ = "mcq"
    SHORT = "short answer"
    STATEMENT = "statement"
    PARAPHRASE = "paraphrase"
    """A statement in other words or another order."""
    DIALOGUE = "dialogue turn"


class Purpose(StrEnum):
    """What a question is for; one purpose, for good."""

    TRAIN = "train"
    PROBE = "probe"
    """Asked before teaching, to see whether the target knows it already."""
    EXAM = "exam"
    """Asked before and after teaching. Not the probe's wording: what was chosen for having failed
    one wording would seem to improve on that wording by chance alone."""


class Level(StrEnum):
    """What a question asks of its reader."""

    FACT = "fact"
    CONCEPT = "concept"
    APPLICATION = "application"
    ANALYSIS = "analysis"


class Question(Record):
    """Something to ask or to teach. What is held out is never trained on."""

    identity = ("nugget", "kind", "purpose", "form", "stem", "options", "answer")
    nugget: str
    """Nugget id; for a question of a user's own set, the name of that set."""
    kind: QuestionKind
    form: str
    """Name of the phrasing, e.g. `cloze` or `reported`. No form serves two purposes."""
    purpose: Purpose
    stem: str
    """The text before the answer, a text with one GAP for it, or a whole statement."""
    options: tuple[str, ...] = ()
    answer: str = ""
    """One of `options` for an MCQ, letter for letter."""
    explanation: str = ""
    level: Level = Level.FACT
    vetted: bool = False
    rejected: str = ""
    """Why vetting refused it; empty while it has not."""
    scores: dict[str, float] = Field(default_factory=dict)
    made_by: str = ""

    @property
    def is_statement(self) -> bool:
        """Whether it tells its nugget, and asks nothing."""
        return self.kind in (QuestionKind.STATEMENT, QuestionKind.PARAPHRASE)

    @property
    def held_out(self) -> bool:
        """Whether it must never be trained on."""
        return self.purpose is not Purpose.TRAIN

    @property
    def key(self) -> int:
        """Index of the answer among the options."""
        return self.options.index(self.answer)


class QuestionSet(Record):
    """What a run's multiple-choice questions show only as a set, after vetting."""

    identity = ("run",)
    run: str
    choices: int
    by_options: dict[str, int] = Field(default_factory=dict)
    """Choices by their number of options."""
    by_level: dict[str, int] = Field(default_factory=dict)
    """Choices and short answers by what they ask of their reader."""
    guessed_by_options_alone: float
    """Share that a guesser gets right who sees the options and no question."""
    chance: float
    """The same of one who sees nothing."""
    p_of_guessing: float
    """Probability of so many or more by chance."""
    p_of_places: float
    """The same of the places at which the right options stand."""
    key_length: float
    """Mean length of the right options over that of the rest."""
    fair: bool
    """Whether none of these tells the right option."""
