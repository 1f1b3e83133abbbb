"""Tell apart what is wrong with a reply, by the reasons of BadReply."""

from __future__ import annotations

import re

from memory.errors import BadReply

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_REFUSAL = re.compile(
    r"\b(?:can(?:no|['’])t|(?:un|not )able to|won['’]t|will not|must decline to|not comfortable)\b"
    r"[^.]{0,40}\b(?:help|assist|comply|provide|do that|answer|process|continue|fulfil\w*)\b|"
    r"\bI(?:['’]m| am) (?:very |really )?sorry\b|\bas an AI\b",
    re.IGNORECASE,
)
BEGINNING = 400
"""Characters in which a model that declines in words has said so."""


def without_thoughts(text: str) -> str:
    """A reply without what was thought aloud, whether or not that came to an end."""
    return _THOUGHT.sub("", text).strip()


def refuses(text: str) -> bool:
    """Whether a reply declines in words. To be asked of a reply that could not be read."""
    return bool(_REFUSAL.search(without_thoughts(text)[:BEGINNING]))


def is_turned_down(fault: BadReply) -> bool:
    """Whether the endpoint does not take the way of asking: another way may do."""
    return fault.reason in ("declined", "unsupported")
