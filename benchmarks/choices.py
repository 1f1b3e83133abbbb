"""Multiple-choice sets: those that people made, naive ones, and ones with a planted shortcut.

Loaders and makers only; measuring is in `questions`.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.figures import need
from memory.records import Nugget, Purpose, Question, QuestionKind
from tools.questions.traits import Sheet
from tools.teachers.offline.facts import stated
from tools.teachers.offline.term_types import Type


class Item(NamedTuple):
    """A question somebody wrote."""

    stem: str
    options: tuple[str, ...]
    key: int

    def question(self, name: str) -> Question:
        """As a record."""
        return Question(
            nugget=name, kind=QuestionKind.MCQ, form="theirs", purpose=Purpose.EXAM,
            stem=self.stem, options=self.options, answer=self.options[self.key],
        )  # fmt: skip


def human(bench: Path) -> dict[str, list[Item]]:
    """Sets whose options people wrote, by name."""
    files = ("arc_challenge_slice", "ai2_8thgrade_dev", "medmcqa_slice", "medqa_us4_slice")
    need(*(bench / f"{name}.jsonl" for name in files), bench / "mmlu")
    readers: tuple[tuple[str, Callable[[Any], Item]], ...] = (
        ("ARC challenge", _arc), ("AI2 8th grade", _ai2), ("MedMCQA", _medmcqa), ("MedQA", _medqa)
    )  # fmt: skip
    sets = {
        title: [read(json.loads(line)) for line in (bench / f"{file}.jsonl").open()]
        for (title, read), file in zip(readers, files, strict=True)
    }
    return sets | {"MMLU, six subjects": list(_mmlu(bench / "mmlu"))}


def _arc(row: Any) -> Item:
    choices = row["choices"]
    return Item(row["question"], tuple(choices["text"]), choices["label"].index(row["answerKey"]))


def _ai2(row: Any) -> Item:
    choices = row["question"]["choices"]
    labels = [choice["label"] for choice in choices]
    texts = tuple(choice["text"] for choice in choices)
    return Item(row["question"]["stem"], texts, labels.index(row["answerKey"]))


def _medmcqa(row: Any) -> Item:
    return Item(row["question"], tuple(str(row[f"op{c}"]) for c in "abcd"), int(row["cop"]) - 1)


def _medqa(row: Any) -> Item:
    texts = tuple(row["options"][letter] for letter in "ABCD")
    return Item(row["question"], texts, "ABCD".index(row["answer_idx"]))


def _mmlu(folder: Path) -> Iterator[Item]:
    for file in sorted(folder.glob("*_test.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in list(csv.reader(lines))[1:]:
                # A few rows of these files have commas that nobody quoted.
                if len(row) == 6 and row[5] in "0123":
                    yield Item(row[0], tuple(row[1:5]), int(row[5]))


def torn(bench: Path) -> list[Item]:
    """Questions about a passage, without their passage (LogiQA): not one stands by itself."""
    need(bench / "agieval_logiqa-en.jsonl")
    rows = map(json.loads, (bench / "agieval_logiqa-en.jsonl").open())
    return [
        Item(row["question"], tuple(o[3:] for o in row["options"]), "ABCD".index(row["label"]))
        for row in rows
    ]


def sheets(items: Sequence[Item], name: str) -> list[Sheet]:
    """The options without their stems, each question on its own."""
    return [Sheet(f"{name} {i}", item.options, item.key) for i, item in enumerate(items)]


def naive(written: Sequence[Sheet], nuggets: Sequence[Nugget], seed: int = 0) -> list[Sheet]:
    """The same keys with what is often put beside them.

    A number has half, one and a half times, and double; a word three terms of its type drawn from
    other claims.
    """
    chance = Random(seed)
    terms: dict[Type, list[str]] = defaultdict(list)
    kinds: dict[tuple[str, str], Type] = {}
    for nugget in nuggets:
        for term in stated(nugget.claim)[2]:
            terms[term.type].append(term.text)
            kinds[nugget.id, term.text] = term.type
    made = []
    for sheet in written:
        key = sheet.options[sheet.key]
        type_ = kinds.get((sheet.nugget, key), Type.PHRASE)
        wrong = _times(key)
        for lent in (terms[type_], [text for of in terms.values() for text in of]):
            if not wrong and len({*lent} - {key}) >= 3:
                wrong = chance.sample(sorted({*lent} - {key}), 3)
        options = [*wrong, key]
        chance.shuffle(options)
        made.append(Sheet(sheet.nugget, tuple(options), options.index(key)))
    return made


def _times(key: str) -> list[str]:
    number, _, rest = key.partition(" ")
    try:
        value = float(number)
    except ValueError:
        return []
    return [f"{value * factor:g} {rest}".strip() for factor in (0.5, 1.5, 2)]


def longest(options: list[str], key: int) -> None:
    """The right one says more."""
    options[key] += " in most of them"


def absolute(options: list[str], key: int) -> None:
    """Only the wrong ones are without exception, as careful writers would not have it."""
    for place in range(len(options)):
        options[place] += " in part" if place == key else " always"


def odd(options: list[str], key: int) -> None:
    """The wrong ones were made from one another."""
    for place in range(len(options)):
        if place != key:
            options[place] = f"{options[key - 1].split()[0]} {place} {options[place]}"


def central(options: list[str], key: int) -> None:
    """The right number has the wrong ones on both sides."""
    factors = iter((0.5, 0.7, 1.4, 1.9, 2.5, 3.0, 3.5, 4.0, 4.5))
    for place in range(len(options)):
        if place != key:
            options[place] = f"{37 * (key + 3) * next(factors):.0f} mg"
    options[key] = f"{37 * (key + 3)} mg"


def capital(options: list[str], key: int) -> None:
    """The right one was copied from a heading."""
    for place in range(len(options)):
        options[place] = options[place].title() if place == key else options[place].lower()


def above(options: list[str], key: int) -> None:
    """Where there is a choice that takes in the others, it is the one."""
    options[key] = "all of these"


PLANTED: dict[str, Callable[[list[str], int], None]] = {
    "longest": longest, "absolute": absolute, "odd one out": odd, "central number": central,
    "capital": capital, "all of these": above,
}  # fmt: skip
"""Ways in which a key gives itself away."""


def planted(
    sound: Sequence[Sheet], way: str, share: float, count: int, seed: int
) -> tuple[list[Sheet], set[str]]:
    """So many sheets with keys at random places, a share of them given away; whose they are."""
    chance = Random(f"{way} {share} {seed}")
    made, whose = [], set()
    for sheet in chance.sample(list(sound), count):
        options, key = list(sheet.options), chance.randrange(len(sheet.options))
        if chance.random() < share:
            PLANTED[way](options, key)
            whose.add(sheet.nugget)
        made.append(Sheet(sheet.nugget, tuple(options), key))
    return made, whose
