"""What a target favoured in one question, and what is believed of a fact. Data only."""

from __future__ import annotations

from typing import NamedTuple


class ChoiceShares(NamedTuple):
    """What the target favoured in one question."""

    options: tuple[str, ...]
    key: int
    """Index of the right option."""
    shares: tuple[float, ...]
    """Choice probability of each option, summing to 1."""

    @property
    def favourite(self) -> int:
        """Index of the likeliest option."""
        return self.shares.index(max(self.shares))

    @property
    def option(self) -> str:
        """The likeliest option's text."""
        return self.options[self.favourite]

    @property
    def right(self) -> bool:
        """Whether the likeliest option is the right one."""
        return self.favourite == self.key

    @property
    def confidence(self) -> float:
        """Choice probability of the likeliest option."""
        return self.shares[self.favourite]

    @property
    def on_right(self) -> float:
        """Choice probability of the right option."""
        return self.shares[self.key]


class Belief(NamedTuple):
    """A probability and its 95 % interval."""

    mean: float
    low: float
    high: float
