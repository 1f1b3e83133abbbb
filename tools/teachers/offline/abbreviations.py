"""Abbreviations that a paper explains: found where it does, spelled out where a claim uses them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from tools.text.words import begun, lowered

_SHORT = re.compile(r"(?<=\w )\(([A-Za-z][\w-]{1,9})\)")
_NO_WORDS = re.compile(r"[()\[\];:.?!]\s*|\s,\s|^\W+")


def explained(text: str) -> dict[str, str]:
    """Short form → long form, for `mean arterial pressure (MAP)`.

    The long form is as many words as the short has letters where their initials spell it, or else
    the fewest words before it that hold its letters in order, the first at a beginning (Schwartz
    and Hearst 2003). What is explained in two ways is left out.
    """
    found: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, str] = {}
    for m in _SHORT.finditer(text):
        before = _NO_WORDS.split(" ".join(text[max(0, m.start() - 120) : m.start()].split()))[-1]
        if long := _long(m[1], before.split()):
            found[m[1]].add(re.sub(r"s\b|\W", "", long.lower()))
            spelled.setdefault(m[1], long)
    return {short: spelled[short] for short, ways in found.items() if len(ways) == 1}


def _long(short: str, words: list[str]) -> str:
    letters = [c for c in short.lower().removesuffix("s") if c.isalnum()]
    last = words[-len(letters) :]
    if len(letters) > 1 and [word[0].lower() for word in last] == letters:
        return " ".join(last) if short[0].isupper() else ""
    if sum(c.isupper() for c in short) < 2:
        return ""
    text = " ".join(words[-min(len(letters) + 5, 2 * len(letters)) :])
    at = len(text)
    for place, letter in reversed(list(enumerate(letters))):
        at = text.lower().rfind(letter, 0, at)
        while at > 0 and place == 0 and text[at - 1].isalnum():
            at = text.lower().rfind(letter, 0, at)
        if at < 0:
            return ""
    long = text[at:]
    return long if len(long) > len(short) + 2 and short not in long else ""


def spelled_out(claim: str, longs: Mapping[str, str]) -> str:
    """The claim with the long form before each first use of a short one: `long form (LF)`.

    What stands in brackets is left as it is, and so is a claim that has the long form already.
    """
    for short, long in longs.items():
        use = re.search(rf"(?<![\w(/-]){re.escape(short)}(?![\w)/-])", claim)
        if not use or long.lower() in claim.lower():
            continue
        before = claim[: use.start()]
        if before.count("(") > before.count(")"):
            continue
        said = lowered(long) if before else begun(long)
        claim = f"{before}{said} ({short}){claim[use.end() :]}"
    return claim
