"""How single fields of a reply are read: leniently, and with nothing made up that is missing."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator


def _words(value: object) -> object:
    """A list, also where it was written as `a, b`, or as nothing."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in re.split(r", |[;\n]", value) if part.strip()]
    return value


def _score(value: object) -> object:
    """A number, also where it was written as `9/10`."""
    found = re.fullmatch(r"\s*(\d{1,2})(?:\.0*)?\s*(?:/\s*10)?\s*", str(value))
    return int(found[1]) if found else value


def _in_range(value: int) -> int:
    if not 1 <= value <= 10:
        raise ValueError("must be from 1 to 10")
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _number(value: object) -> object:
    """`2.`, `Q2` and `Pair 2` are 2."""
    found = re.fullmatch(
        r"\s*(?:(?:[Qq](?:uestion)?|[Pp]air)\s*)?(\d{1,4})\s*[.):]?\s*", str(value)
    )
    return int(found[1]) if found else value


def _letter(value: object) -> object:
    """`b`, `B)` and `(B)` are B; `none`, an empty text and null are none."""
    text = "" if value is None else str(value).strip()
    if text.lower() in ("", "none", "null", "n/a"):
        return "none"
    found = re.fullmatch(r"[(\[]?([A-Za-z])[).:\]]?", text)
    return found[1].upper() if found else value


def _letters(value: object) -> object:
    """A list of letters, also where it was written as `A, B` or as `A`."""
    listed = _words(re.sub(r"[,;/&]|\band\b", ";", value) if isinstance(value, str) else value)
    if not isinstance(listed, list):
        return listed
    letters = [_letter(entry) for entry in listed]
    return [letter for letter in letters if letter != "none"]


Text = Annotated[str, AfterValidator(_filled)]
Words = Annotated[list[str], BeforeValidator(_words)]
Score = Annotated[int, BeforeValidator(_score), AfterValidator(_in_range)]
Number = Annotated[int, BeforeValidator(_number)]
Letter = Annotated[str, BeforeValidator(_letter)]
Letters = Annotated[list[str], BeforeValidator(_letters)]
Code = BeforeValidator(_lower)
"""Before a Literal: capitals and blanks around it are no other word."""
