"""Changes of wording alone: what a sentence says stays what it was.

A rule gives None for a sentence that it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

Rule = Callable[[str, Random], str | None]


def table(text: str) -> dict[str, str]:
    """`old>new` entries; `old=new` goes both ways. An underscore stands for a space."""
    found = [re.split("([>=])", entry.replace("_", " ")) for entry in text.split()]
    back = {new: old for old, sign, new in found if sign == "="}
    return back | {old: new for old, _, new in found}


def swap(text: str, words: Mapping[str, str], before: str = r"(?<![\w-])") -> str:
    """The text with each of the words replaced where it stands as a word."""
    keys = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.sub(rf"{before}(?:{keys})(?![\w-])", lambda found: words[found[0]], text)


def or_none(changed: str, text: str) -> str | None:
    """What was changed, or None where nothing was."""
    return changed if changed != text else None


def lower(text: str) -> str:
    """Its first letter small, unless that is part of a name or an abbreviation."""
    word = text.split(maxsplit=1)[0]
    if word != "A" and (word != word.capitalize() or "." in word):
        return text
    return text[0].lower() + text[1:]


def upper(text: str) -> str:
    """Its first letter a capital."""
    return text[0].upper() + text[1:]


_PAST = (
    "increased|reduced|decreased|improved|inhibited|enhanced|induced|affected|promoted|suppressed|"
    "produced|stimulated|caused|revealed|confirmed|identified|repressed|modulated|influenced|"
    "detected|outperformed|activated|controlled|mediated|regulated|facilitated"
)
_ACTIVE = re.compile(
    rf"(?P<agent>[A-Z][^,;:()]{{3,70}}?) (?P<adverb>significantly )?(?P<verb>{_PAST}) "
    r"(?P<patient>(?!by\b|in\b|that\b|to\b|with\b|at\b|from\b)[^,;:()]{4,80})\."
)
_NOT_PLAIN = re.compile(
    r"\b(?:by|that|which|than|was|were|is|are|when|while|but|to|as|we|our|it|this|these|such|"
    r"compared|after|also|not|has|have|been|using|significantly|may|can|result)\b|^[A-Z][a-z]+ly ",
    re.IGNORECASE,
)


def active(text: str) -> re.Match[str] | None:
    """Its agent, adverb, verb and patient, where it is a plain active sentence."""
    found = _ACTIVE.fullmatch(text)
    plain = found and not any(_NOT_PLAIN.search(found[p]) for p in ("agent", "patient"))
    return found if plain else None


def _passive(text: str, _: Random) -> str | None:
    found = active(text)
    if not found:
        return None
    deed = f"was {found['adverb'] or ''}{found['verb']}"
    return f"{upper(found['patient'])} {deed} by {lower(found['agent'])}."


_FRAMES = ("The results show that {}", "It was found that {}", "These findings demonstrate that {}",
           "Overall, {}", "Our results indicate that {}")  # fmt: skip
_FRAMED = re.compile(r"\bthat\b|^\w+(?:ly)?, |\b(?:[Ww]e|[Oo]ur|[Tt]hese|[Tt]his)\b")


def _framed(text: str, chance: Random) -> str | None:
    opens = re.match(r"(?!In|On|At|By|For|With|To)(?:The|A|An|[A-Z][\w-]+) [a-z]", text)
    return None if not opens or _FRAMED.search(text) else chance.choice(_FRAMES).format(lower(text))


_FRONTED = re.compile(
    r"(?P<front>(?:In|At|Under|During|After|Among|Within|For|With) (?!.*\b(?:addition|contrast|"
    r"particular|total|fact|conclusion|this|these|summary|general|example|instance)\b.*,)"
    r"[^,;:()]{4,60}), (?P<rest>[^,;:()]{20,})\."
)


def _reordered(text: str, _: Random) -> str | None:
    found = _FRONTED.fullmatch(text)
    return f"{upper(found['rest'])} {lower(found['front'])}." if found else None


_SPELT = table(
    "mg>milligrams kg>kilograms h=hours min>minutes cm>centimetres mm>millimetres days>d weeks>wk "
    "µm>micrometres ha>hectares g>grams nm>nanometres years>yr mM>millimolar"
)


def _unit_spelt(text: str, _: Random) -> str | None:
    changed = swap(text, _SPELT, before=r"(?<=\d )")
    changed = re.sub(r"(?<=\d)\s?°\s?C\b", " degrees Celsius", changed)
    return or_none(re.sub(r"(?<=\d)\s?%", " percent", changed), text)


_CONVERTED = {"mg": ("g", 1e-3), "kg": ("g", 1e3), "cm": ("mm", 10), "days": ("h", 24),
              "h": ("min", 60), "mm": ("cm", 0.1), "weeks": ("days", 7), "g": ("mg", 1e3),
              "hours": ("minutes", 60), "km": ("m", 1e3), "mM": ("µM", 1e3)}  # fmt: skip
_MEASURED = re.compile(
    r"(?<![\w.,–-])(?<!\d and )(?<!\d to )(?<!\d or )(?P<number>\d+(?:\.\d+)?) "
    rf"(?P<unit>{'|'.join(_CONVERTED)})(?![\w/])(?! \w+[-−]1)"
)


def _unit_converted(text: str, _: Random) -> str | None:
    def converted(found: re.Match[str]) -> str:
        unit, factor = _CONVERTED[found["unit"]]
        return f"{float(found['number']) * factor:.10g} {unit}"

    return or_none(_MEASURED.sub(converted, text), text)


_COUNTS = table("two>2 three>3 four>4 five>5 six>6 seven>7 eight>8 nine>9")


def _number_spelt(text: str, _: Random) -> str | None:
    grouped = r"(?<![\d,])\d{1,3}(?:,\d{3})+\b"
    plain = re.sub(grouped, lambda found: found[0].replace(",", ""), text)
    return or_none(swap(plain, _COUNTS), text)


_OTHER_WORDS = table(
    "colour=color tumour=tumor tumours=tumors behaviour=behavior behaviours=behaviors fibre=fiber "
    "analysed=analyzed characterised=characterized optimised=optimized localised=localized "
    "utilised=utilized approximately=about compared_with>compared_to method=approach "
    "methods=approaches rapidly=quickly greater_than>higher_than"
)


def _reworded(text: str, _: Random) -> str | None:
    return or_none(swap(text, _OTHER_WORDS), text)


REWORDINGS: dict[str, Rule] = {
    "active to passive": _passive,
    "put in a frame": _framed,
    "clauses reordered": _reordered,
    "unit spelt out": _unit_spelt,
    "unit converted": _unit_converted,
    "number respelt": _number_spelt,
    "synonym or spelling": _reworded,
}
