"""A key is planted, everything is made to happen, and all that was written is searched for it."""

from __future__ import annotations

import base64
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.doubles.real import ROOT, command
from benchmarks.doubles.recording_model import RecordingModel
from benchmarks.doubles.wired import bind
from tools.endpoints.mock import Fault, MockEndpoint, MockReply
from tools.endpoints.mock.replies import Body

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unmeasured")]
CORE = "Zx81Qw72Vb39Rt54"
KEY = f"sk-planted/{CORE}+end"
OTHER = "another-secret-of-the-shell-7f3a"
"""In the environment, and nobody's business."""
SPOKEN = {"message": f"Incorrect key {KEY} (Bearer {KEY})", "type": "x", "code": "invalid_api_key"}
REPLIES = (
    Fault(401, {"error": SPOKEN}),
    Fault(403, {"error": SPOKEN}),
    Fault(500, {"error": SPOKEN}),
    Fault(400, {"error": {**SPOKEN, "code": "bad_request"}}),
    Fault(429, {"error": SPOKEN}),
    Fault(502, f"<html>{KEY}</html>"),
    Fault(200, f"{{Authorization: Bearer {KEY}"),
    Fault(200, {"error": SPOKEN}),
)
"""What an endpoint may say that repeats the key; no run gets anywhere with it."""
RING = f"""
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return {KEY!r}

    def set_password(self, service, username, password):
        raise NotImplementedError
"""
LISTINGS = (
    ("doctor",), ("costs",), ("runs", "list"), ("interests", "list"), ("models", "list"),
    ("review", "list"), ("memory", "stats"),
)  # fmt: skip


class Place:
    """A user's world: nothing is written but beneath its root, where all of it is searched."""

    def __init__(self, root: Path, url: str, env: Mapping[str, str], **section: object) -> None:
        self.root, self.home = root / "searched", root / "searched" / "workspace"
        for name in ("user", "temp"):
            (self.root / name).mkdir(parents=True)
        self.env = {
            **os.environ, "COLUMNS": "500", "HOME": str(self.root / "user"),
            "TMPDIR": str(self.root / "temp"), "OPENAI_LOG": "debug", "SHELL_SECRET": OTHER, **env,
        }  # fmt: skip
        bind(self.home, url, patience=1, in_flight=4, **section)
        settings = self.home / "goldpan.toml"
        settings.write_text(settings.read_text() + "[tracing]\nprompts = true\n")

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command(self.home, *args), cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ended(self, *args: str, code: int | None = None) -> bytes:
        """What a command says; it and all that was written are searched."""
        process = self.start(*args)
        said = b"".join(process.communicate(timeout=300))
        assert code in (None, process.returncode), said.decode()
        self.search(said)
        return said

    def search(self, said: bytes) -> None:
        held = {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        for where, text in {"what was said": said, **held}.items():
            for secret in (CORE.encode(), base64.b64encode(KEY.encode())[:20], OTHER.encode()):
                assert secret not in text, where


@pytest.fixture
def witness() -> RecordingModel:
    return RecordingModel()


def test_a_key_is_nowhere_whatever_happens(
    tmp_path: Path, few_papers: Path, witness: RecordingModel
) -> None:
    says: list[Fault] = []

    async def answer(body: Body) -> MockReply | Fault:
        return says[0] if says else await witness.answer(body)

    with MockEndpoint(answer, key=KEY, keep=False) as endpoint:
        place = Place(tmp_path, endpoint.url, {"LOOPBACK_KEY": KEY}, key_env="LOOPBACK_KEY")
        place.ended("interests", "add", "minerals", "--papers", str(few_papers), code=0)
        for fault in REPLIES:
            says[:] = [fault]
            place.ended("run", "minerals", "--yes", code=7)
        place.ended("doctor", "--json", code=5)
        says.clear()
        killed(place, witness)
        place.ended("runs", "resume", code=0)
        assert b"[key]" in place.ended("runs", "list", "--json")
        for listing in LISTINGS:
            place.ended(*listing, code=0)
            place.ended(*listing, "--json", code=0)
        assert any(place.home.glob("trace/*.jsonl"))
        crashed(place)


@pytest.mark.parametrize("source", ["command", "keyring"])
def test_a_key_of_a_command_or_of_the_keyring_is_nowhere_either(
    tmp_path: Path, few_papers: Path, witness: RecordingModel, source: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "key").write_text(KEY)
    (elsewhere / "planted.py").write_text(RING)
    env = {"PYTHON_KEYRING_BACKEND": "planted.Ring", "PYTHONPATH": str(elsewhere)}
    section: dict[str, object] = {"key_keyring": "goldpan/me"}
    if source == "command":
        section = {"key_command": ["cat", str(elsewhere / "key")]}
    with MockEndpoint(witness.answer, key="another", keep=False) as endpoint:
        place = Place(tmp_path, endpoint.url, env, **section)
        place.ended("interests", "add", "minerals", "--papers", str(few_papers), code=0)
        place.ended("run", "minerals", "--yes", code=7)
        endpoint.key = KEY
        place.ended("runs", "resume", code=0)
        place.ended("doctor", "--json", code=0)


def killed(place: Place, witness: RecordingModel) -> None:
    """kill -9 with calls in flight: what was not yet moved out of the journals lies there."""
    witness.latency = 1.0
    process = place.start("run", "minerals", "--yes")
    end = time.monotonic() + 60
    while witness.in_flight < 2:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    place.search(b"".join(process.communicate()))
    witness.latency = 0.0


def crashed(place: Place) -> None:
    """A bug, as seen from the calls: their ledger raises what nobody foresaw."""
    with sqlite3.connect(place.home / "goldpan.sqlite") as store:
        store.execute("DELETE FROM replies")
        store.execute("DELETE FROM harvests")
        store.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    store.close()
    assert b"Traceback" in place.ended("run", "minerals", "--yes", code=1)


def test_a_key_that_stands_where_its_name_belongs_is_not_repeated(tmp_path: Path) -> None:
    """Who takes `key_env` for the key has written it into goldpan.toml; it goes no further."""
    home = bind(tmp_path / "home", "http://127.0.0.1:9/v1", key_env=KEY)
    for args in (("doctor",), ("costs",), ("run", "minerals")):
        said = subprocess.run(
            command(home, *args), cwd=ROOT, capture_output=True, check=False, timeout=300
        )
        assert said.returncode in (3, 5)
        assert b"key_env" in said.stdout + said.stderr
        assert CORE.encode() not in said.stdout + said.stderr
