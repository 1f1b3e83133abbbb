"""Faults on demand: which of them strikes which request is drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from tools.endpoints.mock import errors
from tools.endpoints.mock.replies import Damage, Fault, MockReply

ERRORS: dict[str, Callable[[], Fault]] = {
    "401": errors.wrong_key,
    "403": errors.forbidden,
    "quota": errors.used_up,
    "500": errors.down,
    "502": errors.bad_gateway,
    "503": errors.overloaded,
    "filtered": errors.filtered,
    "too_long": errors.too_long,
    "no_model": lambda: errors.no_such_model("mock"),
    "error_body": errors.error_in_ok,
}
"""What comes in place of a reply, beside 429."""

REFUSED = "I'm sorry, but I can't assist with that request."
CHANGES: dict[str, Callable[[MockReply], MockReply]] = {
    "empty": lambda _: MockReply(""),
    "refusal": lambda _: MockReply("", refusal=REFUSED),
    "filter": lambda said: MockReply(said.text[: len(said.text) // 2], finish="content_filter"),
    "garbled": lambda said: MockReply(f"Sure! ```json\n{said.text[: len(said.text) * 2 // 3]}"),
    "cut": lambda said: MockReply(said.text[: len(said.text) // 2], finish="length"),
}
"""What becomes of what is said."""

NAMES = ("429", *ERRORS, *CHANGES, *map(str, Damage))


@dataclass(frozen=True)
class Faults:
    """A mixture of faults. The fault of a request is drawn by its number of arrival.

    shares: of all requests, by name, e.g. {"429": 0.1, "hang": 0.05}; the rest are well.
    retry_after: seconds to wait that a 429 asks for; None: it says nothing.
    Raises ValueError that names what is no fault, or no share.
    """

    shares: Mapping[str, float]
    seed: int = 0
    retry_after: float | None = 0.1

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.shares) - set(NAMES)):
            raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(NAMES)}")
        shares = self.shares.values()
        if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1 + 1e-9:
            raise ValueError("shares are from 0 to 1, and 1 together at most")

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Self:
        """From `429=0.1,hang=0.05`. Raises ValueError as the constructor does."""
        shares = {}
        for part in filter(None, map(str.strip, text.split(","))):
            name, _, share = part.partition("=")
            try:
                shares[name.strip()] = float(share)
            except ValueError:
                raise ValueError(f"{part!r} is not NAME=SHARE") from None
        return cls(shares, seed)

    def drawn(self, number: int) -> str:
        """Name of the fault that strikes the request of this number; empty: none."""
        point = random.Random(f"{self.seed}:{number}").random()  # noqa: S311
        for name, share in self.shares.items():
            point -= share
            if point < 0:
                return name
        return ""

    def error(self, name: str) -> Fault | None:
        """What comes in place of a reply; None where this fault lets the model speak."""
        if name == "429":
            return errors.busy(self.retry_after)
        return ERRORS[name]() if name in ERRORS else None


def with_fault(said: MockReply, name: str) -> MockReply:
    """What is said, as the fault of that name has it."""
    if name in CHANGES:
        return CHANGES[name](said)
    return replace(said, damage=Damage(name)) if name else said
