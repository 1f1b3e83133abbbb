"""Training rows: how a question becomes text to learn, and which rows would give a held-out
question away.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from memory.records import GAP, Question

REPLAY = "replay"
"""In place of a question's id, where a row is old knowledge."""
Row = dict[str, str]
"""`text`, or `prompt` and `completion`; and `source`, the question's id or REPLAY."""


def text(question: Question) -> str:
    """The whole text with its answer in place: what is trained on, or must not be."""
    stem = question.stem.rstrip()
    if question.is_statement or not question.answer:
        return stem
    if _gapped(question):
        return stem.replace(GAP, question.answer, 1)
    return f"{stem} {question.answer}"


def row(question: Question) -> Row:
    """A question as a training row: prompt and completion where the answer comes last."""
    if question.is_statement or not question.answer or _gapped(question):
        return {"text": text(question), "source": question.id}
    completion = f" {question.answer}"
    return {"prompt": question.stem.rstrip(), "completion": completion, "source": question.id}


def _gapped(question: Question) -> bool:
    return GAP in question.stem and not question.stem.rstrip().endswith(":")


def row_text(row: Mapping[str, str]) -> str:
    """What a row says, as a reader would see it."""
    return row["text"] if "text" in row else row["prompt"] + row["completion"]


def comparable(words: str) -> str:
    """Lower case, single spaces, no full stop: the form in which texts are compared."""
    return " ".join(words.lower().split()).rstrip(".!? ")


class HeldOut:
    """What held-out questions must not find in a row: their wording, their set of options.

    Looked up by one long word each: every row against every question took a minute at 10,000 rows.
    """

    def __init__(self, held_out: Iterable[Question]) -> None:
        self._texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._options: dict[str, list[tuple[str, list[re.Pattern[str]]]]] = defaultdict(list)
        for question in held_out:
            for held in _wordings(question):
                # The first and the last word may stand in a row as part of a longer one.
                self._texts[_longest(_WORD.findall(held)[1:-1])].append((held, question.id))
            if len(question.options) > 1:
                patterns = [_whole(option) for option in question.options]
                word = _longest(_WORD.findall(comparable(question.options[0])))
                self._options[word].append((question.id, patterns))

    def wording(self, said: str) -> str:
        """Id of a held-out question whose wording stands in a text; empty where none does."""
        words = comparable(said)
        near = (one for word in _words(words) for one in self._texts.get(word, ()))
        return next((found for held, found in near if held in words), "")

    def option_set(self, said: str) -> str:
        """Id of a held-out question all of whose options stand in a text; empty without one."""
        words = comparable(said)
        near = (one for word in _words(words) for one in self._options.get(word, ()))
        return next((i for i, options in near if all(o.search(words) for o in options)), "")

    def betrayed_by(self, question: Question) -> bool:
        """Whether a training question would give a held-out one away."""
        said = text(question)
        return bool(self.wording(said) or self.option_set(said))


_WORD = re.compile(r"\w+")


def _words(plain_text: str) -> list[str]:
    """Under which words something may be filed that stands in the text, in a fixed order."""
    return ["", *dict.fromkeys(_WORD.findall(plain_text))]


def _longest(words: Sequence[str]) -> str:
    return max(words, key=len, default="")


def _wordings(question: Question) -> list[str]:
    """With the answer in place; and without, where it is a question in itself."""
    stem = question.stem.rstrip()
    # Where the answer goes on from the stem, every statement of the fact begins like it.
    asks = stem.removesuffix("Answer:").rstrip().endswith("?")
    return [comparable(text(question)), *([comparable(stem)] if asks else [])]


def _whole(option: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(comparable(option))}(?!\w)")


def pick(replay: Sequence[str], wanted: int, held_out: HeldOut, seed: int) -> list[str]:
    """So many old texts, each used before any is used again; none in a held-out wording."""
    allowed = [t for t in dict.fromkeys(replay) if t.strip() and not held_out.wording(t)]
    chosen: list[str] = []
    chance = random.Random(f"replay {seed}")  # noqa: S311
    while allowed and len(chosen) < wanted:
        chosen += chance.sample(allowed, min(len(allowed), wanted - len(chosen)))
    return chosen


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    """The rows in a seeded order."""
    return random.Random(f"rows {seed}").sample(list(rows), len(rows))  # noqa: S311


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
