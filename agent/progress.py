"""What a person sees while work goes on. Says nothing about what the work is."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Hears how far the work is. Called from several threads."""

    def say(self, text: str) -> None:
        """Tell something in words."""
        ...

    def progress(self, stage: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total` steps of a stage are finished; a stage ends when they are equal."""
        ...


class Silent:
    """A reporter for nobody: tests, servers, `--json`."""

    def say(self, text: str) -> None:
        """Keep it."""

    def progress(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Keep it."""
