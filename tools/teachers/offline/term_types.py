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


DIRECTIONS: tuple[tuple[str, str], ...] = (
    ("increases", "decreases"),
    ("increase", "decrease"),
    ("increased", "decreased"),
    ("increased", "reduced"),
    ("increases", "reduces"),
    ("raises", "lowers"),
    ("raised", "lowered"),
    ("improves", "worsens"),
    ("improved", "worsened"),
    ("enhanced", "reduced"),
    ("enhances", "reduces"),
    ("stimulated", "inhibited"),
    ("stimulates", "inhibits"),
    ("accelerates", "slows"),
    ("higher", "lower"),
    ("longer", "shorter"),
)
"""More and less, in the same form. A word's first row is the one used."""
