"""What is asked of a model that only talks, and what was heard. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from memory.records import Question
from tools.questions import normal

LETTERS = "ABCDEFGHIJ"
"""One for each option; a question has at most ten."""
IGNORANCE = ""
"""What a model holds that says it does not know."""


class Form(StrEnum):
    """How a question is put."""

    CHOICE = "choice"
    """Its options by letters, in an order of their own each time."""
    SHORT = "short"
    """Without its options, to be answered in a few words."""


class ProbeCall(NamedTuple):
    """One call."""

    nugget: str
    """Nugget id."""
    question: Question
    """Whose options are shown."""
    form: Form
    stem: str
    """Its own, or for a false control that of another nugget's question."""
    order: tuple[int, ...] = ()
    """Options as they are shown, by their places in the question; () for the short form."""
    control: bool = False
    turn: int = 0
    """How many asks about the nugget came before: the same words again are another sample."""


class GradedReply(NamedTuple):
    """A reply that could be read."""

    ask: ProbeCall
    shares: Mapping[str, float]
    """By what may be held (an option or another answer, normalised; IGNORANCE): its share of the
    model's choice, in [0, 1], summing to 1. What is not named has none."""
    told: str
    """The likeliest, as a person would read it."""
    likely: bool = False
    """Whether the shares are likelihoods that the endpoint gave; else the one reply is all."""

    @property
    def held(self) -> str:
        """The likeliest."""
        return max(self.shares, key=lambda label: (self.shares[label], label))

    @property
    def right(self) -> str:
        """What should be held. The questions of one nugget may ask for different things."""
        return normal(self.ask.question.answer)


@dataclass(frozen=True)
class Effort:
    """How much is asked."""

    calls: int = 12
    """Most calls for a nugget, its controls not counted. Fewer where the belief is decided."""
    controls: int = 2
    """False controls for a nugget before it may be called known or contradicted."""
    pilot: int = 16
    """False controls, spread over the batch, that show a model's favourite letters and lengths."""
    patience: int = 5
    """Replies in a row, none readable, after which a nugget is given up. With every third call
    failing by chance, that happens to 1 nugget in 240."""
    adaptive: bool = True
    """Off: every nugget gets all its calls and controls, as the fixed number that is saved from."""
    logprobs: bool = True
    """Whether to ask for the likelihoods of the letters, where the endpoint gives them."""


@dataclass(frozen=True)
class Cost:
    """What a batch took."""

    calls: int
    """Questions put, controls and those without a readable answer included."""
    controls: int
    """Those of them that were false controls."""
    fixed: int
    """Questions that asking every nugget the full number would have taken."""
    likelihoods: int
    """Replies that came with the likelihoods of their letters."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Calls without a readable answer, by reason."""

    @property
    def saved(self) -> float:
        """Share of the fixed number that was not needed."""
        return 1 - self.calls / self.fixed if self.fixed else 0.0
