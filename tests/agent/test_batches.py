"""Claims about batches: a run's calls by way of a file come to what calling would have come to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.forecast import batches
from agent.settings import Settings
from benchmarks.doubles.real import ended, goldpan
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import bind, calls, kept, rows
from memory.errors import EndpointTrouble
from memory.records import Call, Reply
from tests.tools.alcf import RESULT, Alcf
from tests.tools.peer import Peer, completion
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.mock import Fault, MockEndpoint, MockReply
from tools.endpoints.mock.bodies import completion as completed

pytestmark = pytest.mark.slow
PRICED = {"price_in": 1.0, "price_out": 2.0}


class Job:
    """A workspace whose teacher is answered by way of files."""

    def __init__(self, folder: Path, papers: Path, url: str, **section: Any) -> None:
        self.folder = folder
        self.home = bind(folder / "home", url, ("teacher",), **PRICED, **section)
        goldpan(self.home, "interests", "add", "minerals", "--papers", str(papers))
        self.file, self.results = folder / "asked.jsonl", folder / "results.jsonl"

    def write(self) -> str:
        return goldpan(self.home, "batch", "write", "minerals", str(self.file))

    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def work(self, answer: Callable[[dict[str, Any]], Any]) -> list[str]:
        """What a provider's worker makes of the file; answer: a reply's body for a request's."""
        return [result(one["custom_id"], answer(one["body"])) for one in self.requests()]

    def collect(self, lines: list[str], code: int = 0) -> dict[str, Any]:
        self.results.write_text("\n".join(lines), encoding="utf-8")
        told = ended(self.home, "batch", "collect", str(self.file), str(self.results), "--json")
        assert told.returncode == code, told.stderr
        return dict(json.loads(told.stdout))


def result(name: str, body: Any, status: int = 200, error: Any = None) -> str:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"id": name, "custom_id": name, "response": response, "error": error})


def replies(home: Path) -> dict[str, Any]:
    """By key, less the ids that endpoints draw."""
    found = {}
    for reply in rows(home, Reply):
        reply.message["response_metadata"].pop("id")
        found[reply.key] = reply.message
    return found


@pytest.fixture(scope="module")
def endpoint(recorder: RecordingModel) -> Iterator[MockEndpoint]:
    with MockEndpoint(recorder.answer) as serving:
        yield serving


@pytest.fixture
def job(tmp_path: Path, few_papers: Path, endpoint: MockEndpoint) -> Job:
    endpoint.requests.clear()
    return Job(tmp_path, few_papers, endpoint.url)


@pytest.fixture
def answered(recorder: RecordingModel) -> Callable[[dict[str, Any]], Any]:
    def answer(body: dict[str, Any]) -> Any:
        said: MockReply | Fault = asyncio.run(recorder.answer(body))
        assert isinstance(said, MockReply)
        return completed(body, [said])

    return answer


def test_a_run_after_a_batch_calls_nobody_and_finds_what_a_run_that_calls_finds(
    job: Job, endpoint: MockEndpoint, answered: Callable[[dict[str, Any]], Any], few_papers: Path
) -> None:
    words = job.write()
    requests = job.requests()
    assert f"{len(requests)} calls are in" in words
    assert not calls(job.home)
    told = job.collect(job.work(answered)[::-1])
    assert told == {"outcomes": {"ok": len(requests)}, "before": 0, "failed": {}, "left_out": {}}
    goldpan(job.home, "run", "minerals")
    assert not endpoint.requests
    assert "Nothing to do" in ended(
        job.home, "batch", "write", "minerals", str(job.folder / "again.jsonl")
    ).stderr  # fmt: skip

    other = Job(job.folder / "other", few_papers, endpoint.url)
    goldpan(other.home, "run", "minerals")
    assert kept(other.home) == kept(job.home)
    # Each request in the file is the one that is sent, and each row the one that is noted.
    sent = sorted(json.dumps(body, sort_keys=True) for body in endpoint.asked)
    assert sorted(json.dumps(one["body"], sort_keys=True) for one in requests) == sent
    passing = {"id", "time", "run", "interest", "latency"}
    by_batch, by_wire = (
        sorted(call.model_dump_json(exclude=passing) for call in calls(home))
        for home in (job.home, other.home)
    )
    assert by_batch == by_wire
    assert sum(call.cost for call in calls(job.home)) > 0
    assert replies(job.home) == replies(other.home)


def test_what_was_collected_is_not_added_again(
    job: Job, answered: Callable[[dict[str, Any]], Any]
) -> None:
    job.write()
    lines = job.work(answered)
    first = job.collect(lines[:2], code=9)
    assert first["failed"] == {"no line of the results is its reply": len(lines) - 2}
    before = calls(job.home)
    assert len(before) == 2
    told = job.collect([*lines, lines[0]])
    assert (told["outcomes"], told["before"]) == ({"ok": len(lines) - 2}, 2)
    assert told["left_out"] == {"second reply to one request": 1}
    assert job.collect(lines)["before"] == len(calls(job.home)) == len(lines)
    assert before == [call for call in calls(job.home) if call.id in {one.id for one in before}]


def test_a_damaged_line_costs_only_itself_and_no_error_is_an_answer(
    job: Job, endpoint: MockEndpoint, answered: Callable[[dict[str, Any]], Any]
) -> None:
    job.write()
    lines = job.work(answered)
    names = [one["custom_id"] for one in job.requests()]
    lines[0] = lines[0][:-20]
    lines[1] = result(names[1], {"error": {"message": "too long"}}, 400)
    lines[2] = result(names[2], completion(), error={"message": "out of memory"})
    lines[3] = result(names[3], {"choices": [{"message": None}]})
    lines += ["[" * 100_000, result("a stranger", completion())]
    told = job.collect(lines, code=9)
    assert told["outcomes"] == {"ok": len(names) - 4}
    assert sum(told["failed"].values()) == 4
    assert told["left_out"] == {"line that is no result": 2, "reply to something else": 1}
    assert {call.key for call in calls(job.home)} == set(names[4:])
    goldpan(job.home, "run", "minerals")
    assert len(endpoint.requests) == 4


def test_a_reply_that_is_none_is_noted_as_a_line_notes_it(job: Job) -> None:
    job.write()
    names = [one["custom_id"] for one in job.requests()]
    bodies = [
        completion(None, refusal="I cannot."),
        completion("", finish_reason="content_filter"),
        completion(""),
        completion('{"nuggets": [', finish_reason="length"),
        {**completion("Half of a pair: \ud83d"), "usage": None},
    ]
    told = job.collect(
        [result(name, body) for name, body in zip(names, bodies, strict=False)], code=9
    )
    outcomes = {call.key: call.outcome for call in rows(job.home, Call)}
    expected = ["refused", "filtered", "empty", "cut", "ok"]
    assert [outcomes[name] for name in names[:5]] == expected
    assert told["outcomes"] == dict.fromkeys(expected, 1)
    # An empty reply may be an accident: it is asked for again.
    assert {reply.key for reply in rows(job.home, Reply)} == {*names[:2], *names[3:5]}
    assert all(call.cost > 0 and call.priced for call in rows(job.home, Call))


def test_a_file_that_is_there_is_left_alone_and_one_without_its_calls_is_told(
    job: Job, tmp_path: Path
) -> None:
    job.file.write_text("mine")
    assert "is there already" in goldpan(
        job.home, "batch", "write", "minerals", str(job.file), code=3
    )
    assert job.file.read_text() == "mine"
    results = tmp_path / "results.jsonl"
    results.write_text("")
    told = goldpan(job.home, "batch", "collect", str(job.file), str(results), code=3)
    assert "keep the two together" in told


def test_a_provider_with_tools_of_its_own_is_left_to_them(job: Job) -> None:
    job.write()
    where = ("--input", "/there/in.jsonl", "--output", "/there/out")
    told = goldpan(job.home, "batch", "submit", str(job.file), *where, code=3)
    assert "its provider's own means" in told


def test_what_depends_on_replies_is_another_file_and_only_probes_are_left_to_the_run(
    job: Job, endpoint: MockEndpoint, answered: Callable[[dict[str, Any]], Any]
) -> None:
    bind(job.home, endpoint.url)
    job.write()
    job.collect(job.work(answered))
    first = {call.prompt.partition("@")[0] for call in calls(job.home)}
    job.file = job.folder / "second.jsonl"
    assert "questions" in job.write()
    job.collect(job.work(answered))
    noted = {call.id for call in calls(job.home)}
    goldpan(job.home, "run", "minerals")
    assert "questions" not in first
    assert {call.role for call in calls(job.home) if call.id not in noted} == {"target"}


def test_a_file_is_submitted_to_alcf_and_its_results_are_told(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    asked = batches.BatchCalls(endpoint="sophia", calls=[])
    (tmp_path / "in.jsonl.calls").write_text(asked.model_dump_json())

    async def main() -> list[Any]:
        async with Peer(Alcf("running", "completed", "failed")) as peer:
            url = f"{peer.url}/resource_server/sophia/vllm/v1"
            sophia = Endpoint(kind="alcf", model="toy", url=url)
            settings = Settings(home=tmp_path, endpoints={"sophia": sophia})
            batch = await batches.submitted(settings, file, "/eagle/p/in.jsonl", "/eagle/p/out/")
            states = [await batches.status(settings, "sophia", batch) for _ in range(2)]
            with pytest.raises(EndpointTrouble, match="failed"):
                await batches.status(settings, "sophia", batch)
            with pytest.raises(EndpointTrouble, match="Not Found"):
                await batches.status(settings, "sophia", "b2")
            return [batch, peer.seen[0].body["input_file"], *states]

    assert asyncio.run(main()) == [
        "b1", "/eagle/p/in.jsonl", ("running", ""), ("completed", RESULT["results_file"]),
    ]  # fmt: skip
