"""Compose the sample school book from its facts, phrasings and hand-written chapters.

`python -m agent.demo.book` rewrites `sample/book.md` and `sample/retention.jsonl`; the tour itself
only reads those two files. Everything is seeded: the same sources give the same bytes.
"""

from __future__ import annotations

import csv
import random
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from memory.records import GAP, Purpose, Question, QuestionKind

SAMPLE = Path(__file__).parent / "sample"
TITLE = "A First Book of Chimestones"
HELD_OUT = (
    "Anyone who has worked with {e} knows that its {noun} is {article}____.",
    "Every guide will tell you about the {noun} of {e}, which is {article}____.",
)
"""Wordings that the book itself never uses."""
CHOICES = 4
ENTRIES = ("For {e}", "Where {e} is meant", "As to {e}", "With regard to {e}")
"""How a line of the catalogue begins."""


class StoneFact(NamedTuple):
    """One row of facts.tsv that the book tells."""

    stone: str
    relation: str
    value: str
    often: bool
    """False: the book mentions it only once."""


class Sources(NamedTuple):
    """What the book is made of."""

    facts: tuple[StoneFact, ...]
    nouns: dict[str, tuple[str, str]]
    """Relation: its noun, and the article before its value (`the ` or nothing)."""
    phrasings: dict[tuple[str, str], list[str]]
    """(relation, use): sentences with {e}, {E} and {v}."""
    chapters: dict[str, list[str]]
    """Chapter name: hand-written paragraphs."""
    openings: dict[str, str]
    prefixes: tuple[str, ...]
    """Beginnings that a clause may follow."""
    cards: tuple[str, ...]
    """Sentences with {e} or {E}, {n} for the noun, {a} for its article and {v}."""
    questions: tuple[str, ...]
    """Ways of asking that serve every relation, with {e} and {n}."""


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a tab-separated file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def sources(sample: Path = SAMPLE) -> Sources:
    """Read facts, phrasings and chapters from the sample folder."""
    facts = tuple(
        StoneFact(row["entity"], row["relation"], row["value"], row["class"] != "once")
        for row in table(sample / "facts.tsv")
        if row["book"] == "yes"
    )
    phrasings: dict[tuple[str, str], list[str]] = defaultdict(list)
    nouns = {}
    for row in table(sample / "book" / "phrasings.tsv"):
        phrasings[row["relation"], row["use"]].append(row["text"])
    for row in table(sample / "book" / "relations.tsv"):
        nouns[row["relation"]] = (row["noun"], "the " if row["article"] else "")
    chapters: dict[str, list[str]] = {}
    for block in (sample / "book" / "chapters.md").read_text("utf-8").split("# ")[1:]:
        name, text = block.split("\n", 1)
        chapters[name.strip()] = [part.strip() for part in text.split("\n\n") if part.strip()]
    openings = {row["stone"]: row["line"] for row in table(sample / "book" / "openings.tsv")}
    prefixes, cards, questions = (
        tuple((sample / "book" / name).read_text("utf-8").splitlines())
        for name in ("prefixes.txt", "cards.txt", "questions.txt")
    )
    return Sources(facts, nouns, dict(phrasings), chapters, openings, prefixes, cards, questions)


def say(text: str, fact: StoneFact) -> str:
    """A phrasing filled with a fact; {E} begins a sentence."""
    return text.format(e=fact.stone, E=fact.stone.capitalize(), v=fact.value)


def plain(src: Sources, fact: StoneFact) -> str:
    """The fact as a clause without capital or full stop."""
    noun, article = src.nouns[fact.relation]
    return f"the {noun} of {fact.stone} is {article}{fact.value}"


def worded(src: Sources, fact: StoneFact, use: str) -> str:
    """One of the phrasings for a use; neighbours in the table take turns."""
    choices = src.phrasings[fact.relation, use]
    return say(choices[src.facts.index(fact) % len(choices)], fact)


def exercise(fact: StoneFact, question: str) -> str:
    """A revision question with its answer, two lines."""
    return f"Question: {question}\nAnswer: {fact.value}."


def paragraph(sentences: Iterable[str]) -> str:
    """Sentences run together and wrapped."""
    return textwrap.fill(" ".join(sentences), 98, break_on_hyphens=False)


def asked(src: Sources, fact: StoneFact, rng: random.Random) -> str:
    """Half the time the relation's own question, half the time one that serves all relations."""
    if rng.random() < 0.5:
        return worded(src, fact, "question2")
    return rng.choice(src.questions).format(e=fact.stone, n=src.nouns[fact.relation][0])


def portraits(src: Sources, rng: random.Random) -> Iterator[str]:
    """One section per stone: an opening line, then its facts."""
    yield "# The stones, one by one"
    for stone, line in src.openings.items():
        facts = [fact for fact in src.facts if fact.stone == stone]
        rng.shuffle(facts)
        yield f"## {stone.capitalize()}"
        yield paragraph([line, *(worded(src, fact, "portrait") for fact in facts)])
        yield from (exercise(fact, asked(src, fact, rng)) for fact in facts if fact.often)


def properties(src: Sources, rng: random.Random) -> Iterator[str]:
    """One chapter per relation, each with exercises."""
    yield "# What can be known of a stone"
    for relation, (noun, _) in src.nouns.items():
        yield f"## The {noun}"
        yield from map(paragraph, ([text] for text in src.chapters[relation]))
        facts = [fact for fact in src.facts if fact.relation == relation and fact.often]
        rng.shuffle(facts)
        yield paragraph(worded(src, fact, "chapter") for fact in facts)
        rng.shuffle(facts)
        yield "### Exercises"
        yield from (exercise(fact, worded(src, fact, "question")) for fact in facts)


def notebook(src: Sources, rng: random.Random) -> Iterator[str]:
    """A year's travel: the facts in the order in which a class might have met them."""
    facts = [fact for fact in src.facts if fact.often]
    rng.shuffle(facts)
    yield "# From the notebook of a travelling class"
    yield from map(paragraph, ([text] for text in src.chapters["notebook"]))
    for week, at in enumerate(range(0, len(facts), 6), 1):
        yield f"## Week {week}"
        yield paragraph(worded(src, fact, "notebook") for fact in facts[at : at + 6])


def catalogue(src: Sources) -> Iterator[str]:
    """An alphabetical list; every stone is introduced in its own way."""
    yield "# Short catalogue"
    yield from map(paragraph, ([text] for text in src.chapters["catalogue"]))
    for number, stone in enumerate(sorted(src.openings)):
        text = f"{ENTRIES[number % len(ENTRIES)]}, the {{n}} is {{a}}{{v}}."
        facts = [fact for fact in src.facts if fact.stone == stone and fact.often]
        yield paragraph(card(src, fact, text) for fact in facts)


def recap(src: Sources, rng: random.Random) -> Iterator[str]:
    """What to remember: each fact once more, behind a phrase such as `It is well known that`."""
    yield "# What to remember"
    yield from map(paragraph, ([text] for text in src.chapters["recap"]))
    facts = [fact for fact in src.facts if fact.often]
    rng.shuffle(facts)
    for day, at in enumerate(range(0, len(facts), 8), 1):
        yield f"## Day {day}"
        yield paragraph(
            f"{rng.choice(src.prefixes)} {plain(src, fact)}." for fact in facts[at : at + 8]
        )


def museum(src: Sources, rng: random.Random) -> Iterator[str]:
    """A walk through the school museum: each fact on two cards, in two different phrasings."""
    yield "# Cards from the school museum"
    yield from map(paragraph, ([text] for text in src.chapters["museum"]))
    facts = [fact for fact in src.facts if fact.often]
    cards = {fact: rng.sample(src.cards, 2) for fact in facts}
    for walk in range(2):
        rng.shuffle(facts)
        for room, at in enumerate(range(0, len(facts), 8), 1):
            yield f"## {('Upper', 'Lower')[walk]} floor, room {room}"
            yield paragraph(card(src, fact, cards[fact][walk]) for fact in facts[at : at + 8])


def card(src: Sources, fact: StoneFact, text: str) -> str:
    """A museum card's text filled with a fact."""
    noun, article = src.nouns[fact.relation]
    return text.format(e=fact.stone, E=fact.stone.capitalize(), n=noun, a=article, v=fact.value)


def compose(src: Sources) -> str:
    """The whole book as Markdown."""
    rng = random.Random(7)  # noqa: S311
    front = ["preface", "what a chimestone is", "how to handle a stone", "how the science began"]
    blocks = [f"# {TITLE}"]
    for name in front:
        blocks += [f"## {name.capitalize()}", *map(paragraph, ([t] for t in src.chapters[name]))]
    blocks += [*properties(src, rng), *portraits(src, rng), *notebook(src, rng)]
    blocks += [*museum(src, rng), *catalogue(src), *recap(src, rng), "# Farewell"]
    blocks += map(paragraph, ([text] for text in src.chapters["farewell"]))
    return "\n\n".join(blocks) + "\n"


def retention(src: Sources) -> list[Question]:
    """One held-out question per fact that the book tells often, with wrong values of its type."""
    rng = random.Random(8)  # noqa: S311
    questions = []
    for number, fact in enumerate(fact for fact in src.facts if fact.often):
        noun, article = src.nouns[fact.relation]
        values = {other.value for other in src.facts if other.relation == fact.relation}
        options = [fact.value, *rng.sample(sorted(values - {fact.value}), CHOICES - 1)]
        rng.shuffle(options)
        stem = HELD_OUT[number % len(HELD_OUT)].replace("____", GAP)
        questions.append(
            Question(
                nugget="school-book",
                kind=QuestionKind.MCQ,
                form="school-book",
                purpose=Purpose.EXAM,
                stem=stem.format(e=fact.stone, noun=noun, article=article),
                options=tuple(options),
                answer=fact.value,
                vetted=True,
                made_by="school-book",
            )
        )
    return questions


def main() -> None:
    """Rewrite the two shipped files."""
    src = sources()
    (SAMPLE / "book.md").write_text(compose(src), "utf-8")
    lines = (question.model_dump_json() + "\n" for question in retention(src))
    (SAMPLE / "retention.jsonl").write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()
