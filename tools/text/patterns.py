"""Expressions made of many."""

from __future__ import annotations

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    """One expression for all of them, without regard to case."""
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)
