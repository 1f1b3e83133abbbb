"""Read JSON as language models write it. What it should have said is left to `validate`.

Read besides JSON: text around it, code fences, trailing and missing commas, single and typographic
quotes, Python's literals, bare line ends and unescaped quotes in strings. A text that was cut off
gives what was complete: no string is closed, no number ended and no object finished that the text
did not. (json-repair 0.64 finishes them: of one reply cut at each of its 337 characters, 5 gave an
item that looked whole and was not.)
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from tools.replies.faults import without_thoughts

DEPTH = 16
"""Deepest nesting that is read; replies have four levels."""
STARTS = 500
"""Brackets at which reading is tried; a text of brackets only would take for ever."""

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{0,30})?(?:[eE][-+]?\d{1,3})?")
_HEX = "[0-9a-fA-F]"
_CODE = re.compile(f"u{_HEX}{{4}}|x{_HEX}{{2}}|U00(?:0{_HEX}|10){_HEX}{{4}}")
_CONSTANTS = {"true": True, "false": False, "null": None, "none": None}
_CLOSING = {'"': '"', "'": "'", "“": '”“"', "„": "”“", "‘": "’‘", "’": "’", "”": "”", "`": "`"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Decoded(NamedTuple):
    """A value that stands in a text."""

    value: Any
    whole: bool
    """False where the text ends inside it: elements of its lists are whole, it is not."""
    alone: bool
    """Whether nothing else stands in the text but a code fence."""


class _NotJson(ValueError):
    """What stands here cannot be read as a value."""


def decode(text: str) -> list[Decoded]:
    """Every object and list of a text that is not inside another one, in their order."""
    text = without_thoughts(text)
    if text.startswith('"'):
        text = _unwrapped(text)
    body = re.sub(r"\A```\w*\s*|\s*```\Z", "", text)
    found, at, tries = [], 0, 0
    while (start := _start(body, at)) >= 0 and (tries := tries + 1) <= STARTS:
        try:
            value, whole, at = _value_at(body, start)
        except _NotJson:
            at = start + 1
            continue
        found.append(Decoded(value, whole, alone=start == 0 and not body[at:].strip()))
    return found


def _start(text: str, at: int) -> int:
    found = re.compile(r"[\[{]").search(text, at)
    return found.start() if found else -1


def _unwrapped(text: str) -> str:
    """The text inside a JSON string, where the whole text is one."""
    try:
        inner = json.loads(text)
    except json.JSONDecodeError:
        return text
    return inner if isinstance(inner, str) else text


def _value_at(text: str, start: int) -> tuple[Any, bool, int]:
    """A value, whether it is whole, and where it ends. What is JSON is read as JSON."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
        return value, True, end
    except (ValueError, RecursionError):
        reader = _Reader(text, start)
        value, whole = reader.value(0)
        return value, whole, reader.at


class _Reader:
    """A position in a text. Each method reads what stands there and moves behind it.

    Returns the value and whether it is whole; raises _NotJson.
    """

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def value(self, depth: int) -> tuple[Any, bool]:
        if depth > DEPTH:
            raise _NotJson
        sign = self._sign()
        if sign == "{":
            return self._object(depth)
        if sign == "[":
            return self._list(depth)
        if sign in _CLOSING:
            return self._string()
        return self._scalar()

    def _sign(self) -> str:
        """The next character that is not white space; empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def _list(self, depth: int) -> tuple[list[Any], bool]:
        self.at += 1
        found: list[Any] = []
        while (sign := self._sign()) != "]":
            if not sign:
                return found, False
            element, whole = self.value(depth + 1)
            if not whole:
                return found, False
            found.append(element)
            self._comma()
        self.at += 1
        return found, True

    def _object(self, depth: int) -> tuple[dict[str, Any], bool]:
        """What is whole of an object, and of the list or object in which the text ends."""
        self.at += 1
        found: dict[str, Any] = {}
        while (sign := self._sign()) != "}":
            if not sign:
                return found, False
            key, whole = self._key(sign)
            if not whole or not (colon := self._sign()):
                return found, False
            if colon != ":":
                raise _NotJson
            self.at += 1
            if not self._sign():
                return found, False
            member, whole = self.value(depth + 1)
            if whole or isinstance(member, dict | list):
                found[key] = member
            if not whole:
                return found, False
            self._comma()
        self.at += 1
        return found, True

    def _comma(self) -> None:
        """Behind an element: a comma, or the end of the list, or (forgotten) the next object."""
        sign = self._sign()
        if sign == ",":
            self.at += 1
        elif sign and sign not in "}]{[":
            raise _NotJson

    def _key(self, sign: str) -> tuple[str, bool]:
        if sign in _CLOSING:
            return self._string()
        word = _WORD.match(self.text, self.at)
        if not word:
            raise _NotJson
        self.at = word.end()
        return word.group(), self.at < len(self.text)

    def _string(self) -> tuple[str, bool]:
        closing = _CLOSING[self.text[self.at]]
        made: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == "\\":
                made.append(self._escape())
            elif sign in closing and self._ends():
                self.at += 1
                # Two escapes may be the halves of one character.
                halves = "".join(made).encode("utf-16", "surrogatepass")
                return halves.decode("utf-16", "replace"), True
            else:
                made.append(sign)
                self.at += 1
        return "", False

    def _ends(self) -> bool:
        """Whether a quote closes its string: another one, unescaped, has words behind it."""
        found = _SPACE.match(self.text, self.at + 1)
        return not found or self.text[found.end() : found.end() + 1] in ",:}]"

    def _escape(self) -> str:
        sign = self.text[self.at + 1 : self.at + 2]
        if code := _CODE.match(self.text, self.at + 1):
            self.at = code.end()
            return chr(int(code[0][1:], 16))
        self.at += 2
        # LaTeX written without doubling its backslash: \alpha keeps it.
        return _ESCAPES.get(sign, sign if sign in "\"'/\\“”’" else f"\\{sign}")

    def _scalar(self) -> tuple[Any, bool]:
        found = _NUMBER.match(self.text, self.at) or _WORD.match(self.text, self.at)
        if not found:
            raise _NotJson
        self.at, said = found.end(), found.group()
        whole = self.at < len(self.text)
        if said[0] in "-0123456789":
            return (float(said) if re.search(r"[.eE]", said) else int(said)), whole
        if said.lower() not in _CONSTANTS and whole:
            raise _NotJson
        return _CONSTANTS.get(said.lower()), whole
