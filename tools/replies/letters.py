"""Which letter a reply names: strictly, none guessed out of prose; and how likely each one was."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.questions import normal

# Stricter than `faults.without_thoughts`: a thought that did not end may end in any letter.
_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_NAMED = re.compile(
    r"(?:(?:the )?(?:(?:correct|right|best) )?(?:final )?"
    r"(?:answer|option|letter|choice)(?: of the right option)?(?: is)?\s*:?\s*)?"
    r"[(\[]?(?-i:([A-J]))[)\].:]*(?:\s*[-–—:]?\s+(?P<text>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_DRESS = " \t\n*_`\"'"
LEAST = 0.5
"""Likelihood that must lie on the letters; with less, what was said instead is not known."""


def bare_reply(reply: str) -> str:
    """A reply without what was thought aloud, and without emphasis and quotation marks around."""
    return _THOUGHT.sub("", reply).strip(_DRESS)


def named(reply: str, options: Sequence[str]) -> int | None:
    """Place of the option that a reply names; None where it names none, or leaves doubt.

    options: as shown, the first of them A. Read are a letter (`B`, `(B)`, `**B.**`, `Answer: B`),
    a letter with its own option, and an option alone. All else is prose: in `A good question` and
    `I think B` nothing is named.
    """
    text = bare_reply(reply)
    same = [place for place, option in enumerate(options) if _same(text, option)]
    if len(same) == 1 and len(normal(text)) > 1:
        return same[0]
    found = _NAMED.fullmatch(text.replace("**", ""))
    if not found:
        return None
    place = ord(found[1]) - ord("A")
    if place >= len(options):
        return None
    rest = (found["text"] or "").strip(_DRESS)
    return place if not rest or _same(rest, options[place]) else None


def _same(text: str, option: str) -> bool:
    return bool(normal(text)) and normal(text) == normal(option)


def likelihoods(tokens: Sequence[Mapping[str, Any]], count: int, place: int) -> list[float] | None:
    """Shares of the first `count` letters where the reply names letter `place`; None: unreadable.

    tokens: `logprobs.content` of a chat completion: each token with its likeliest alternatives.
    A letter is spelled by several tokens (`B`, ` B`, `(B`), which count together. Letters that
    are not among the alternatives are less likely than all of those, and count as nothing.
    """
    wanted = chr(ord("A") + place)
    for token in tokens:
        if _letter(token) != wanted:
            continue
        shares = [0.0] * count
        for other in token.get("top_logprobs") or []:
            letter, value = _letter(other), other.get("logprob")
            if letter and ord(letter) - ord("A") < count and isinstance(value, int | float):
                shares[ord(letter) - ord("A")] += math.exp(min(value, 0.0))
        total = sum(shares)
        return [share / total for share in shares] if total > LEAST else None
    return None


def _letter(token: Mapping[str, Any]) -> str:
    """The letter that a token spells; empty for any other token."""
    text = str(token.get("token", "")).strip(_DRESS + "()[].:")
    return text if len(text) == 1 and "A" <= text <= "J" else ""
