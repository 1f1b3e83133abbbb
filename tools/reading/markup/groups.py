"""Groups in braces and options in brackets, as they stand behind a command of TeX."""

from __future__ import annotations

import re
from itertools import accumulate


def argument(text: str, at: int) -> tuple[str, int]:
    """The group or the one token that stands at a place, without its braces, and the place after.

    A group that is never closed reaches to the end.
    """
    while at < len(text) and text[at].isspace():
        at += 1
    if text[at : at + 1] != "{":
        token = re.compile(r"\\[A-Za-z@]+|\\.|[^\\]|$", re.DOTALL).match(text, at)
        return (token[0], token.end()) if token else ("", at + 1)
    depth = 0
    for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return text[at + 1 : brace.start()], brace.end()
    return text[at + 1 :], len(text)


def nesting(text: str) -> int:
    """How many braces are open at once, at most."""
    steps = (1 if brace == "{" else -1 for brace in re.findall(r"(?<!\\)[{}]", text))
    return max(accumulate(steps), default=0)


def option(text: str, at: int) -> tuple[str | None, int]:
    """What stands in square brackets at a place, and the place after; None without brackets."""
    found = re.compile(r"\s*\[").match(text, at)
    if not found:
        return None, at
    depth = 0
    for sign in re.compile(r"\\.|[{}\]]", re.DOTALL).finditer(text, found.end()):
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
        if sign[0] == "]" and depth <= 0:
            return text[found.end() : sign.start()], sign.end()
    return None, at
