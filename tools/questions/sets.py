"""What questions show only as a set: keys longer than the rest, places, and shortcuts.

All questions of a nugget with the same options are one sheet: they fall or stand together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from memory.records import Question, QuestionKind
from tools.questions.chance import even
from tools.questions.guessing import Guess, guess, shares
from tools.questions.texts import normal, options_of
from tools.questions.traits import Floats, Prior, Sheet

LONGER = 1.05
"""Mean length of the keys over the mean length of the rest, at most."""
ENOUGH = 20
"""Sheets from which a mean length is refused: one long answer of a few is no habit, and a nugget
taught by itself must still be examined."""

Name = tuple[str, frozenset[str], str]
"""What makes a sheet: nugget, options, answer."""


class SetReport(NamedTuple):
    """What a set of questions is like after vetting."""

    asked: int
    """Questions that were vetted."""
    passed: int
    refused: Mapping[str, int]
    """By reason."""
    kinds: Mapping[str, int]
    """Passed, by kind."""
    levels: Mapping[str, int]
    """Passed choices and short answers, by level."""
    options: Mapping[int, int]
    """Passed choices, by number of options."""
    before: Guess
    """The guesser on the choices that passed all but the shortcut."""
    guess: Guess
    """The guesser on the choices that passed."""
    places: float
    """p of keys standing at every place alike (χ²); 1.0 without choices."""
    length: float
    """Mean length of the keys over that of the rest; 1.0 without choices."""

    @property
    def fair(self) -> bool:
        """Whether neither the options alone, nor their places, nor their lengths tell the key."""
        return self.guess.within_noise and self.places >= 0.05 and self.length <= LONGER


class VettedSet(NamedTuple):
    """Questions, each vetted or rejected, and what they are as a set."""

    questions: list[Question]
    report: SetReport


def vet_set(vetted: Sequence[Question], prior: Prior | None = None) -> VettedSet:
    """The same questions, with those refused that spoil the set."""
    sheets = sheets_of(vetted)
    long = _too_long(sheets)
    kept = {name: sheet for name, sheet in sheets.items() if name not in long}
    before, after, told = _unguessed(kept, prior)
    reasons = dict.fromkeys(long, "length") | dict.fromkeys(told, "shortcut")
    questions = [_refused(q, reasons.get(name_of(q), "")) for q in vetted]
    return VettedSet(questions, _report(questions, before, after))


def report(questions: Sequence[Question], prior: Prior | None = None) -> SetReport:
    """What a set of vetted questions is like; refuses nothing."""
    sheets = list(sheets_of(questions).values())
    found = guess(sheets, prior)
    return _report(questions, found, found)


def name_of(question: Question) -> Name:
    """The sheet of a choice."""
    return question.nugget, options_of(question), normal(question.answer)


def sheets_of(questions: Sequence[Question]) -> dict[Name, Sheet]:
    """The sheets of the choices that stand, each once, by name."""
    sheets: dict[Name, Sheet] = {}
    for q in questions:
        if q.kind is QuestionKind.MCQ and not q.rejected:
            sheets.setdefault(name_of(q), Sheet(q.nugget, q.options, q.key))
    return sheets


def lengths(sheet: Sheet) -> tuple[int, float]:
    """Characters of the key, and mean characters of the rest."""
    sizes = [len(option) for option in sheet.options]
    rest = sum(sizes) - sizes[sheet.key]
    return sizes[sheet.key], rest / max(1, len(sizes) - 1)


def longer(sheets: Sequence[Sheet]) -> float:
    """Mean length of the keys over the mean length of the rest; 1.0 of no sheets."""
    pairs = [lengths(sheet) for sheet in sheets]
    rest = sum(b for _, b in pairs)
    return sum(a for a, _ in pairs) / rest if rest else 1.0


def _too_long(sheets: Mapping[Name, Sheet]) -> list[Name]:
    """Sheets to leave out, the longest keys first, until keys are like the rest on average."""
    if len(sheets) < ENOUGH:
        return []
    excess = {name: lengths(sheet) for name, sheet in sheets.items()}
    above, below = sum(a for a, _ in excess.values()), sum(b for _, b in excess.values())
    left_out = []
    for name, (a, b) in sorted(excess.items(), key=lambda one: one[1][1] - one[1][0]):
        if above <= LONGER * below or a <= b:
            break
        above, below = above - a, below - b
        left_out.append(name)
    return left_out


def _unguessed(
    sheets: Mapping[Name, Sheet], prior: Prior | None
) -> tuple[Guess, Guess, list[Name]]:
    """The guesser before and after, and the sheets that it must not be shown.

    Each round leaves out half of what it gets right beyond chance, the surest first, and has it
    learn anew from the rest: what it knew by a habit of the left out is then no longer known.
    """
    kept = dict(sheets)
    before = after = guess(list(kept.values()), prior)
    while not after.within_noise:
        right = _surest(kept, shares(list(kept.values()), prior))
        beyond = after.right - after.chance * after.sheets
        for name in right[: max(1, int(beyond / 2))]:
            del kept[name]
        after = guess(list(kept.values()), prior)
    return before, after, [name for name in sheets if name not in kept]


def _surest(sheets: Mapping[Name, Sheet], given: Sequence[Floats]) -> list[Name]:
    """Sheets by the share that the guesser gave to the right option, the surest first."""
    share = {
        name: float(of[sheet.key]) for (name, sheet), of in zip(sheets.items(), given, strict=True)
    }
    return sorted(share, key=lambda name: -share[name])


def _refused(question: Question, reason: str) -> Question:
    if not reason or question.kind is not QuestionKind.MCQ or question.rejected:
        return question
    return question.model_copy(update={"vetted": False, "rejected": reason})


def _report(questions: Sequence[Question], before: Guess, after: Guess) -> SetReport:
    stand = [q for q in questions if not q.rejected]
    choices = [q for q in stand if q.kind is QuestionKind.MCQ]
    return SetReport(
        asked=len(questions),
        passed=len(stand),
        refused=Counter(q.rejected for q in questions if q.rejected),
        kinds=Counter(q.kind.value for q in stand),
        levels=Counter(q.level.value for q in stand if not q.is_statement),
        options=Counter(len(q.options) for q in choices),
        before=before,
        guess=after,
        places=even([(q.key, len(q.options)) for q in choices]),
        length=longer(list(sheets_of(choices).values())),
    )
