"""Claims about model servers that Goldpan starts and stops itself, with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memory.errors import EndpointTrouble
from tests.tools.test_endpoint_clients import ASKED
from tools.endpoints.clients import Pool, ServedChat, client
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import NoKey
from tools.endpoints.served import LocalServer

SERVER = """
import json, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
child = subprocess.Popen(["sleep", "600"])
print(child.pid, flush=True)
class Handler(BaseHTTPRequestHandler):
    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        self.answer({"data": [{"id": sys.argv[2]}]})
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = {"role": "assistant", "content": "Served."}
        self.answer({"id": "1", "object": "chat.completion", "created": 1, "model": "toy",
                     "choices": [{"index": 0, "finish_reason": "stop", "message": said}]})
    def log_message(self, *args):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def served(*command: str, patience: float = 60) -> Endpoint:
    return Endpoint(kind="served", model="org/toy", command=command, patience=patience)


HERE = served(sys.executable, "-c", SERVER, "{port}", "{model}")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> None:
    while alive(pid):  # the test's own timeout bounds this
        time.sleep(0.01)


def test_a_server_is_started_asked_and_stopped_with_its_children(tmp_path: Path) -> None:
    async def main() -> None:
        server = LocalServer(HERE, tmp_path / "logs" / "served.log")
        url = await server.start()
        assert await server.start() == url, "it runs already"
        await server.stop()
        await server.stop()
        assert not await server.alive()

    asyncio.run(main())
    gone(int((tmp_path / "logs" / "served.log").read_text()))


def test_a_model_starts_its_server_when_it_is_first_asked_and_again_when_that_died(
    tmp_path: Path,
) -> None:
    async def main() -> list[str]:
        async with Pool(tmp_path) as pool:
            model = client(HERE, NoKey(), pool)
            assert isinstance(model, ServedChat)
            said = await asyncio.gather(*(model.ainvoke(ASKED) for _ in range(5)))
            [log] = tmp_path.iterdir()
            os.killpg(os.getpgid(int(log.read_text())), signal.SIGKILL)
            while await model.server.alive():  # parent_watch notices a moment later
                await asyncio.sleep(0.01)
            said.append(await model.ainvoke(ASKED))
            return [message.text for message in said]

    assert asyncio.run(main()) == ["Served."] * 6
    [log] = tmp_path.iterdir()
    first, second = log.read_text().split()
    assert first != second
    gone(int(second))


def test_a_server_that_ends_at_once_is_told_of_with_its_last_word(tmp_path: Path) -> None:
    command = served("sh", "-c", "echo loading; echo out of memory >&2; exit 3")
    with pytest.raises(EndpointTrouble, match='Its last word: "out of memory"') as caught:
        asyncio.run(LocalServer(command, tmp_path / "log").start())
    assert caught.value.reason == "down"


def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    command = served("sh", "-c", "echo $$; exec sleep 600", patience=1)
    with pytest.raises(EndpointTrouble, match="did not answer within 1 s"):
        asyncio.run(LocalServer(command, tmp_path / "log").start())
    gone(int((tmp_path / "log").read_text()))


def test_a_server_does_not_outlive_a_killed_goldpan(tmp_path: Path) -> None:
    """A model in memory that nobody knows of any more costs a whole card."""
    code = (
        "import asyncio, sys; from pathlib import Path; sys.path.insert(0, '.')\n"
        "from tests.tools.test_endpoint_served import HERE\n"
        "from tools.endpoints.served import LocalServer\n"
        "async def main():\n"
        "    await LocalServer(HERE, Path(sys.argv[1])).start()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())"
    )
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(log)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    ) as owner:  # fmt: skip
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        os.kill(owner.pid, signal.SIGKILL)
    gone(int(log.read_text()))
