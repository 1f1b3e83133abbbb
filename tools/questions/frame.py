"""The one frame in which whole questions stand, in school books and here alike."""

from __future__ import annotations

import re

_FRAME = re.compile(r"\A\s*Question:\s*|\s*\bAnswer:\s*\Z")


def framed(question: str) -> str:
    """The question with the words around it."""
    return f"Question: {question}\nAnswer:"


def unframed(stem: str) -> str:
    """A stem without the words around it, where it has them."""
    return _FRAME.sub("", stem)
