"""Claims about goldpan mock-endpoint, as a user starts and ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import openai
import pytest
import typer
from typer.testing import CliRunner

from agent.cli.mock import mock_endpoint
from benchmarks.doubles.endpoint import MockEndpoint, MockReply
from memory.errors import BadInput
from tools.endpoints.endpoint import Endpoint as Section

PROGRAM = "import typer; from agent.cli.mock import mock_endpoint; typer.run(mock_endpoint)"
Started = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Started]:
    """Starts the command in a process of its own; none is left over."""
    with ExitStack() as running:

        def started(*arguments: str, **variables: str) -> subprocess.Popen[str]:
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, *arguments],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env={**os.environ, **variables},
                )
            )
            running.callback(process.kill)
            return process

        yield started


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    return iter(process.stdout.readline, "")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_told_to_end_and_then_ends_quietly(
    start: Started, end: signal.Signals
) -> None:
    process = start("--json", "--latency", "0", "--model", "toy")
    told = json.loads(next(lines(process)))
    assert told["model"] == "toy"
    with openai.OpenAI(base_url=told["url"], api_key="any", max_retries=0) as client:
        reply = client.chat.completions.create(
            model="toy", messages=[{"role": "user", "content": "Who are you?"}]
        )
        assert "rehearsal" in str(reply.choices[0].message.content)
        process.send_signal(end)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + end, "", "")


def test_what_it_prints_can_be_pasted_into_the_settings(start: Started) -> None:
    process = start("--key-env", "REHEARSAL_KEY", REHEARSAL_KEY="one-and-only")
    printed = lines(process)
    assert "http://127.0.0.1:" in next(printed)
    while not next(printed).startswith("In goldpan.toml"):
        pass
    text = ""
    while "price_out" not in text:
        text += next(printed)
    written = tomllib.loads(text)
    section = Section(**written["endpoints"]["rehearsal"])
    assert (section.kind, section.model, section.key_env) == (
        "compatible", "rehearsal", "REHEARSAL_KEY",
    )  # fmt: skip
    assert section.price(10**6, 10**6) == 0
    assert written["roles"]["teacher"] == "rehearsal"
    assert "one-and-only" not in text
    with (
        openai.OpenAI(base_url=section.base, api_key="another", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.models.list()


def test_faults_are_chosen_by_name_and_share(start: Started) -> None:
    process = start("--json", "--latency", "0", "--fail", "503=1")
    url = json.loads(next(lines(process)))["url"]
    with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["rehearsal"]
        with pytest.raises(openai.InternalServerError, match="overloaded"):
            client.chat.completions.create(
                model="rehearsal", messages=[{"role": "user", "content": "Hello!"}]
            )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--fail", "snow=1"], "snow"),
        (["--fail", "429"], "NAME=SHARE"),
        (["--key-env", "NO_SUCH_VARIABLE_HERE"], "NO_SUCH_VARIABLE_HERE"),
    ],
)
def test_what_cannot_be_used_is_told(arguments: list[str], told: str) -> None:
    app = typer.Typer()
    app.command()(mock_endpoint)
    fault = CliRunner().invoke(app, arguments).exception
    assert isinstance(fault, BadInput)
    assert told in str(fault)


def test_a_port_that_is_taken_is_told_in_words(start: Started) -> None:
    with MockEndpoint(lambda body: MockReply("x")) as endpoint:
        port = endpoint.url.rpartition(":")[2].removesuffix("/v1")
        process = start("--port", port)
        _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"Port {port}" in err
