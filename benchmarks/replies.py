"""Replies of language models, damaged as models damage them: how much is read, and what is made up.

No model has a say: replies are built from labelled sentences and damaged by rule, so that what
should be read is known. Quotes mended or changed in copying are looked up in typeset text.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import Figure, Part, Plot, Table, need
from evals.stats import wilson
from memory.records import Passage
from prompts.replies import Candidate, Extraction
from tools.replies.validate import validated
from tools.teachers.model.locate import locate

SEED = 5
ITEMS = 6


def _plain(items: Sequence[Candidate]) -> str:
    return json.dumps({"nuggets": [item.model_dump() for item in items]}, ensure_ascii=False)


REWRITTEN: dict[str, Callable[[str], str]] = {
    "Python for JSON": lambda text: str(json.loads(text)),
    "one object a line": lambda text: "\n".join(map(json.dumps, json.loads(text)["nuggets"])),
    "under another key": lambda text: json.dumps({"result": json.loads(text)}),
    "a list alone": lambda text: json.dumps(json.loads(text)["nuggets"]),
    "numbers as text": lambda text: re.sub(r'"sure": (\d+)', r'"sure": "\1/10"', text),
}
"""Damages of a reply as a whole."""
SPOILT: dict[str, Callable[[str], str]] = {
    "code fence and prose": lambda text: (
        f"Here's my {{list}} [1]:\n```json\n{text}\n```\nThat's it!"
    ),
    "thinking aloud": lambda text: f'<think>Perhaps {{"nuggets": []}}?</think>\n{text}',
    "commas too many": lambda text: re.sub(r"\}(?=\])", "},", text),
    "commas forgotten": lambda text: text.replace("}, {", "}\n{"),
}
"""Damages of its letters, of any reply."""


def _line_ends(items: Sequence[Candidate]) -> tuple[str, list[Candidate]]:
    held = [item.model_copy(update={"claim": item.claim.replace(" ", "\n", 1)}) for item in items]
    return _plain(held).replace("\\n", "\n"), held


def _quotes(items: Sequence[Candidate]) -> tuple[str, list[Candidate]]:
    held = [
        item.model_copy(update={"claim": re.sub(r"^(\w+ )(\w+)(?= )", r'\1"\2"', item.claim)})
        for item in items
    ]
    return re.sub(r'("claim": "\w+ )(\w+)(?= )', r'\1"\2"', _plain(items)), held


def _cut(items: Sequence[Candidate], rng: random.Random) -> tuple[str, list[Candidate]]:
    text = _plain(items)
    at = rng.randrange(len(text))
    whole = sum(len(_plain(items[: n + 1])) - 2 <= at for n in range(len(items)))
    return text[:at], list(items[:whole])


def damaged(
    items: Sequence[Candidate], rng: random.Random
) -> Iterator[tuple[str, str, list[Candidate]]]:
    """Each damage: its name, the reply, and the items that it still holds whole."""
    text, held = _plain(items), list(items)
    yield "none", text, held
    for name, change in {**REWRITTEN, **SPOILT}.items():
        yield name, change(text), held
    yield "JSON in a string", json.dumps(text), held
    yield "line ends in strings", *_line_ends(items)
    yield "quotes not escaped", *_quotes(items)
    first, second = rng.choice([*REWRITTEN.values()]), rng.choice([*SPOILT.values()])
    yield "two at once", second(first(text)), held
    yield "cut off", *_cut(items, rng)


def _items(value: object) -> list[Candidate]:
    """Every item anywhere in a value: what a reader made of a reply, whatever its shape."""
    if isinstance(value, dict):
        try:
            return [Candidate.model_validate(value)]
        except ValueError:
            value = list(value.values())
    return [item for inner in value for item in _items(inner)] if isinstance(value, list) else []


def _strict(text: str) -> list[Candidate]:
    try:
        return _items(json.loads(text))
    except ValueError:
        return []


def _peer(text: str) -> list[Candidate]:
    import json_repair

    return _items(json_repair.loads(text))


def _ours(text: str) -> list[Candidate]:
    return [item for item in validated(text, Extraction).items if isinstance(item, Candidate)]


READERS: dict[str, Callable[[str], list[Candidate]]] = {
    "json.loads": _strict,
    "json-repair": _peer,
    "Goldpan": _ours,
}


def replies(data: Path) -> list[list[Candidate]]:
    """Lists of nuggets, the findings of one abstract each."""
    made = []
    for line in (data / "bench/pmc_structured_abstracts.jsonl").read_text("utf-8").splitlines():
        said = [
            sentence
            for section in json.loads(line)["sections"]
            if section["role"] in ("RESULTS", "CONCLUSIONS")
            for sentence in section["sentences"]
        ]
        made.append([_candidate(sentence) for sentence in said[:ITEMS]])
    return [items for items in made if items]


def _candidate(sentence: str) -> Candidate:
    words = re.findall(r"[^\W\d_]{6,}", sentence)
    return Candidate(
        claim=sentence,
        quote=sentence,
        kind="finding",
        entities=words[:2],
        keywords=[word.lower() for word in words[2:5]],
        sure=1 + len(sentence) % 10,
    )


def read_all(lists: Sequence[Sequence[Candidate]]) -> dict[str, dict[str, list[int]]]:
    """By damage and reader: items to be read, read unchanged, and made up or changed."""
    rng = random.Random(SEED)
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: {r: [0, 0, 0] for r in READERS})
    for items in lists:
        for damage, text, right in damaged(items, rng):
            for reader, read in READERS.items():
                found = read(text)
                tally = (
                    len(right),
                    sum(item in found for item in right),
                    sum(item not in right for item in found),
                )
                for row in (counts[damage][reader], counts["all"][reader]):
                    row[:] = [a + b for a, b in zip(row, tally, strict=True)]
    every = counts.pop("all")
    return {**counts, "all": every}


def typeset(text: str) -> str:
    """As a PDF gives it: lines of 60 letters, words broken at their ends, ligatures, dashes."""
    set_in_type = text.replace("fi", "\ufb01").replace("fl", "\ufb02").replace(" -", " \u2212")
    lines = re.findall(r".{1,60}(?: |$)|.{60}", set_in_type)
    broken = [
        re.sub(r"([^\W\d_]{3})([^\W\d_]{3})\s*$", r"\1-\n\2 ", line)
        if n % 3
        else line.rstrip() + "\n"
        for n, line in enumerate(lines)
    ]
    return "".join(broken)


def changed(sentence: str, other: str, n: int) -> str:
    """The sentence with one thing wrong: a digit, a word of another sentence, a word left out."""
    words = sentence.split()
    at = len(words) // 2
    digit = re.sub(r"\d", lambda m: str((int(m.group()) + 3) % 10), sentence, count=1)
    if n % 3 == 0 and digit != sentence:
        return digit
    if n % 3 == 1:
        return " ".join([*words[:at], other.split()[0].lower() + "x", *words[at + 1 :]])
    return " ".join(words[:at] + words[at + 1 :])


def quotes(lists: Sequence[Sequence[Candidate]]) -> dict[str, int]:
    """How many quotes are found in typeset text, as they stand there and by their letters."""
    told = {"quotes": 0, "verbatim": 0, "found": 0, "wrong": 0, "changed": 0}
    for n, (items, others) in enumerate(pairwise(lists)):
        text = typeset(" ".join(item.quote for item in items))
        passage = Passage(paper="p", page=1, start=9, end=9 + len(text), text=text)
        for item in items:
            place = locate(item.quote, [passage])
            told["quotes"] += 1
            told["verbatim"] += item.quote in text
            told["found"] += place is not None
            told["wrong"] += bool(place and text[place.start - 9 : place.end - 9] != place.quote)
            told["changed"] += bool(locate(changed(item.quote, others[0].quote, n), [passage]))
    return told


def measure(data: Path) -> Part:
    """Damaged replies and mended quotes."""
    need(data / "bench/pmc_structured_abstracts.jsonl")
    lists = replies(data)
    counts, located = read_all(lists), quotes(lists)
    n, good, bad = counts["all"]["Goldpan"]
    low, high = wilson(good, n)
    found_low, found_high = wilson(located["found"], located["quotes"])
    table = Table(
        title="Share of items read unchanged (items made up or changed)",
        columns=("damage", *READERS),
        rows=tuple((damage, *map(_share, by.values())) for damage, by in counts.items()),
    )
    figures = (
        Figure(name="items read of damaged replies", value=good / n, low=low, high=high, n=n),
        Figure(name="items made up or changed", value=bad, aim=0, better="lower", n=n),
        Figure(
            name="quotes found in typeset text",
            value=located["found"] / located["quotes"],
            low=found_low,
            high=found_high,
            n=located["quotes"],
            note=f"{located['verbatim'] / located['quotes']:.2f} stand there letter by letter",
        ),
        Figure(
            name="changed quotes taken for the source's",
            value=located["changed"] + located["wrong"],
            aim=0,
            better="lower",
            n=located["quotes"],
        ),
    )
    return Part.of(
        "replies",
        "Replies of language models, repaired",
        f"{len(lists)} lists of nuggets, one from each structured abstract, written as JSON and "
        f"damaged in {len(counts) - 2} ways; and their quotes looked up in the same text with line "
        "ends, broken words, ligatures and dashes, once as they are and once with one word or "
        "digit changed. Beside the standard library and json-repair: every item is "
        "counted that stands anywhere in what they make of a reply.",
        ["json-repair", "pydantic"],
        figures=figures,
        tables=(table,),
        plots=(
            Plot(
                name="damages",
                title="Items read unchanged, by damage",
                y="share",
                labels=tuple(counts),
                bars={
                    reader: tuple(by[reader][1] / by[reader][0] for by in counts.values())
                    for reader in READERS
                },
            ),
        ),
    )


def _share(row: Sequence[int]) -> str:
    n, good, bad = row
    return f"{good / n:.3f}" + (f" ({bad})" if bad else "")
