"""Lines to running text: words that a line end cut are joined, characters are made plain."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from tools.reading.glyphs import SOFT_HYPHENS
from tools.reading.lines import Line

_PLAIN = {
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
    "\xad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "\u2010": "-", "\u2011": "-",
}  # fmt: skip
_HARD_HYPHENS = dict.fromkeys(SOFT_HYPHENS, "-")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# The Symbol font's letters a to z. A lone one may be another font's bullet and is left alone.
_GREEK = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
_SYMBOL = re.compile("(?<=\\S)[\uf061-\uf07a]|[\uf061-\uf07a](?=\\S)")
_NO_SIGN = ("Cc", "Co", "Cn", "Cs")
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUT = f"{SOFT_HYPHENS}-/–"
"""A line that ends with one of these may go on without a space."""
_ASCII_LETTERS = string.ascii_letters.encode()
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def composed(text: str) -> str:
    """Composed characters, ligatures spelt out, single spaces, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", replaced(text, _PLAIN))
    if not text.isprintable():
        text = _UNSEEN.sub("", _SYMBOL.sub(_greek, text))
    return " ".join(text.split())


def replaced(text: str, signs: Mapping[str, str]) -> str:
    """The text with characters replaced; where most have none, a fiftieth of `translate`'s time."""
    for sign, other in signs.items():
        if sign in text:
            text = text.replace(sign, other)
    return text


def _greek(match: re.Match[str]) -> str:
    """The letter that the Symbol font draws for a character of its private range."""
    return _GREEK[ord(match[0]) - 0xF061]


Vocabulary = Counter[str]
"""How often each word stands uncut in a document, in lower case and with its hyphens."""


def vocabulary(lines: Iterable[Line]) -> Vocabulary:
    """Words of the document that no line end cut."""
    texts = (line.text for line in lines)
    whole = (text.rpartition(" ")[0] if text[-1:] in SOFT_HYPHENS else text for text in texts)
    return Counter(_TOKEN.findall(replaced("\n".join(whole), _PLAIN).lower()))


def join(lines: Iterable[Line], known: Vocabulary) -> str:
    """The lines as one paragraph."""
    text = ""
    for line in lines:
        if text and text[-1] not in _CUT:
            text += " " + line.text
        else:
            text = append(text, line.text, known)
    return mended(text)


def append(text: str, more: str, known: Vocabulary) -> str:
    """A text and its continuation from the next line, column or page."""
    if not text:
        return more
    if text[-1] in SOFT_HYPHENS:
        return text[:-1] + _hyphen(text[:-1], more, known) + more
    if text[-1] == "-" and more[:1].isalpha():
        return text + more
    if text[-1] in "/–" and not text[-2:-1].isspace() and more[:1].isalnum():
        return text + more
    return text + " " + more


def _hyphen(text: str, more: str, known: Vocabulary) -> str:
    """What stands where a line end cut a word: nothing, or the hyphen it is written with."""
    before = re.search(r"[^\W_]+$", text.rpartition(" ")[2])
    after = re.match(r"[^\W_]+", more)
    if not before or not after:
        return "-"
    left, right = replaced(before[0], _PLAIN), replaced(after[0], _PLAIN)
    if any(c.isdigit() for c in left + right) or (right[0].isupper() and not left.isupper()):
        return "-"
    if left.isupper() and len(left) <= 4:
        return "-"
    left, right = left.lower(), right.lower()
    whole, parted = known[left + right], known[f"{left}-{right}"]
    if whole or parted:
        return "" if whole >= parted else "-"
    both = len(left) > 3 and len(right) > 3 and known[left] > 1 and known[right] > 1
    return "-" if both else ""


def mended(text: str) -> str:
    """A joined paragraph, plain; soft hyphens that stayed inside a line are ordinary ones."""
    return composed(replaced(text, _HARD_HYPHENS))


# The letter first: the engine leaps from one to the next and looks back only there.
_LOST_TH = re.compile(r"e (?=[a-z])(?<=[^\w\s]e )(?<!\S[^\w\s]e )")
_TH_TAILS = (
    "an|anks?|at|e|eir|em|en|ereafter|ereby|erefore|erein|ermal|ermodynamic|ere|ese|esis|ey|eoretical"
    "|eoretically|eory|ickness|in|ird|irdly|irty|is|omas|ose|ough|ousands?|ree|resholds?|rough"
    "|roughout|us|erapeutic|erapy|ymus|yroid"
)


def lost_th(text: str) -> str:
    """The sign that stands for the ligature of T and h in a font whose map lacks it; else empty.

    Such a font writes `*e` for `The`; four times the article and once another word settle it.
    """
    signs = Counter(text[match.start() - 1] for match in _LOST_TH.finditer(text))
    for sign, count in signs.most_common(1):
        if count >= 4 and re.search(rf"(?<!\S){re.escape(sign)}(?:is|ese|ey|us|erefore) ", text):
            return sign
    return ""


def with_th(text: str, sign: str) -> str:
    """The text with that sign spelt out where a word goes on that begins so."""
    return re.sub(rf"(?<![^\s(\[“‘]){re.escape(sign)}(?=(?:{_TH_TAILS})\b)", "Th", text)


def prose_like(text: str) -> bool:
    """Whether a text reads like sentences rather than like cells, labels or a formula."""
    words = text.split()
    if len(words) < 6:
        return False
    letters = _letters(text)
    solid = sum(map(len, words))
    small = long = 0
    for word in words:
        if word[0].isalpha():
            small += not word[0].isupper()
            long += len(word) > 1
    return letters > 0.68 * solid and small > 0.45 * len(words) and long > 0.55 * len(words)


def _letters(text: str) -> int:
    """How many characters are letters."""
    ascii_part = text.encode("ascii", "ignore")
    letters = len(ascii_part) - len(ascii_part.translate(None, _ASCII_LETTERS))
    if len(ascii_part) < len(text):
        letters += sum(map(str.isalpha, _BEYOND_ASCII.findall(text)))
    return letters


_ENOUGH = 8192
"""Characters of a document that show whether it can be read."""


def garbled(text: str) -> bool:
    """Whether a text is what a font without a Unicode map gives: no person could read it."""
    counts = Counter(text[:: 1 + len(text) // _ENOUGH])
    for blank in [c for c in counts if c.isspace() or c in SOFT_HYPHENS]:
        del counts[blank]
    solid = sum(counts.values())
    bad = sum(n for c, n in counts.items() if c == "\ufffd" or unicodedata.category(c) in _NO_SIGN)
    if bad > 0.2 * solid:
        return True
    # Running text has under 15 % of signs that are neither letters nor digits; a shifted
    # encoding shows as signs among letters, or as hardly any letter at all.
    letters = sum(n for c, n in counts.items() if c.isalpha())
    digits = sum(n for c, n in counts.items() if c.isdigit())
    return solid >= 400 and (letters + digits < 0.55 * solid or letters < 0.15 * solid)
