"""TeX's own words and formulas as plain text."""

from __future__ import annotations


def formula(source: str) -> str:
    """A formula without its dollar signs."""
    return source.strip("$ \n")
