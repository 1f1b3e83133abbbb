"""Claims about tracing by LangSmith's own variables: a collector on this machine stands for it."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.doubles.endpoint import Fault, MockEndpoint
from benchmarks.doubles.real import ended, goldpan
from prompts import load
from tests.agent.test_dry_runs import says

KEY = "sk-planted-7c1d"
ABILITIES = {
    "use_multipart_endpoint": True, "size_limit": 100, "size_limit_bytes": 10**7,
    "scale_up_nthreads_limit": 4, "scale_up_qsize_trigger": 1000,
}  # fmt: skip


class Collector:
    """Takes what is sent to it, and says what LangSmith says."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({"version": "1", "batch_ingest_config": ABILITIES})

            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self._reply({})

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nobody reads it."""

            def _reply(self, body: object) -> None:
                told = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def text(self) -> str:
        return b"\n".join(self.bodies).decode("utf-8", "replace")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path, few_papers: Path) -> Iterator[Path]:
    """A workspace with one paper and a teacher behind an endpoint."""
    home, papers = tmp_path / "home", tmp_path / "papers"
    papers.mkdir()
    shutil.copy(min(few_papers.glob("*.pdf")), papers)
    goldpan(home, "interests", "add", "minerals", "--papers", str(papers))
    with MockEndpoint(says, key=KEY) as server:
        (home / "goldpan.toml").write_text(
            '[roles]\nteacher = "toy"\n'
            f'[endpoints.toy]\nmodel = "toy"\nurl = "{server.url}"\nkey_env = "TOY_KEY"\n'
        )
        yield home


def traced(home: Path, url: str, *args: str, code: int = 0) -> None:
    """A command in an environment that has LangSmith configured."""
    variables = {"TOY_KEY": KEY, "LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": url,
                 "LANGSMITH_API_KEY": "collected"}  # fmt: skip
    done = ended(home, *args, env=variables)
    assert done.returncode == code, done.stderr


def test_calls_and_steps_of_a_run_arrive_there_and_no_key_does(
    home: Path, collector: Collector
) -> None:
    traced(home, collector.url, "run", "minerals")
    kinds = set(re.findall(r'"name":"([^"]+)","run_type":"(\w+)"', collector.text))
    assert {"search", "read", "extract"} <= {name for name, kind in kinds if kind == "chain"}
    assert load("extract").made_by in {name for name, kind in kinds if kind == "llm"}
    assert "List the nuggets of this text." in collector.text
    assert KEY not in collector.text


def test_a_dry_run_arrives_nowhere(home: Path, collector: Collector) -> None:
    """It makes no calls; that it seems to is nobody's business."""
    traced(home, collector.url, "run", "minerals", "--dry-run")
    assert not collector.bodies


def test_a_key_that_an_endpoint_repeats_does_not_arrive_there(
    home: Path, collector: Collector
) -> None:
    """langchain hands the body of an error on before anybody else can look at it."""
    told = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}
    settings = (home / "goldpan.toml").read_text()
    with MockEndpoint(lambda body: Fault(401, told)) as server:
        (home / "goldpan.toml").write_text(re.sub(r"http://[^\"]*", server.url, settings))
        traced(home, collector.url, "run", "minerals", code=7)
    assert "Incorrect API key provided" in collector.text
    assert KEY not in collector.text
