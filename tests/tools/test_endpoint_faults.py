"""Claims about faults: every error that was recorded gets the name it deserves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.doubles.endpoint import Body, Fault, MockEndpoint
from memory.errors import BadReply, EndpointTrouble
from tools.endpoints import faults
from tools.endpoints.faults import fault_of, retry_after, salvaged
from tools.endpoints.mock.errors import bad_gateway, error, overloaded


def raised_by(answer: Fault, **more: Any) -> openai.APIError:
    """What the openai package makes of an answer that came over the wire."""
    with (
        MockEndpoint(lambda _: answer) as endpoint,
        openai.OpenAI(base_url=endpoint.url, api_key="k", max_retries=0, **more) as client,
        pytest.raises(openai.APIError) as raised,
    ):
        client.chat.completions.create(model="toy", messages=[{"role": "user", "content": "?"}])
    return raised.value


def named(answer: Fault) -> tuple[str, bool]:
    """Its reason, and whether it is tried again."""
    fault = fault_of(raised_by(answer))
    assert fault
    assert isinstance(fault.trouble, EndpointTrouble) <= (not fault.again)
    return fault.trouble.reason, fault.again


# The part of a recording's name that tells it, the reason, and whether another try may help.
RECORDED = {
    "ddtrace/chat_completion_error": ("key", False),
    "ddtrace/completion_error": ("key", False),
    "ddtrace/completion_stream_wrong_api_key": ("key", False),
    "ddtrace/response_create_error": ("no_model", False),
    "ddtrace/response_error": ("key", False),
    "pydantic_ai/test_openai_o1_mini_system_role_developer_": ("declined", False),
    "pydantic_ai/test_openrouter_errors_raised": ("busy", True),
    "pydantic_ai/test_tool_use_failed_error": ("declined", False),
    "pydantic_ai/test_tool_use_failed_error_with_text": ("declined", False),
    "ruby_llm/chat_error_handling_with_deepseek_deepseek-chat_raises_appropriate_auth_error":
        ("key", False),
    "ruby_llm/chat_error_handling_with_openai_gpt-5-nano_raises_appropriate_auth_error":
        ("key", False),
    "ruby_llm/chat_real_error_scenarios_deepseek_deepseek-chat_handles_context_length_exceeded_"
    "errors": ("too_long", False),
    "ruby_llm/chat_real_error_scenarios_openai_gpt-5-nano_handles_context_length_exceeded_errors":
        ("too_long", False),
    "ruby_openai/finetunes_cancel": ("no_model", False),
    "ruby_openai/finetunes_retrieve": ("no_model", False),
    "ruby_openai/gpt-3_5-turbo_streamed_chat_with_error_response": ("down", True),
    "ruby_openai/gpt-3_5-turbo_streamed_chat_with_json_error_response": ("declined", False),
    "ruby_openai/http_get_with_error_response": ("declined", False),
    "ruby_openai/models_delete": ("no_model", False),
}  # fmt: skip


def test_every_recorded_error_has_the_name_it_deserves(shared: Path) -> None:
    found = {}
    for path in sorted((shared / "llm_api").glob("*/*.json")):
        for answer in _errors(json.loads(path.read_text("utf-8"))):
            found[f"{path.parent.name}/{path.stem}"] = named(answer)
    assert found == RECORDED


def _errors(recording: Any) -> list[Fault]:
    """The answers of a recording that are errors."""
    if not isinstance(recording, list):
        return []
    answers = [one["response"] for one in recording if "response" in one]
    return [Fault(told["status"], told["body"]) for told in answers if told["status"] >= 400]


def test_errors_of_which_the_body_alone_is_known_have_their_names(shared: Path) -> None:
    folder = shared / "llm_api"
    documented = json.loads((folder / "DOCUMENTED_error_bodies.json").read_text("utf-8"))
    assert [named(Fault(one["status"], one["body"])) for one in documented] == [
        ("busy", True), ("filtered", False), ("busy", True), ("too_long", False),
    ]  # fmt: skip
    bodies = {path.stem: json.loads(path.read_text("utf-8"))
              for path in folder.glob("vercel/*error*.json")}  # fmt: skip
    assert {name: named(Fault(_status(body), body)) for name, body in bodies.items()} == {
        "openai__openai-error.1": ("quota", False),
        "openai__reasoning-model-legacy-parameter-error": ("declined", False),
        "openai__reasoning-model-temperature-error": ("declined", False),
    }


def _status(body: Body) -> int:
    return 429 if "quota" in body["error"]["message"] else 400


@pytest.mark.parametrize(
    ("answer", "reason", "again"),
    [
        (bad_gateway(), "down", True),
        (overloaded(), "down", True),
        (Fault(408, ""), "down", True),
        (Fault(402, {"error": {"message": "Payment Required"}}), "quota", False),
        (Fault(403, {"error": "no"}), "forbidden", False),
        (Fault(404, {"detail": "Not Found"}), "no_model", False),
        (Fault(413, "<html>too large</html>"), "too_long", False),
        (Fault(422, {"detail": [{"msg": "field required"}]}), "declined", False),
        (Fault(400, [1, 2]), "declined", False),  # type: ignore[arg-type]
    ],
)
def test_errors_in_other_shapes_have_names_too(answer: Fault, reason: str, again: bool) -> None:
    assert named(answer) == (reason, again)


def test_the_words_of_the_endpoint_are_told_to_the_user() -> None:
    fault = fault_of(raised_by(Fault(404, {"detail": "no model osk-7b is loaded"})))
    assert fault
    assert "no model osk-7b is loaded" in str(fault.trouble)
    assert "goldpan.toml" in fault.trouble.fix


def test_no_answer_in_time_and_no_connection_are_told_apart() -> None:
    with MockEndpoint(lambda _: Fault(200, {}), latency=30) as endpoint:
        url = endpoint.url
        with openai.OpenAI(base_url=url, api_key="k", timeout=0.05, max_retries=0) as client:
            slow = _fault_of(client)
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        gone = _fault_of(client)
    assert slow.again
    assert gone.again
    assert "in time" in slow.trouble.what
    assert "refused" in gone.trouble.what.lower()


def _fault_of(client: openai.OpenAI) -> faults.FailedAttempt:
    with pytest.raises(openai.APIConnectionError) as raised:
        client.chat.completions.create(model="toy", messages=[{"role": "user", "content": "?"}])
    fault = fault_of(raised.value)
    assert fault
    assert fault.trouble.reason == "down"
    return fault


@given(st.integers(0, 350))
def test_a_key_that_an_endpoint_repeats_is_not_told_wherever_it_stands(before: int) -> None:
    """Also where the words are cut: half a key would be left."""
    key = "sk-osk-0123456789abcdef"
    fault = fault_of(ValueError(f"{'x' * before}{key}{'y' * 30}"), [key])
    assert fault
    for held in (str(fault.trouble), repr(fault.trouble), str(fault.trouble.args)):
        assert key[:8] not in held
    assert len(fault.trouble.what) <= faults.LONGEST


def test_only_what_the_model_wrote_is_taken_for_its_answer(shared: Path) -> None:
    """Some endpoints send along what they could not fit to the schema."""
    for name, said in [("", '"foo": "bar"'), ("_with_text", "maybe")]:
        path = shared / "llm_api" / "pydantic_ai" / f"test_tool_use_failed_error{name}.json"
        [answer] = _errors(json.loads(path.read_text("utf-8")))
        assert said in salvaged(raised_by(answer))
    assert salvaged(raised_by(error(400, "failed", "server_error"))) == ""
    assert salvaged(ValueError("failed_generation")) == ""


def test_a_bug_of_ours_is_no_fault_of_an_endpoint() -> None:
    assert fault_of(AttributeError("no such thing")) is None
    assert fault_of(KeyError("claim")) is None


def test_what_has_a_name_keeps_it() -> None:
    trouble = BadReply("unsupported", "No tools here.")
    assert fault_of(trouble) == (trouble, False, None)


NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after-ms": "374"}, 0.374),
        ({"retry-after": "1", "retry-after-ms": "374"}, 0.374),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1" * 400}, None),
    ],
)
def test_the_wait_that_is_asked_for_is_read(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, NOW.timestamp()) == seconds


DATE = st.datetimes(timezones=st.just(UTC)).map(lambda day: format_datetime(day, usegmt=True))


@given(st.text() | st.from_regex(r"[\d.eE+-]{1,12}") | DATE, st.text() | st.just(""))
def test_no_header_makes_the_wait_fail(after: str, milliseconds: str) -> None:
    seconds = retry_after({"retry-after": after, "retry-after-ms": milliseconds})
    assert seconds is None or seconds >= 0
