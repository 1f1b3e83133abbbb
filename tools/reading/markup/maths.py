"""Formulas as one line that a person can read: MathML, and raised or lowered characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

RAISED = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
_CAN_RAISE = re.compile(r"[0-9+\-−–]+")
_SIMPLE = re.compile(r"[^\W_]+|[^\s\w]|\d+(?:\.\d+)?")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_HIDDEN = re.compile("[\u2061-\u2064]")
"""Invisible operators: function application, times, comma, plus."""


def raised(text: str) -> str:
    """An exponent: `10` and `5` must not become 105."""
    text = text.strip()
    return text.translate(RAISED) if _CAN_RAISE.fullmatch(text) else text


def name(element: Any) -> str:
    """An element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def mathml(element: Any) -> str:
    """A formula's tokens in a line: `a/b`, `x_i`, `10⁵`, `√(x + y)`."""
    return " ".join(_HIDDEN.sub("", _line(element)).split())


def _line(element: Any) -> str:
    kind = name(element)
    made = _MADE.get(kind)
    parts = [child for child in element if name(child)]
    if made is not None:
        count, make = made
        if len(parts) == count:
            return make(*(_line(part).strip() for part in parts))
    if kind in ("annotation", "annotation-xml", "mphantom"):
        return ""
    if kind == "mspace":
        return " "
    if kind == "semantics":
        return _line(parts[0]) if parts else ""
    if kind == "mfenced":
        comma = f"{element.get('separators', ',')[:1]} "
        inside = comma.join(_line(part) for part in parts)
        return f"{element.get('open', '(')}{inside}{element.get('close', ')')}"
    if kind in ("mtr", "mlabeledtr"):
        return " ".join(_line(part) for part in parts) + "; "
    own = unescape(element.text or "")
    if kind == "mo":
        return operator(own.strip())
    if kind in ("mi", "mn", "mtext", "ms"):
        return own.strip("\n") + "".join(_line(part) + (part.tail or "") for part in parts)
    return "".join(_line(part) for part in parts) or own


def operator(sign: str) -> str:
    """Relations and sums stand between spaces, brackets and the like do not."""
    return f" {sign} " if re.fullmatch(r"[=<>≤≥≈∼~≠±×·∈→∝+−]|<=|>=|:=", sign) else sign


def group(text: str) -> str:
    """Brackets around what is more than one token."""
    return text if _SIMPLE.fullmatch(text) else f"({text})"


def ratio(above: str, below: str) -> str:
    """A fraction on one line."""
    return f"{group(above)}/{group(below)}"


def _lower(base: str, low: str) -> str:
    return f"{base}_{group(low)}" if low else base


def _upper(base: str, high: str) -> str:
    if not high:
        return base
    small = raised(high)
    return base + small if small != high or high in "′*†″" else f"{base}^{group(high)}"


def _accent(base: str, above: str) -> str:
    # A bar, a hat or an arrow says what is meant; a limit is said like an exponent.
    return base if re.fullmatch(r"[\W_]", above) else _upper(base, above)


def _both(base: str, low: str, high: str) -> str:
    return _upper(_lower(base, low), high)


_MADE: dict[str, tuple[int, Callable[..., str]]] = {
    "mfrac": (2, ratio),
    "msub": (2, _lower),
    "munder": (2, _lower),
    "msup": (2, _upper),
    "mover": (2, _accent),
    "msubsup": (3, _both),
    "munderover": (3, _both),
    "mroot": (2, lambda base, root: f"{root}√{group(base)}"),
    "msqrt": (1, lambda base: f"√{group(base)}"),
}
