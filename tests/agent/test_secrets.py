"""A key is planted, everything is made to happen, and all that was written is searched for it."""

from __future__ import annotations

import base64
import os
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.doubles.forked import Forked, ForkServer
from benchmarks.doubles.real import ended
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


class User:
    """Nothing is written but beneath the root of a user's world, where all of it is searched."""

    def __init__(self, folder: Path) -> None:
        self.root, elsewhere = folder / "searched", folder / "elsewhere"
        for made in (self.root / "user", self.root / "temp", elsewhere):
            made.mkdir(parents=True)
        self.key = elsewhere / "key"
        self.key.write_text(KEY)
        (elsewhere / "planted.py").write_text(RING)
        self.env = {
            **os.environ, "COLUMNS": "500", "HOME": str(self.root / "user"),
            "TMPDIR": str(self.root / "temp"), "OPENAI_LOG": "debug", "SHELL_SECRET": OTHER,
            "PYTHON_KEYRING_BACKEND": "planted.Ring", "PYTHONPATH": str(elsewhere),
        }  # fmt: skip
        # One that has lived in this world only; the key is in its environment, too.
        self.server = ForkServer({**self.env, "LOOPBACK_KEY": KEY})

    def close(self) -> None:
        self.server.close()


class Place:
    """A workspace of the user's."""

    def __init__(
        self, user: User, name: str, url: str, env: Mapping[str, str], **section: object
    ) -> None:
        self.user, self.home, self.env = user, user.root / name, {**user.env, **env}
        bind(self.home, url, patience=1, in_flight=4, **section)
        settings = self.home / "goldpan.toml"
        settings.write_text(settings.read_text() + "[tracing]\nprompts = true\n")

    def start(self, *args: str) -> Forked:
        return self.user.server.start("agent.cli", *args, "--home", str(self.home), env=self.env)

    def ended(self, *args: str, code: int | None = None) -> str:
        """What a command says; it and all that was written are searched."""
        process = self.start(*args)
        said = "".join(process.communicate(timeout=300))
        assert code in (None, process.returncode), said
        self.search(said)
        return said

    def search(self, said: str) -> None:
        held = {path: path.read_bytes() for path in self.user.root.rglob("*") if path.is_file()}
        for where, text in {"what was said": said.encode(), **held}.items():
            for secret in (CORE.encode(), base64.b64encode(KEY.encode())[:20], OTHER.encode()):
                assert secret not in text, where


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    with closing(User(tmp_path_factory.mktemp("user"))) as made:
        yield made


@pytest.fixture
def recorder() -> RecordingModel:
    return RecordingModel()


def test_a_key_is_nowhere_whatever_happens(
    user: User, few_papers: Path, recorder: RecordingModel
) -> None:
    says: list[Fault] = []

    async def answer(body: Body) -> MockReply | Fault:
        return says[0] if says else await recorder.answer(body)

    env = {"LOOPBACK_KEY": KEY}
    with MockEndpoint(answer, key=KEY, keep=False) as endpoint:
        place = Place(user, "variable", endpoint.url, env, key_env="LOOPBACK_KEY")
        place.ended("interests", "add", "minerals", "--papers", str(few_papers), code=0)
        for fault in REPLIES:
            says[:] = [fault]
            place.ended("run", "minerals", "--yes", code=7)
        place.ended("doctor", "--json", code=5)
        says.clear()
        killed(place, recorder)
        place.ended("runs", "resume", code=0)
        assert "[key]" in place.ended("runs", "list", "--json")
        for listing in LISTINGS:
            place.ended(*listing, code=0)
            place.ended(*listing, "--json", code=0)
        assert any(place.home.glob("trace/*.jsonl"))
        crashed(place)


@pytest.mark.parametrize("source", ["command", "keyring"])
def test_a_key_of_a_command_or_of_the_keyring_is_nowhere_either(
    user: User, few_papers: Path, recorder: RecordingModel, source: str
) -> None:
    section: dict[str, object] = {"key_keyring": "goldpan/me"}
    if source == "command":
        section = {"key_command": ["cat", str(user.key)]}
    with MockEndpoint(recorder.answer, key="another", keep=False) as endpoint:
        place = Place(user, source, endpoint.url, {}, **section)
        place.ended("interests", "add", "minerals", "--papers", str(few_papers), code=0)
        place.ended("run", "minerals", "--yes", code=7)
        endpoint.key = KEY
        place.ended("runs", "resume", code=0)
        place.ended("doctor", "--json", code=0)


def killed(place: Place, recorder: RecordingModel) -> None:
    """kill -9 with calls in flight: what was not yet moved out of the journals lies there."""
    recorder.latency = 1.0
    process = place.start("run", "minerals", "--yes")
    end = time.monotonic() + 60
    while recorder.in_flight < 2:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    place.search("".join(process.communicate()))
    recorder.latency = 0.0


def crashed(place: Place) -> None:
    """A bug, as seen from the calls: their ledger raises what nobody foresaw."""
    with sqlite3.connect(place.home / "goldpan.sqlite") as store:
        store.execute("DELETE FROM replies")
        store.execute("DELETE FROM extractions")
        store.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    store.close()
    assert "Traceback" in place.ended("run", "minerals", "--yes", code=1)


def test_a_key_that_stands_where_its_name_belongs_is_not_repeated(tmp_path: Path) -> None:
    """Who takes `key_env` for the key has written it into goldpan.toml; it goes no further."""
    home = bind(tmp_path / "home", "http://127.0.0.1:9/v1", key_env=KEY)
    for args in (("doctor",), ("costs",), ("run", "minerals")):
        done = ended(home, *args)
        assert done.returncode in (3, 5)
        assert "key_env" in done.stdout + done.stderr
        assert CORE not in done.stdout + done.stderr
