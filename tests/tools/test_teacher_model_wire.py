"""Claims about calls over HTTP: langchain-openai's client against a server on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doubles.connections import over
from benchmarks.doubles.endpoint import Body, Fault, MockEndpoint
from benchmarks.doubles.scripted import candidate, reply_of
from memory.errors import EndpointTrouble
from memory.records import Document, Passage
from prompts import load
from tools.endpoints.connection import Connection
from tools.endpoints.endpoint import Mode
from tools.teachers import Extracted
from tools.teachers.model import Loss, ModelTeacher

TEXT = "Osk resin melts at 412 kelvin. Thrushes avoid nests that were lined with osk bark."
MELTS, BIRDS = (
    "Osk resin melts at 412 kelvin.",
    "Thrushes avoid nests that were lined with osk bark.",
)
Reply = tuple[int, Body]


Served = Callable[[Callable[[Body], Reply]], MockEndpoint]


@pytest.fixture
def serve() -> Iterator[Served]:
    """Servers that send these very statuses and bodies."""
    with ExitStack() as running:
        yield lambda answer: running.enter_context(MockEndpoint(lambda body: Fault(*answer(body))))


def completion(finish: str = "stop", **message: Any) -> Reply:
    said = {"role": "assistant", "content": None, "refusal": None, **message}
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "message": said}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    return 200, {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "toy",
        "choices": [choice], "usage": usage,
    }  # fmt: skip


def tool_call(arguments: str) -> Body:
    called = {"name": "Extraction", "arguments": arguments}
    return {"id": "t1", "type": "function", "function": called}


def declined(what: str) -> Reply:
    error = {"message": f"{what} is not supported here", "type": "invalid_request_error"}
    return 400, {"error": {**error, "param": what, "code": None}}


def teach(
    endpoint: MockEndpoint,
    losses: list[Loss] | None = None,
    modes: Sequence[Mode] = tuple(Mode),
    in_flight: int = 64,
    **more: Any,
) -> list[str]:
    """The claims that a teacher at this endpoint finds in a paper of two passages."""
    return [nugget.claim for nugget in take(endpoint, losses, modes, in_flight, **more).nuggets]


def take(
    endpoint: MockEndpoint,
    losses: list[Loss] | None = None,
    modes: Sequence[Mode] = tuple(Mode),
    in_flight: int = 64,
    **more: Any,
) -> Extracted:
    """What it takes from that paper."""
    passages = [
        Passage(paper="p", page=1, start=start, end=start + len(text), text=text)
        for text in (MELTS, BIRDS)
        for start in (TEXT.index(text),)
    ]
    document = Document(paper="p", text=TEXT, page_starts=(0,), title="Osk")
    on_loss = (losses if losses is not None else []).append

    async def taken(connection: Connection) -> Extracted:
        return await ModelTeacher(connection, on_loss, **more).extract(document, passages)

    return over(endpoint.url, taken, modes=tuple(modes), in_flight=in_flight)


def test_the_schema_goes_with_the_request_and_no_tool_does(serve: Served) -> None:
    """Readers have no hands."""
    endpoint = serve(lambda body: completion(content=reply_of(candidate(MELTS), candidate(BIRDS))))
    assert teach(endpoint) == [MELTS, BIRDS]
    [body] = endpoint.asked
    asked = body["response_format"]["json_schema"]
    assert (asked["name"], asked["strict"]) == ("Extraction", True)
    schema = load("extract").schema_class.strict_schema()
    assert {key: asked["schema"][key] for key in schema} == schema
    assert "tools" not in body


def test_an_endpoint_without_schemas_is_asked_by_a_tool_and_is_not_tried_again(
    serve: Served,
) -> None:
    def answer(body: Body) -> Reply:
        if "response_format" in body:
            return declined("response_format")
        said = [text for text in (MELTS, BIRDS) if text in body["messages"][-1]["content"]]
        return completion("tool_calls", tool_calls=[tool_call(reply_of(*map(candidate, said)))])

    endpoint = serve(answer)
    assert teach(endpoint, budget=60, in_flight=1) == [MELTS, BIRDS]
    assert [sorted({"tools", "response_format"} & set(body)) for body in endpoint.asked] == [
        ["response_format"], ["response_format"], ["tools"], ["tools"],
    ]  # fmt: skip
    assert [tool["function"]["name"] for tool in endpoint.asked[2]["tools"]] == ["Extraction"]


def test_an_endpoint_that_knows_neither_is_asked_in_words(serve: Served) -> None:
    def answer(body: Body) -> Reply:
        refused = [name for name in ("response_format", "tools") if name in body]
        return declined(refused[0]) if refused else completion(content=reply_of(candidate(MELTS)))

    endpoint = serve(answer)
    assert teach(endpoint) == [MELTS]
    assert len(endpoint.asked) == 3


def test_a_request_that_no_mode_makes_right_is_told_of_as_the_endpoint_does(
    serve: Served,
) -> None:
    losses: list[Loss] = []
    assert take(serve(lambda body: declined("temperature")), losses).reason == "unsupported"
    assert "temperature is not supported here" in losses[0].detail


@pytest.mark.parametrize(
    "calls",
    [
        [tool_call(reply_of(candidate(MELTS), candidate(BIRDS)))],
        [tool_call(reply_of(candidate(MELTS))), tool_call(reply_of(candidate(BIRDS)))],
        [tool_call(reply_of(candidate(MELTS), candidate(BIRDS)).replace("}]}", "},]}"))],
    ],
)
def test_tool_calls_are_read_whether_one_or_more_or_damaged(
    serve: Served, calls: list[Body]
) -> None:
    endpoint = serve(lambda body: completion("tool_calls", tool_calls=calls))
    assert teach(endpoint, modes=[Mode.TOOL]) == [MELTS, BIRDS]
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (completion(refusal="I cannot help with that."), "refused"),
        (completion("content_filter", content=""), "filtered"),
        (completion("length", content='{"nuggets": [{"claim": "Osk'), "cut"),
        (completion(content=""), "empty"),
        ((200, {"error": {"message": "upstream failed", "code": 502}}), "error_body"),
        ((200, {"hello": "world"}), "error_body"),
        ((200, {**completion()[1], "choices": []}), "error_body"),
    ],
)
def test_every_mode_tells_by_name_what_is_no_answer(
    serve: Served, reply: Reply, reason: str, mode: Mode
) -> None:
    losses: list[Loss] = []
    taken = take(serve(lambda body: reply), losses, [mode], budget=999)
    assert taken == Extracted([], lost=2, reason=reason)
    assert {loss.reason for loss in losses} == {reason}


def test_what_a_cut_reply_held_is_kept_in_schema_mode_too(serve: Served) -> None:
    cut = reply_of(candidate(MELTS), candidate(BIRDS))[:-30]
    losses: list[Loss] = []
    assert teach(serve(lambda body: completion("length", content=cut)), losses, budget=40)
    assert {loss.reason for loss in losses} >= {"cut"}


RECORDED = [
    ("ddtrace/azure_chat_completion", "cut"),
    ("ddtrace/chat_completion", "unreadable"),
    ("ddtrace/chat_completion_parse", "unreadable"),
    ("ddtrace/chat_completion_tool_call", "unreadable"),
    ("pydantic_ai/test_invalid_response", "error_body"),
    ("pydantic_ai/test_openai_moderation_block_policy", "refused"),
    ("pydantic_ai/test_tool_use_failed_error", "unreadable"),
]


@pytest.mark.parametrize(("name", "reason"), RECORDED)
def test_recorded_replies_to_other_questions_are_never_taken_for_nuggets(
    serve: Served, shared: Path, name: str, reason: str
) -> None:
    [first, *_] = json.loads((shared / "llm_api" / f"{name}.json").read_text())
    reply = first["response"]["status"], json.loads(first["response"]["body"])
    assert take(serve(lambda body: reply)) == Extracted([], lost=2, reason=reason)


@pytest.mark.parametrize(
    ("place", "reason"), [(0, "busy"), (1, "filtered"), (2, "busy"), (3, "too_long")]
)
def test_documented_error_bodies_are_told_apart(
    serve: Served, shared: Path, place: int, reason: str
) -> None:
    error = json.loads((shared / "llm_api/DOCUMENTED_error_bodies.json").read_text())[place]
    assert take(serve(lambda body: (error["status"], error["body"]))).reason == reason


def test_a_wrong_key_stops_everything(serve: Served, shared: Path) -> None:
    [told] = json.loads((shared / "llm_api/ddtrace/chat_completion_error.json").read_text())
    reply = told["response"]["status"], json.loads(told["response"]["body"])
    with pytest.raises(EndpointTrouble) as caught:
        teach(serve(lambda body: reply))
    assert caught.value.reason == "key"
