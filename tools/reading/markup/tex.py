"""TeX's running text and formulas as plain text: accents, symbols, fractions, units, references.

Of an unknown command the name is dropped and what it is given is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html.entities import html5
from typing import NamedTuple

from tools.reading.markup.commands import (
    ACCENTS,
    BLACKBOARD,
    FUNCTIONS,
    HARD,
    IN_TEXT,
    NO_SYMBOLS,
    SIGNS,
    SKIPPED,
    SYMBOLS,
    UNITS,
)
from tools.reading.markup.groups import argument, option
from tools.reading.markup.maths import group, operator, raised, ratio

_TOKEN = re.compile(
    r"\\([A-Za-z@]+)\*?[ \t]*\n?[ \t]*|\\(.)|([{}$^_~&])|([^\\{}$^_~&]+)", re.DOTALL
)


class Names(NamedTuple):
    """What the paper's own labels and keys stand for."""

    labels: dict[str, tuple[str, str]]
    """Kind and number of what a label names, as `("Figure", "2")`."""
    keys: dict[str, int]
    """Place of a reference in the paper's list."""


NOBODY = Names({}, {})


def formula(source: str) -> str:
    """A formula in TeX, with or without its dollar signs, as plain text."""
    return _tidy(_Text(NOBODY).convert(source.strip().strip("$"), math=True))


def plain_tex(source: str, names: Names = NOBODY, *, math: bool = False) -> str:
    """Running text in TeX as plain text; its formulas too."""
    return _tidy(_Text(names).convert(source, math=math))


def _tidy(text: str) -> str:
    text = " ".join(text.replace(HARD, " ").split())
    # Where a reference was left out, the space before it stays behind.
    return re.sub(r" (?=[,;:.)](?: |$))|(?<=\() ", "", text)


class _Text:
    """One conversion; `at` is where in the text of the present group it has come to."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.units = False

    def convert(self, text: str, math: bool) -> str:
        parts: list[str] = []
        at = 0
        while token := _TOKEN.match(text, at):
            at = token.end()
            command, sign, special, run = token.groups()
            if run is not None:
                parts.append(_formula_run(run, bool(parts)) if math else _text_run(run))
            elif command is not None:
                made, at = self.command(command, text, at, math)
                parts.append(made)
            elif sign is not None:
                made, at = self.sign(sign, text, at, math)
                parts.append(made)
            else:
                at = self._special(special, text, at, math, parts)
        return "".join(parts)

    def _special(self, special: str, text: str, at: int, math: bool, parts: list[str]) -> int:
        if special == "{":
            inner, at = argument(text, at - 1)
            parts.append(self.convert(inner, math))
        elif special == "$":
            inner, at = _until_dollar(text, at)
            # `H$_2$O`: a subscript to what stands in the text.
            parts.append(self.convert(inner, math=True).strip().removeprefix("_"))
        elif special in "^_" and math:
            inner, at = argument(text, at)
            small = self.convert(inner, math=True).strip()
            parts[-1:] = [part.rstrip(HARD) for part in parts[-1:]]
            parts.append(_superscript(small) if special == "^" else _subscript(small))
        elif special in "^_":
            parts.append(special)
        elif special != "}":
            parts.append(HARD)
        return at

    def sign(self, sign: str, text: str, at: int, math: bool) -> tuple[str, int]:
        """A command that is one sign."""
        if sign == "\\":
            _, at = option(text, at + (text[at : at + 1] == "*"))
            return ("; " if math else " "), at
        if sign in ACCENTS and not math:
            base, at = argument(text, at)
            return _accented(self.convert(base, math), ACCENTS[sign]), at
        if sign in "([":
            end = text.find("\\" + ")]"["([".index(sign)], at)
            inner = text[at:end] if end >= 0 else text[at:]
            return self.convert(inner, math=True).strip(), (end + 2 if end >= 0 else len(text))
        return SIGNS.get(sign, sign), at

    def command(self, name: str, text: str, at: int, math: bool) -> tuple[str, int]:
        """A command by name."""
        if self.units and (name in UNITS or _symbol(name, math) is None):
            return UNITS.get(name, name), at
        if name in _MADE:
            count, make = _MADE[name]
            given = []
            _, at = option(text, at)
            for _ in range(count):
                inner, at = argument(text, at)
                given.append(self.convert(inner, math).strip())
            return make(*given), at
        if name in ACCENTS and (math or name in "uvHckrbd"):
            base, at = argument(text, at)
            return _accented(self.convert(base, math), ACCENTS[name]), at
        if re.fullmatch(r"[A-Za-z]*cite[A-Za-z]*", name):
            return self._cite(name, text, at)
        if re.fullmatch(r"[A-Za-z]*ref", name) and name != "href":
            return self._refer(name, text, at)
        if name in ("SI", "qty", "SIrange", "si", "unit", "num", "ang", "numrange", "qtyrange"):
            return self._quantity(name, text, at)
        return self._other(name, text, at, math)

    def _other(self, name: str, text: str, at: int, math: bool) -> tuple[str, int]:
        if name in ("url", "path", "href", "verb", "lstinline"):
            return self._raw(name, text, at)
        if name in ("left", "right") and text[at : at + 1] == ".":
            return "", at + 1
        if name == "begin":
            kind, at = argument(text, at)
            if kind.rstrip("*") in ("array", "tabular", "alignat", "alignedat", "minipage"):
                _, at = option(text, at)
                _, at = argument(text, at)
            return " ", at
        if name in IN_TEXT and math:
            inner, at = argument(text, at)
            words = self.convert(inner, math=False)
            return re.sub(r"\s+", HARD, words), at
        if name in ("mathbb", "mathbbm", "Bbb"):
            inner, at = argument(text, at)
            return BLACKBOARD.get(inner.strip(), self.convert(inner, math)), at
        if name in SKIPPED:
            _, at = option(text, at)
            for _ in range(SKIPPED[name]):
                _, at = argument(text, at)
            return "", at
        if name in FUNCTIONS and math:
            return f"{HARD if re.match(r'[A-Za-z]', text[at : at + 1]) else ''}{name}{HARD}", at
        if (symbol := _symbol(name, math)) is not None:
            return symbol, at
        given, after = option(text, at)
        if given is not None and text[after : after + 1] == "{":
            at = after
        return "", at

    def _cite(self, name: str, text: str, at: int) -> tuple[str, int]:
        for _ in range(2):
            _, at = option(text, at)
        keys, at = argument(text, at)
        known = [
            self.names.keys[key.strip()]
            for key in keys.split(",")
            if key.strip() in self.names.keys
        ]
        return (f"[{', '.join(map(str, known))}]" if known and name != "nocite" else ""), at

    def _refer(self, name: str, text: str, at: int) -> tuple[str, int]:
        keys, at = argument(text, at)
        known = [self.names.labels[key] for key in keys.split(",") if key in self.names.labels]
        numbers = ", ".join(number for _, number in known)
        if not known or name == "pageref":
            return "", at
        if name == "eqref":
            return f"({numbers})", at
        named = name.lower() in ("autoref", "cref", "vref", "fref", "zcref")
        return (f"{known[0][0]} {numbers}" if named else numbers), at

    def _quantity(self, name: str, text: str, at: int) -> tuple[str, int]:
        """Numbers and units of siunitx."""
        _, at = option(text, at)
        given: list[str] = []
        for _ in range(
            {"SI": 2, "qty": 2, "SIrange": 3, "qtyrange": 3, "numrange": 2}.get(name, 1)
        ):
            inner, at = argument(text, at)
            self.units = not given or "range" in name or name in ("SI", "qty")
            said = self.convert(inner, math=True).replace(HARD, "").strip()
            power = re.fullmatch(r"(\S*?)e\s*([−+]?)\s*(\d+)", said)
            given.append(f"{power[1]}×10{raised(power[2] + power[3])}" if power else said)
            self.units = False
        if name == "ang":
            return f"{given[0]}°", at
        if "range" in name:
            return " ".join([f"{given[0]} to {given[1]}", *given[2:]]), at
        return " ".join(given), at

    def _raw(self, name: str, text: str, at: int) -> tuple[str, int]:
        if name in ("verb", "lstinline"):
            _, at = option(text, at)
            mark = text[at : at + 1]
            if mark != "{":
                end = text.find(mark, at + 1) if mark else -1
                return (text[at + 1 : end], end + 1) if end >= 0 else ("", at)
        inner, at = argument(text, at)
        return ("" if name == "href" else inner), at


def _until_dollar(text: str, at: int) -> tuple[str, int]:
    """What stands before the dollar sign that closes a formula, and the place after it."""
    double = text[at : at + 1] == "$"
    start = at + double
    for found in re.compile(r"\\.|\$", re.DOTALL).finditer(text, start):
        if found[0] == "$":
            return text[start : found.start()], found.end() + (
                text[found.end() : found.end() + 1] == "$" and double
            )
    return text[start:], len(text)


def _text_run(run: str) -> str:
    run = run.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    return run.replace("`", "‘").replace("'", "’")


def _formula_run(run: str, goes_on: bool) -> str:
    """Characters of a formula. goes_on: something stands before them, so that a minus subtracts."""
    tight = re.sub(r"\s+", "", run).replace("'", "′").replace("-", "−")
    first = r"(?<=[^=<>+(,\[])" if not goes_on else r"(?<![=<>+(,\[])"
    return re.sub(r"[=<>]|" + first + r"[+−]", lambda sign: operator(sign[0]), tight)


def _accented(base: str, accent: str) -> str:
    base = {"ı": "i", "ȷ": "j"}.get(base, base)
    # A bar over several letters is said without the bar.
    return unicodedata.normalize("NFC", base + accent) if len(base) == 1 else base


def _superscript(text: str) -> str:
    text = text.replace(" ", "").replace(HARD, "").replace("−", "-") if len(text) < 6 else text
    if text in ("∘", "°"):
        return "°"
    small = raised(text)
    return (
        small
        if small != text or text in ("′", "*", "†", "th", "st", "nd", "rd")
        else "^" + group(text)
    )


def _subscript(text: str) -> str:
    return "_" + group(text) if text else ""


def _symbol(name: str, math: bool) -> str | None:
    """The character of a symbol's command; HTML and MathML took most names from TeX."""
    found = SYMBOLS.get(name) or (html5.get(name + ";") if name not in NO_SYMBOLS else None)
    return operator(found) if found and math else found


_MADE: dict[str, tuple[int, Callable[..., str]]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), (2, ratio)),
    **dict.fromkeys(("binom", "tbinom", "dbinom"), (2, lambda n, k: f"({n} choose {k})")),
    "sqrt": (1, lambda base: f"√{group(base)}"),
    "textsuperscript": (1, lambda text: raised(text)),
    "pmod": (1, lambda text: f" (mod {text})"),
}
