"""The graphs behind LangGraph's own development server, over HTTP, as its studio uses them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from agent.steps.review import POLICY
from agent.workspace import STORE
from benchmarks.imports import ROOT
from memory.records import Decision, Interest, Run, RunStatus
from memory.store import Store
from tests.conftest import absent

pytestmark = [pytest.mark.real, pytest.mark.slow]
LANGGRAPH = Path(sys.executable).with_name("langgraph")
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "home"


@pytest.fixture(scope="module")
def ask(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks the server for a path, with a body to post; gives what it answers."""
    if not LANGGRAPH.exists():
        absent("server", 'the graph server is not installed: pip install "goldpan[server]"')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "server.log"

    def asked(path: str, **body: Any) -> Any:
        data = json.dumps(body).encode() if body or path.endswith("threads") else None
        request = Request(f"http://127.0.0.1:{port}{path}", data)
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=120) as answer:  # noqa: S310
            return json.load(answer)

    with log.open("wb") as heard:
        server = subprocess.Popen(
            [LANGGRAPH, "dev", "--no-browser", "--no-reload", "--port", str(port)],
            cwd=ROOT, stdout=heard, stderr=subprocess.STDOUT,
            env={**os.environ, "GOLDPAN_HOME": str(home), "LANGGRAPH_CLI_NO_ANALYTICS": "1"},
        )  # fmt: skip
        try:
            end = time.monotonic() + 120
            while True:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                try:
                    asked("/ok")
                    break
                except URLError:
                    time.sleep(0.2)
            yield asked
        finally:
            server.terminate()
            server.wait(60)


def test_the_server_offers_a_form_for_what_each_graph_takes(ask: Ask) -> None:
    assistants = ask("/assistants/search", limit=10)
    assert {one["graph_id"] for one in assistants} == {"discover", "teach"}
    for one in assistants:
        schemas = ask(f"/assistants/{one['assistant_id']}/schemas")
        assert "interest" in schemas["input_schema"]["properties"]
        assert "run" in schemas["output_schema"]["properties"]
        assert "home" in schemas["context_schema"]["properties"]


def test_a_discovery_is_taken_to_its_review_and_to_its_end_over_http(
    ask: Ask, home: Path, few_papers: Path
) -> None:
    """The server runs with its guard against calls that block its loop."""
    thread = ask("/threads")["thread_id"]
    words = {"interest": "How stones melt and ring", "folder": str(few_papers)}
    ask(f"/threads/{thread}/runs/wait", assistant_id="discover", input=words)
    state = ask(f"/threads/{thread}/state")
    assert state["next"] == ["review"]
    [interrupt] = state["tasks"][0]["interrupts"]
    assert interrupt["value"]["proposed"] == state["values"]["proposed"] != []
    store = Store.open(home / STORE)
    try:
        assert [one.topic for one in store.all(Interest)] == [words["interest"]]
        assert [run.status for run in store.all(Run)] == [RunStatus.WAITING]
        answer = {"resume": {"policy": POLICY}}
        done = ask(f"/threads/{thread}/runs/wait", assistant_id="discover", command=answer)
        [run] = store.all(Run)
        assert (run.id, run.status) == (done["run"], RunStatus.DONE)
        # Without a target nothing is known to be unknown, so the policy accepts nothing.
        assert store.count(Decision) == done["decided"] == 0
    finally:
        store.close()
