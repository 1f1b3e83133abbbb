"""What sorts of terms there are. Finding them is left to `terms` and `numerals`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Type(StrEnum):
    """What sort of thing a term names."""

    QUANTITY = "quantity"
    NUMBER = "number"
    YEAR = "year"
    PERSON = "person"
    NAME = "name"
    PHRASE = "phrase"
    DIRECTION = "direction"


class Term(NamedTuple):
    """A stretch of a claim with its type. `text[start:end]` of the claim spells it."""

    text: str
    start: int
    end: int
    type: Type
    head: str
    """Unit of a quantity, last word of a phrase, in lower case: what wrong options share."""
    depth: int = 0
    """How many brackets stand around it."""


DIRECTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("increases", "decreases", "does not change", "doubles"),
    ("increase", "decrease", "do not change", "double"),
    ("increased", "decreased", "did not change", "doubled"),
    ("increased", "reduced", "did not change", "doubled"),
    ("increases", "reduces", "does not change", "doubles"),
    ("raises", "lowers", "does not affect", "doubles"),
    ("raised", "lowered", "did not affect", "doubled"),
    ("improves", "worsens", "does not affect", "doubles"),
    ("improved", "worsened", "did not affect", "doubled"),
    ("enhanced", "reduced", "did not affect", "abolished"),
    ("enhances", "reduces", "does not affect", "abolishes"),
    ("stimulated", "inhibited", "did not affect", "doubled"),
    ("stimulates", "inhibits", "does not affect", "doubles"),
    ("accelerates", "slows", "does not affect", "reverses"),
    ("higher", "lower", "no different", "ten times lower"),
    ("longer", "shorter", "no different", "ten times shorter"),
)
"""More, less, the same, and one more of the same form. A word's first row is the one used."""
