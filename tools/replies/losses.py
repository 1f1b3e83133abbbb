"""What replies did not give, counted by reason, for whoever keeps the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memory.errors import BadReply


@dataclass(frozen=True)
class Loss:
    """Something that a reply did not give, or that was refused of what it gave."""

    step: str
    """`extract`, `screen`, `enrich`, `questions`, `judge`, `pairs` or `probe`."""
    about: str
    """Id of the paper or of the nugget; a digest of the pairs that were asked about together."""
    reason: str
    """A reason of BadReply (a whole reply is lost), `schema` (an item could not be read), `cut`
    (items may be missing), a reason of `tools.nuggets.ground`, or `not_found`, `unsupported`,
    `overstated` (a doubt of the quote is left out), `same_quote`, `duplicate`; `unjudged` (a judge
    said nothing usable of a question)."""
    count: int
    detail: str
    """The first one, for a person: what happened, or the claim that was refused."""


class Losses:
    """A tally for one paper or one nugget."""

    def __init__(self, step: str, about: str) -> None:
        self._step = step
        self._about = about
        self._found: dict[str, list[str]] = {}
        self.faults: list[BadReply] = []
        """Replies that were no answer."""

    def add(self, reason: str, detail: str) -> None:
        """One more that was lost for this reason."""
        self._found.setdefault(reason, []).append(detail)

    def fail(self, fault: BadReply) -> None:
        """A whole reply is lost."""
        self.faults.append(fault)
        self.add(fault.reason, str(fault))

    def join(self, others: Iterable[Losses]) -> None:
        """What others counted, in their order."""
        for other in others:
            self.faults += other.faults
            for reason, details in other._found.items():
                self._found.setdefault(reason, []).extend(details)

    def listed(self) -> list[Loss]:
        """One for each reason, in the order of their names."""
        return [
            Loss(self._step, self._about, reason, len(details), details[0])
            for reason, details in sorted(self._found.items())
        ]
