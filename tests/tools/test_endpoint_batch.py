"""Claims about ALCF's batch mode, against a server with the routes that it documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import EndpointTrouble
from tests.tools.alcf import RESULT, Alcf
from tests.tools.peer import Peer, Seen, completion
from tools.endpoints.batch import MOST, Batches, BatchResult, collect, write
from tools.endpoints.clients import PlainChat, Pool, client
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import NoKey

T = TypeVar("T")


def at(server: Alcf, work: Callable[[Batches], Awaitable[T]]) -> tuple[T, list[Seen], list[float]]:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    async def main() -> tuple[T, list[Seen], list[float]]:
        async with Peer(server) as peer, Pool() as pool:
            url = f"{peer.url}/resource_server/sophia/vllm/v1"
            model = client(Endpoint(kind="alcf", model="toy", url=url), NoKey(), pool)
            assert isinstance(model, PlainChat)
            return await work(Batches(model, nap)), peer.seen, naps

    return asyncio.run(main())


def test_a_batch_is_submitted_to_its_cluster() -> None:
    batch, [request], _ = at(Alcf(), lambda it: it.submit("/eagle/p/in.jsonl", "/eagle/p/out/"))
    assert batch == "b1"
    assert request.path == "/resource_server/sophia/vllm/v1/batches"
    assert request.body == {
        "model": "toy", "input_file": "/eagle/p/in.jsonl", "output_folder_path": "/eagle/p/out/",
    }  # fmt: skip


def test_a_batch_is_waited_for_and_tells_where_its_results_lie() -> None:
    server = Alcf("pending", "running", "completed")
    result, requests, naps = at(server, lambda it: it.ended("b1", pause=9))
    assert result == BatchResult(RESULT["results_file"], 2)  # type: ignore[arg-type]
    assert naps == [9, 9]
    assert requests[-1].path == "/resource_server/v1/batches/b1/result"


def test_a_batch_that_failed_says_why() -> None:
    server = Alcf("failed", result={"error": "cannot read /eagle/p/in.jsonl"})
    with pytest.raises(EndpointTrouble, match="cannot read"):
        at(server, lambda it: it.ended("b1"))


def line(name: str, body: Any = None, status: int = 200, error: Any = None) -> str:
    response = {"status_code": status, "request_id": "r", "body": body or completion(name)}
    return json.dumps({"id": "v1", "custom_id": name, "response": response, "error": error})


names = st.lists(st.text(min_size=1, max_size=5), unique=True, min_size=1, max_size=8)


@given(names, st.data())
def test_replies_are_matched_by_id_in_whatever_order_and_nothing_is_made_up(
    asked: list[str], data: st.DataObject
) -> None:
    fates = {name: data.draw(st.sampled_from(["ok", "error", "status", "lost"])) for name in asked}
    lines = ["", "{", "[]", '"text"', "null", line("a stranger's reply"), '{"custom_id": 1}']
    for name, fate in fates.items():
        if fate == "ok":
            lines.append(line(name))
        elif fate == "error":
            lines.append(line(name, error={"message": "out of memory"}))
        elif fate == "status":
            lines.append(line(name, {"error": "too long"}, 400))
    replies, failed, left_out = collect(data.draw(st.permutations(lines)), asked)
    assert set(replies) == {name for name in asked if fates[name] == "ok"}
    assert set(failed) == set(asked) - set(replies)
    assert left_out["line that is no result"] == 4
    for name, body in replies.items():
        assert body["choices"][0]["message"]["content"] == name


def test_a_request_that_was_answered_at_last_is_answered() -> None:
    lines = [line("a", error="lost"), line("a"), line("a", error="late"), line("a")]
    replies, failed, left_out = collect(lines, ["a"])
    assert set(replies) == {"a"}
    assert not failed
    assert left_out == {"second reply to one request": 1}


def test_a_file_holds_each_request_on_a_line_of_its_own(tmp_path: Path) -> None:
    body = {"model": "toy", "messages": [{"role": "user", "content": "Quartz\nmelts at 1,670 °C"}]}
    write({"n1": body, "n2": body}, tmp_path / "in.jsonl")
    lines = [json.loads(one) for one in (tmp_path / "in.jsonl").read_text().splitlines()]
    assert [one["custom_id"] for one in lines] == ["n1", "n2"]
    assert lines[0] | {"custom_id": ""} == {
        "custom_id": "", "method": "POST", "url": "/v1/chat/completions", "body": body,
    }  # fmt: skip


def test_more_than_one_file_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=str(MOST)):
        write({str(at): {} for at in range(MOST + 1)}, tmp_path / "in.jsonl")
    with pytest.raises(ValueError):
        write({}, tmp_path / "in.jsonl")
