"""How many options a question has, and in which order: arbitrary, and the same each time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

OPTIONS, MOST_OPTIONS = 4, 10
"""Options of a question unless told, and at most."""


def order(seed: str, text: str) -> str:
    """A number that is the same for the same seed and text, and otherwise arbitrary."""
    return hashlib.sha256(f"{seed}|{text}".encode()).hexdigest()


def draw(seed: str, below: int) -> int:
    """A number from 0 to below - 1 that is the same for the same seed, and otherwise arbitrary."""
    return int(hashlib.sha256(seed.encode()).hexdigest(), 16) % below


def placed(answer: str, wrong: Sequence[str], seed: str, turn: int) -> tuple[str, ...]:
    """The options of one question of several about one nugget.

    The answer begins at a place drawn from the seed and moves on by one each turn: over the
    questions of a nugget, and so over every set of nuggets, it stands at each place as often as
    the numbers allow. The wrong ones are in an order of their own each turn.
    """
    others = sorted(wrong, key=lambda option: order(f"{seed}|{turn}", option))
    at = (draw(seed, len(others) + 1) + turn) % (len(others) + 1)
    return (*others[:at], answer, *others[at:])
