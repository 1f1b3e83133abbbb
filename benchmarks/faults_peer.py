"""The peer beside which faults are measured: a plain loop over langchain-openai's client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from langchain_core.output_parsers import JsonOutputParser
from langchain_openai import ChatOpenAI

from benchmarks.doubles.recording_model import RecordingModel
from memory.records import Document, Passage
from prompts import load
from prompts.replies import Extraction
from tools.teachers.model.packing import Group, pack, passages_text
from tools.teachers.model.teacher import BUDGET

IN_FLIGHT, TIMEOUT = 32, 2.0


class Peer(NamedTuple):
    """What became of all passages."""

    name: str
    complete: int
    named: int
    """Whose call raised."""
    silent: int
    """Whose call gave less than at a healthy endpoint, and nobody was told."""
    seconds: float
    requests: int


def grouped(
    documents: Sequence[Document], passages: Sequence[Passage]
) -> Iterator[tuple[str, Group]]:
    """Every paper's title and its groups, as Goldpan asks about them."""
    for document in documents:
        mine = [passage for passage in passages if passage.paper == document.paper]
        for group in pack(mine, BUDGET):
            yield document.title, group


def ways(url: str) -> dict[str, Any]:
    """Two plain ways to ask for items; everything else is at its default."""
    model = ChatOpenAI(model="mock", base_url=url, api_key="unused", timeout=TIMEOUT)
    schema = {"type": "json_schema", "json_schema": {
        "name": "Extraction", "strict": True, "schema": Extraction.strict_schema(),
    }}  # fmt: skip
    return {
        "with_structured_output": model.with_structured_output(Extraction, method="json_schema"),
        "JsonOutputParser": model.bind(response_format=schema) | JsonOutputParser(),
    }


def peers(
    url: str,
    asked: Sequence[tuple[str, Group]],
    recorder: RecordingModel,
    strike: Callable[[], None],
) -> Iterator[Peer]:
    """Each way at the healthy endpoint, and again when `strike` has made it ill."""
    extract = load("extract")
    prompts = [
        [
            (turn.role, turn.text)
            for turn in extract.render(title=title, passages=passages_text(group))
        ]
        for title, group in asked
    ]
    for name, chain in ways(url).items():
        recorder.strike({})
        settings = {"max_concurrency": IN_FLIGHT}
        sound = chain.batch(prompts, config=settings)
        recorder.forget()
        strike()
        started = time.perf_counter()
        got = chain.batch(prompts, config=settings, return_exceptions=True)
        took = time.perf_counter() - started
        complete = named = silent = 0
        for (_, group), one, other in zip(asked, got, sound, strict=True):
            if isinstance(one, Exception):
                named += len(group)
            elif one == other:
                complete += len(group)
            else:
                silent += len(group)
        yield Peer(name, complete, named, silent, took, recorder.asked.total())
