"""What reading one file may cost."""

from __future__ import annotations

from typing import NamedTuple


class ReadingLimits(NamedTuple):
    """What one file may cost. More than that and it is given up, with a reason code."""

    seconds: float = 60.0
    """By the clock."""
    cpu_seconds: float = 60.0
    memory_mb: int = 1024
    """Address space of the reading process."""
    pages: int = 500
    bytes: int = 200 * 2**20
    """Of the file."""


USUAL = ReadingLimits()
"""Generous for papers: the longest of a hundred took 1 second, 50 MB and 117 pages."""
