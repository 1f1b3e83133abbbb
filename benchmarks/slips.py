"""What can go wrong between quote and claim: plain checks, planted slips, harmless rewordings.

The checks and the slips share nothing with the product's own comparison, which they examine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.figures import Figure, Table
from evals.stats import wilson
from memory.records import Nugget
from tools.nuggets import plain
from tools.text.faith import unfaithful

_UNIT = (
    r"%|‰|° ?[CF]|(?:[kcmµμnp]?(?:g|m|l|L|s|mol|M|Hz|V|W|J|Pa)|eV|K|min|h|bp|kDa|days?|weeks?|"
    r"months?|years?|hours?|minutes?|fold)\b"
)
_DENIAL = r"\b(?:not|(?-i:[Nn]o)|never|without|none|neither|nor|cannot)\b|n['’]t\b"


def agrees(claim: str, quote: str) -> bool:
    """Whether digits, units behind digits, and words of denial in a claim are those of its quote.

    Three plain counts: every run of digits, and every run with the unit behind it, stands in the
    quote as often; words of denial are as many, brackets aside.
    """

    def counted(pattern: str, text: str) -> Counter[str]:
        return Counter(re.sub(r"\s", "", m.group()) for m in re.finditer(pattern, text))

    def denials(text: str) -> int:
        return len(re.findall(_DENIAL, re.sub(r"\([^()]*\)", "", text), re.IGNORECASE))

    return (
        counted(r"\d+", claim) <= counted(r"\d+", quote)
        and counted(rf"\d\s?-?(?:{_UNIT})", claim) <= counted(rf"\d\s?-?(?:{_UNIT})", quote)
        and denials(claim) == denials(quote)
    )


LEANS = {
    "first person": re.compile(r"\b(?:[Ww]e|[Oo]ur|ours|ourselves)\b|(?:^|, )I [a-z]"),
    "this paper": re.compile(
        r"\b(?:this|the present|the current) (?:study|paper|work|article|review|research|trial|"
        r"investigation)\b|\bthe authors\b",
        re.IGNORECASE,
    ),
    "pronoun first": re.compile(
        r"^(?:It(?! (?:is|was) \w+ (?:that|to|for)\b)|They|Them|These|Those(?= (?:are|were|had|"
        r"have)\b)|This|Such(?! as)|Its|Their|He|She|His|Her)\b"
    ),
    "figure": re.compile(
        r"\b(?:fig(?:ure|\.)?s?|tables?|supplementary \w+) ?-?S?\d|\(fig|\bshown above\b",
        re.IGNORECASE,
    ),
    "citation": re.compile(
        r"(?<![\w-])\[[1-9]\d*(?:[,–-] ?\d+)*\]|\bet al\b|\([A-Z][a-z]+, (?:19|20)\d\d\)"
    ),
}
"""Ways of leaning on the paper around, each with what shows it."""

Slip = Callable[[str], str]


def _swap(pattern: str, by: str | Callable[[re.Match[str]], str], flags: int = 0) -> Slip:
    """A change of the first place that fits; the same text where none does."""
    return lambda text: re.sub(pattern, by, text, count=1, flags=flags)


def _other_digit(found: re.Match[str]) -> str:
    return str((int(found.group()) + 3) % 10)


_ALONE = r"(?! ?(?:[–/,;±-]|to\b|and\b|or\b|vs\b|versus\b))"
"""Not in a list or a range: there the last unit speaks for all, and the first may be spared."""
_VERB = r"\b(is|are|was|were|has|have|had|did|does|do|can|could|may)\b(?! (?:not|no|only)\b)"
_WITH_UN = r"(?:affected|changed|known|treated|related|likely|stable)\b"

SLIPS: Mapping[str, Slip] = {
    "another digit": _swap(r"\d", _other_digit),
    "another last digit": _swap(r"\d(?!.*\d)", _other_digit),
    "a digit more": _swap(r"(?<![\d.,])[1-9]\d*(?![.,]?\d)", r"\g<0>0"),
    "decimal point moved": _swap(r"(\d)\.(?!0+\b)(\d)(\d)", r"\1\2.\3"),
    "decimal point lost": _swap(r"(\d)\.(?!0+\b)(\d)", r"\1\2"),
    "thousands for decimals": _swap(r"(\d),(\d{3})\b", r"\1.\2"),
    "sign of a number": _swap(r"(?<=[ (])[-−](?=\d)", ""),
    "mg for g": _swap(r"(?<=\d) ?mg\b", " g"),
    "µ for m": _swap(r"([ (<>=±~]\d[\d.]*) ?m(?=[lLgmM]\b)", r"\1 µ"),
    "m for µ": _swap(r"(?<=\d) ?[µμ](?=[lLgmM]\b)", " m"),
    "unit lost": _swap(rf"([ (<>=±~]\d[\d.]*)[ -]?(?:{_UNIT}){_ALONE}", r"\1"),
    "per cent lost": _swap(rf"(?<=\d) ?%{_ALONE}", ""),
    "° lost": _swap(rf"(?<=\d) ?°{_ALONE}", ""),
    "per what lost": _swap(r"(?<=[a-zA-Z])/(?:k?g|m?[lL]|day|h)\b", ""),
    "hours for days": _swap(r"(?<=\d )(?:days?)\b", "hours"),
    "> for <": _swap(r"<(?= ?\d)", ">"),
    "< for >": _swap(r">(?= ?\d)", "<"),
    "= for <": _swap(r"[<>≤≥](?= ?\d)", "="),
    "± lost": _swap(r" ?± ?(?=\d)", " "),
    "end of a range lost": _swap(r"(\d)[–-]\d+(?:\.\d+)?(?![\d-])", r"\1"),
    "another end of a range": _swap(r"(?<=\d[–-])\d", _other_digit),
    "another power": _swap(r"(?<=[×x] 10)[-−]?\d", _other_digit),
    "power lost": _swap(r" ?[×x] ?10\^?[-−]?\d+", ""),
    "another number word": _swap(
        r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", "eleven", re.IGNORECASE
    ),
    "digit in a name": _swap(r"(?:(?<=[A-Za-z])|(?<=[A-Za-z]-))\d", _other_digit),
    "not lost": _swap(r"\b(?:not|never|cannot) (?!only\b)", ""),
    "no lost": _swap(r"\b[Nn]o ", ""),
    "with for without": _swap(r"\bwithout\b", "with"),
    "not added": _swap(_VERB, r"\1 not"),
    "never added": _swap(_VERB, r"\1 never"),
    "un- lost": _swap(rf"\bun(?={_WITH_UN})", ""),
    "un- added": _swap(rf"\b(?={_WITH_UN})", "un"),
    "non- lost": _swap(r"\bnon-?(?=[a-z]{4})", ""),
    "in- lost": _swap(r"\bin(?=(?:significant|effective|active|dependent|complete)\b)", ""),
}  # fmt: skip
"""Slips of a rewriting that change what is claimed."""

_SPELLED = {"mg": "milligrams", "kg": "kilograms", "ml": "millilitres", "mL": "millilitres",
            "mm": "millimetres", "cm": "centimetres", "h": "hours", "min": "minutes",
            "km": "kilometres"}  # fmt: skip
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

HARMLESS: Mapping[str, Slip] = {
    "percent for %": _swap(r"(?<=\d) ?%(?=[ ,.;)])", " percent"),
    "per cent for %": _swap(r"(?<=\d) ?%(?=[ ,.;)])", " per cent"),
    "blank before %": _swap(r"(?<=\d)%", " %"),
    "unit spelled out": _swap(
        r"(?<=\d) ?(mg|kg|ml|mL|mm|cm|km|h|min)\b(?!/)", lambda m: f" {_SPELLED[m[1]]}"
    ),
    "degrees Celsius": _swap(r"(?<=\d) ?° ?C\b", " degrees Celsius"),
    "the other µ": lambda text: text.translate(str.maketrans("µμ", "μµ")),
    "another minus": lambda text: re.sub(r"(?<=[ (])[-−](?=\d)", "−", text),
    "thousands unmarked": _swap(r"(?<=\d),(?=\d{3}\b)", ""),
    "per for /": _swap(r"(?<=[a-zA-Z])/(?=(?:kg|m[lL]|day|h|L|g)\b)", " per "),
    "hyphen for dash": _swap(r"(?<=\d)–(?=\d)", "-"),
    "to for a dash": _swap(r"((?<= )\d+(?:\.\d+)?)–(?=\d+(?:\.\d+)?(?:[ ,;)%]|$))", r"\1 to "),
    "less than for <": _swap(r" ?< ?(?=\d)", " less than "),
    "more than for >": _swap(r" ?> ?(?=\d)", " more than "),
    "plus or minus": _swap(r" ?± ?(?=\d)", " plus or minus "),
    "digit for a word": _swap(
        r"(?<=[a-z] )(?:two|three|four|five|six|seven|eight|nine|ten)\b(?= [a-z])",
        lambda m: str(_WORDS.index(m.group())),
    ),
    "word for a digit": _swap(
        r"(?<=[a-z] )(?:[2-9]|10)(?= [a-z]{4})", lambda m: _WORDS[int(m.group())]
    ),
    "did not as didn't": _swap(r"\b(did|does|do|was|were|is|are) not\b", r"\1n't"),
    "can not": _swap(r"\bcannot\b", "can not"),
    "no as not any": _swap(r"\bhad no ", "did not have any "),
    "not affected as unaffected": _swap(
        r"\b(is|are|was|were) not (affected|changed|related)\b", r"\1 un\2"
    ),
    "not significant as non-": _swap(r"\bnot significant\b", "non-significant"),
    "tenths with a nought": _swap(r"(?<=[ =<>])\.(?=\d)", "0."),
    "a value left out": _swap(r" \([^()]*\d[^()]*\)", ""),
}
"""Rewordings that say the same, or less, and should be let pass."""

Planted = dict[str, tuple[int, int]]
"""By name: how many claims could be changed so, and how many were then refused."""


def planted(nuggets: Sequence[Nugget], changes: Mapping[str, Slip]) -> Planted:
    """Each change in each claim that it fits, and what the grounding says.

    Claims with words of their own, such as what an abbreviation stands for, are left out: no quote
    could tell whether those are right.
    """
    said = [(plain(nugget.claim), plain(nugget.quote)) for nugget in nuggets]
    said = [(claim, quote) for claim, quote in said if _words(claim) <= _words(quote)]
    found: Planted = {}
    for name, change in changes.items():
        changed = [(new, quote) for claim, quote in said if (new := change(claim)) != claim]
        found[name] = len(changed), sum(bool(unfaithful(*pair)) for pair in changed)
    return found


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


_OF_DENIAL = re.compile(r"(?:not|no|never|with|un-|non-|in-)(?=\s)")


def of_slips(slipped: Planted, harmless: Planted) -> list[Figure]:
    """Figures of planted changes."""

    def share(name: str, rows: Iterable[tuple[int, int]], aim: float, wanted: bool) -> Figure:
        tried, refused = map(sum, zip(*rows, strict=True))
        low, high = wilson(refused, tried)
        return Figure(name=name, value=refused / tried, low=low, high=high, n=tried, aim=aim,
                      better="higher" if wanted else "lower")  # fmt: skip

    denials = [row for name, row in slipped.items() if _OF_DENIAL.match(name)]
    values = [row for name, row in slipped.items() if not _OF_DENIAL.match(name)]
    return [
        share("Slips in numbers, units and bounds that are found", values, 1.0, wanted=True),
        share("Slips in denials that are found", denials, 1.0, wanted=True),
        share("Harmless rewordings that are refused", harmless.values(), 0.02, wanted=False),
    ]


def by_slip(title: str, verdict: str, found: Planted) -> Table:
    """A table of planted changes."""
    rows = tuple(
        (name, tried, round(refused / tried, 3))
        for name, (tried, refused) in found.items()
        if tried
    )
    return Table(title=title, columns=("change", "claims changed", verdict), rows=rows)
