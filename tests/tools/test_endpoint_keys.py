"""Claims about keys: where they come from, when they are fetched anew, that none is ever shown."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import keyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from memory.errors import EndpointTrouble
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import HIDDEN, SHORTEST, YOUNG, CommandKey, Key, key_of, scrub

SECRET = "mandrake-58213"  # noqa: S105


def got(key: Key) -> str:
    return asyncio.run(key.get())


def of(held: dict[str, str] | None = None, **said: object) -> Key:
    endpoint = Endpoint.model_validate({"model": "toy", **said})
    return key_of(endpoint, lambda name: (held or {}).get(name, ""))


def trouble(key: Key) -> EndpointTrouble:
    with pytest.raises(EndpointTrouble) as caught:
        got(key)
    assert caught.value.reason == "key"
    return caught.value


def test_each_kind_knows_its_usual_variable() -> None:
    assert got(of({"OPENAI_API_KEY": SECRET}, kind="openai")) == SECRET
    assert got(of({"CEREBRAS_API_KEY": SECRET}, kind="cerebras")) == SECRET
    assert (
        got(of({"MINE": SECRET, "OPENAI_API_KEY": "no"}, kind="openai", key_env="MINE")) == SECRET
    )


def test_a_missing_variable_is_named_with_what_to_do() -> None:
    told = trouble(of(kind="openai"))
    assert "OPENAI_API_KEY" in told.what
    assert "export OPENAI_API_KEY" in told.fix
    assert trouble(of(kind="azure", url="https://x", api_version="1"))


def test_a_server_of_ones_own_needs_no_key() -> None:
    assert got(of(kind="ollama")) == ""
    assert got(of({"NVIDIA_API_KEY": ""}, kind="nim", url="http://localhost:8000/v1")) == ""
    assert got(of({"OPENAI_API_KEY": "x"}, kind="vllm")) == ""


@pytest.mark.parametrize("key", ["“sk-1”", "sk-1…", "sk-\x001"])
def test_a_key_that_cannot_be_sent_is_told_of_and_not_shown(key: str) -> None:
    told = trouble(of({"OPENAI_API_KEY": key}, kind="openai"))
    assert "OPENAI_API_KEY" in told.what
    assert key not in str(told)


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, locked: bool = False) -> None:
        self._locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self._locked:
            raise KeyringLocked(SECRET)
        return SECRET if (service, username) == ("https://api.x/v1", "ada") else None

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


@pytest.fixture
def ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    yield
    keyring.set_keyring(before)


def test_a_key_of_the_keyring_is_found_by_service_and_user(ring: None) -> None:
    assert got(of(key_keyring="https://api.x/v1/ada", url="http://x")) == SECRET
    told = trouble(of(key_keyring="api/bob", url="http://x"))
    assert told.fix == "keyring set api bob"


def test_a_keyring_that_is_locked_says_so_and_shows_nothing(ring: None) -> None:
    keyring.set_keyring(Ring(locked=True))
    told = trouble(of(key_keyring="api/ada", url="http://x"))
    assert "KeyringLocked" in told.what
    assert SECRET not in str(told)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_command_runs_once_for_all_who_wait_for_its_key(tmp_path: Path) -> None:
    key = CommandKey(("sh", "-c", f"echo run >> {tmp_path / 'runs'}; echo {SECRET}"))

    async def main() -> list[str]:
        return await asyncio.gather(*(key.get() for _ in range(20)))

    assert set(asyncio.run(main())) == {SECRET}
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_key_that_is_old_is_fetched_anew() -> None:
    now = [0.0]
    key = CommandKey(python("import time; print(time.time_ns())"), hours=48, clock=lambda: now[0])
    first = got(key)
    now[0] = 47 * 3600
    assert got(key) == first
    now[0] = 48 * 3600
    assert got(key) != first


def test_a_refused_key_is_fetched_anew_and_a_young_one_in_its_place_only_once() -> None:
    now = [0.0]
    key = CommandKey(python("import time; print(time.time_ns())"), clock=lambda: now[0])
    first = got(key)
    assert key.refuse(first)
    assert key.refuse(first), "another call was refused for the same old key"
    second = got(key)
    assert key.refuse(first), "a late answer to the old key says nothing of the new one"
    assert not key.refuse(second)
    now[0] = 3600 * 48
    assert key.refuse(second), "two days later it has simply run out"


STEPS = st.lists(
    st.one_of(
        st.just("get"), st.just("refuse"), st.integers(0, 9), st.floats(1, 30 * 3600)
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_whatever_happens_no_refused_key_is_handed_out_and_none_is_fetched_for_nothing(
    steps: list[str | int | float],
) -> None:
    """get; the present key is refused; a late refusal of an older one; time goes by."""
    with TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        now = [0.0]
        key = CommandKey(
            ("sh", "-c", f"echo >> {runs}; echo key-$(wc -l < {runs})"),
            hours=48, clock=lambda: now[0],
        )  # fmt: skip
        handed: list[str] = []
        refused: set[str] = set()
        due = 1
        born = 0.0
        for step in steps:
            if step == "get":
                held = got(key)
                if held not in handed:
                    handed.append(held)
                    born = now[0]
                assert held not in refused
                assert held == f"key-{due}"
            elif step == "refuse" and handed and handed[-1] == f"key-{due}":
                if key.refuse(handed[-1]):
                    refused.add(handed[-1])
                    due += 1
                else:
                    assert refused
                    assert now[0] - born < YOUNG
            elif isinstance(step, int) and step < len(handed) - 1:
                assert key.refuse(handed[step]), "an old key's refusal says nothing"
            elif isinstance(step, float):
                now[0] += step
                due += len(handed) == due and now[0] - born >= 48 * 3600
        assert (len(runs.read_text()) if runs.exists() else 0) == len(handed)


def test_a_command_that_prints_the_refused_key_again_is_told_of() -> None:
    key = CommandKey(("echo", SECRET))
    key.refuse(got(key))
    told = trouble(key)
    assert "again" in told.what
    assert SECRET not in str(told)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("", "printed no single word"),
        ("print('two words')", "printed no single word"),
        ("import sys; sys.exit('Globus: please log in')", "ended with 1: Globus: please log in"),
    ],
)
def test_a_command_without_a_key_is_told_with_its_last_word(code: str, told: str) -> None:
    assert told in trouble(CommandKey(python(code))).what


def test_what_a_failing_command_says_is_shown_without_anything_like_a_key() -> None:
    token = "AgK9dOqXwvB52" * 4
    code = f"import sys; print('{SECRET}'); sys.exit('first line\\nbad {token} or {SECRET}')"
    told = str(trouble(CommandKey(python(code))))
    assert "bad [key] or [key]" in told
    assert token not in told
    assert SECRET not in told
    assert "first line" not in told


def test_a_command_that_does_not_exist_is_named() -> None:
    assert "no-such-command" in trouble(CommandKey(("no-such-command",))).what


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_waits_for_a_person_is_stopped_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = ("sh", "-c", f"sleep 600 & echo $! > {pids}; sleep 600")
    assert "waiting for you" in trouble(CommandKey(command, patience=0.5)).fix
    child = int(pids.read_text())
    while alive(child):  # reaped by whoever inherits it; the test's own timeout bounds this
        time.sleep(0.01)


def test_no_picture_of_a_key_shows_it(ring: None) -> None:
    for key in (
        of({"A": SECRET}, key_env="A", url="http://x"),
        of(key_command=("echo", SECRET), url="http://x"),
        of(key_keyring="https://api.x/v1/ada", url="http://x"),
    ):
        assert got(key) == SECRET
        assert SECRET not in f"{key!r} {key}"
        assert key.secrets == (SECRET,)


@given(
    st.text(), st.lists(st.text(alphabet="ab/+ %=ü", min_size=SHORTEST, max_size=12), max_size=3)
)
def test_a_scrubbed_text_holds_no_secret(text: str, secrets: list[str]) -> None:
    woven = text.join(["", *secrets, ""])
    clean = scrub(woven, secrets)
    assert not [secret for secret in secrets if secret in clean.replace(HIDDEN, "\0")]


def test_a_key_in_an_address_is_scrubbed_too() -> None:
    assert scrub("GET /?key=a%2Fb%2Bc%3Dd", ["a/b+c=d"]) == f"GET /?key={HIDDEN}"
