"""Claims about the log of prompts and replies: whole lines, for its owner only, without a key."""

from __future__ import annotations

import asyncio
import json
import random
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from agent.calls.connections import Connections
from agent.calls.trace import JsonLines
from agent.settings import Roles, Settings
from benchmarks.doubles.endpoint import Body, Fault, MockEndpoint, MockReply, ToolCall, down
from benchmarks.doubles.scripted import REFUSAL
from memory.errors import BadReply
from memory.records import Call
from prompts import Message
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.ledger import Account, account

KEY = "sk-planted-7c1d"
ASKED = (Message("system", "You read."), Message("user", "What is osk? “Ω”\nSay."))


def row(number: int = 0, reply: AIMessage | None = None, size: int = 10, **more: Any) -> Any:
    fields = {"key": f"k{number}", "model": "m", "prompt": "p@1", "input_sha256": "i", **more}
    call = Call.model_validate(fields).model_dump()
    return {**call, "messages": [Message("user", "x" * size)], "reply": reply}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.iterdir())
        for line in path.read_text().splitlines()
    ]


def says(body: Body) -> MockReply | Fault:
    if "tools" in body:
        return MockReply(calls=(ToolCall("Extraction", '{"nuggets": []}'),))
    return down() if "fail" in str(body["messages"]) else MockReply("Osk is resin.")


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[Connections]:
    folder = tmp_path / "trace"
    with MockEndpoint(says, key=KEY) as server, closing(JsonLines(folder)) as trace:
        toy = Endpoint(model="toy", url=server.url, key_env="TOY_KEY", patience=0.01)
        settings = Settings(home=tmp_path, roles=Roles(teacher="toy"), endpoints={"toy": toy})
        yield Connections(settings, trace=trace, key=lambda _: KEY)


def ask(connections: Connections, *texts: str, **options: Any) -> None:
    async def main() -> None:
        account.set(Account("run-1", "interest-1"))
        teacher = connections.connection("teacher")
        for text in texts:
            messages = (*ASKED[:1], Message("user", text))
            with suppress(BadReply):
                await teacher.ask(messages, "extract@abc", **options)
        await connections.close()

    asyncio.run(main())


def test_a_call_is_written_with_its_messages_its_reply_and_what_it_took(
    traced: Connections, tmp_path: Path
) -> None:
    ask(traced, ASKED[1].text)
    [told] = lines_of(tmp_path / "trace")
    assert told["messages"] == [message._asdict() for message in ASKED]
    assert told["reply"] == {"text": "Osk is resin.", "finish_reason": "stop"}
    assert (told["run"], told["role"], told["model"]) == ("run-1", "teacher", "compatible:toy")
    assert (told["prompt"], told["outcome"], told["attempts"]) == ("extract@abc", "ok", 1)
    assert told["parameters"]["temperature"] == 0
    assert told["tokens_in"] > 0 < told["tokens_out"]
    assert told["latency"] >= 0


def test_a_call_without_an_answer_is_written_with_its_reason(
    traced: Connections, tmp_path: Path
) -> None:
    ask(traced, "fail")
    [told] = lines_of(tmp_path / "trace")
    assert (told["outcome"], told["reply"]) == ("down", None)


def test_a_reply_by_a_tool_call_and_a_refusal_are_told_as_they_came(
    traced: Connections, tmp_path: Path
) -> None:
    tool = {"type": "function", "function": {"name": "Extraction", "parameters": {}}}
    ask(traced, "x", tools=[tool])
    [told] = lines_of(tmp_path / "trace")
    assert told["reply"]["tool_calls"] == [{"nuggets": []}]
    with closing(JsonLines(tmp_path / "other")) as trace:
        trace(row(reply=REFUSAL))
    [told] = lines_of(tmp_path / "other")
    assert told["reply"]["refusal"].startswith("I'm sorry")


def test_no_key_is_in_it_and_only_its_owner_can_read_it(
    traced: Connections, tmp_path: Path
) -> None:
    ask(traced, "What is osk?", "fail")
    [path] = (tmp_path / "trace").iterdir()
    assert KEY not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_each_day_has_its_file_and_what_was_there_stays(tmp_path: Path) -> None:
    days = ["2026-05-01", "2026-05-01", "2026-05-02"]
    for day in days:
        with closing(JsonLines(tmp_path)) as trace:
            trace(row(time=f"{day}T10:00:00+00:00"))
    counts = {path.name: len(path.read_text().splitlines()) for path in tmp_path.iterdir()}
    assert counts == {"2026-05-01.jsonl": 2, "2026-05-02.jsonl": 1}


def test_a_text_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    """Broken PDFs put lone surrogates into texts."""
    with closing(JsonLines(tmp_path)) as trace:
        trace(row(reply=AIMessage("a\ud800b")))
    [told] = lines_of(tmp_path)
    assert told["reply"]["text"].startswith("a")


WRITES = """
import sys
from itertools import count
from pathlib import Path
from agent.calls.trace import JsonLines
from tests.agent.test_trace import row

trace = JsonLines(Path(sys.argv[1]))
for number in count():
    trace(row(number, size=50_000, time="2026-05-01"))
    print(number, flush=True)
"""


def test_killed_while_they_write_processes_leave_one_broken_line_each_at_most(
    tmp_path: Path,
) -> None:
    dice, told = random.Random(0), 0
    for _ in range(4):
        program = [sys.executable, "-c", WRITES, str(tmp_path)]
        pair = [subprocess.Popen(program, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for child in pair:
            assert child.stdout
            child.stdout.readline()
        time.sleep(dice.uniform(0, 0.1))
        for child in pair:
            child.kill()
            told += 1 + len(child.communicate()[0].splitlines())
    [path] = tmp_path.iterdir()
    whole = broken = 0
    for line in filter(None, path.read_text().split("\n")):
        try:
            whole += json.loads(line)["key"].startswith("k")
        except ValueError:
            broken += 1
    assert broken <= 8
    assert whole >= told - 8
