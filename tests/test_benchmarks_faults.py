"""What the benchmark of faults leans on: its recording model, and how faults are found."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doubles.recording_model import RecordingModel, part_of
from benchmarks.fault_runs import FailedRun, FaultyRun, defective, silently
from benchmarks.faults import figures
from memory.records import Document, Extraction, Nugget, Record
from memory.store import Store
from tools.endpoints.mock import Fault, MockReply

pytestmark = pytest.mark.nightly

TEXT = "Osk melts at 412 kelvin. Birch bark does not."
BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Who are you?"}]}


def nugget(quote: str, start: int, claim: str = "", passage: str = "one") -> Nugget:
    return Nugget(
        paper="p", passage=passage, page=1, claim=claim or quote, quote=quote, start=start,
        end=start + len(quote),
    )  # fmt: skip


SOUND, OTHER = nugget("Osk melts at 412 kelvin.", 0), nugget("Birch bark", 25, passage="two")


def home(root: Path, *records: Record) -> Path:
    root.mkdir()
    store = Store.open(root / "goldpan.sqlite")
    store.add(Document(paper="p", text=TEXT, page_starts=(0,)), *records)
    store.close()
    return root


def extraction(lost: int, reason: str) -> Extraction:
    return Extraction(paper="p", made_by="toy", input_sha256="0", lost=lost, reason=reason)


@pytest.mark.parametrize(
    ("made", "count"),
    [
        (SOUND, 0),
        (nugget("Osk melts at 412 kelvin.", 3), 1),
        (nugget("Osk", 0, claim="Rate limit reached for osk."), 1),
    ],
)
def test_a_quote_out_of_place_and_the_words_of_an_error_are_defects(
    tmp_path: Path, made: Nugget, count: int
) -> None:
    assert defective(home(tmp_path / "home", made)) == count


@pytest.mark.parametrize(
    ("lost", "reason", "count"), [(0, "", 1), (1, "down", 0), (1, "", 1), (5, "busy", 0)]
)
def test_a_passage_without_its_nuggets_is_lost_in_silence_unless_it_is_named(
    tmp_path: Path, lost: int, reason: str, count: int
) -> None:
    whole = home(tmp_path / "whole", SOUND, OTHER)
    assert silently(home(tmp_path / "home", SOUND, extraction(lost, reason)), whole) == count


def test_a_recording_model_says_the_same_to_the_same_and_its_faults_come_by_what_is_asked() -> None:
    async def said(recorder: RecordingModel, times: int) -> list[MockReply | Fault]:
        return [await recorder.answer(BODY) for _ in range(times)]

    struck, again, well = RecordingModel(), RecordingModel(), RecordingModel()
    for recorder in (struck, again):
        recorder.strike({"500": 0.5}, seed=3)
    replies = asyncio.run(said(struck, 20))
    assert replies == asyncio.run(said(again, 20))
    [whole] = set(map(str, asyncio.run(said(well, 3))))
    assert {str(reply) for reply in replies if isinstance(reply, MockReply)} == {whole}
    assert struck.asked.total() == 20 > struck.paid.total() == struck.outcomes["well"] > 0
    recorder.strike({"500": 1.0}, only="Extraction")
    assert part_of(BODY) == ""
    assert all(isinstance(reply, MockReply) for reply in asyncio.run(said(recorder, 3)))


def test_what_is_lost_in_silence_or_ends_with_a_wrong_code_misses_its_aim() -> None:
    def met(silent: int, code: int) -> dict[str, bool | None]:
        run = FaultyRun("s", 10, 1, silent, 0, 5, [(9, 9)], 1.0, 9, 5, whole=True)
        failure = FailedRun("a wrong key", code, 0, 3, [(0, 0)], True, "Stopped: …")
        return {figure.name: figure.met for figure in figures([run], [failure])}

    assert False not in met(0, 7).values()
    assert met(1, 7)["passages complete, or named as lost"] is False
    assert met(0, 0)["exit codes right"] is False
