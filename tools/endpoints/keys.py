"""Where the key of an endpoint comes from: a variable, the system's keyring, a command.

A key is kept in memory only, and nothing here shows one: not its repr, not an error's words.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
import urllib.parse
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from memory.errors import EndpointTrouble
from tools.endpoints.endpoint import DEFAULTS, Endpoint

Variable = Callable[[str], str]
"""A variable of the environment, empty where it is not set. The agent reads it, nobody here."""
HIDDEN = "[key]"
SHORTEST = 6
"""Characters of a secret that is looked for in a text; a shorter one would stand in any."""
PATIENCE = 120
"""Seconds that a command may take to print a key: it may have to ask a server for it."""
YOUNG = 60
"""Seconds: a key refused at this age, in place of one that was refused, is not fetched again."""
_KEYLIKE = re.compile(r"(?<![\w/])[\w.~+=-]{24,}(?![\w/])")


class Key(Protocol):
    """What opens an endpoint."""

    async def get(self) -> str:
        """The key; empty where none is needed. Raises EndpointTrouble where there is none."""
        ...

    def refuse(self, key: str) -> bool:
        """The endpoint did not accept this one. Returns whether trying again makes sense."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys handed out so far that a text could still hold."""
        ...


class NoKey:
    """An endpoint that asks for none."""

    secrets: tuple[str, ...] = ()

    async def get(self) -> str:
        """Nothing."""
        return ""

    def refuse(self, key: str) -> bool:  # noqa: ARG002
        """There is no other."""
        return False


class StoredKey:
    """A key that lies somewhere and stays the same: looked up once, when it is first needed."""

    def __init__(self, name: str, look: Callable[[], str]) -> None:
        """name: of the place. look: raises EndpointTrouble where there is none; may take long."""
        self._name = name
        self._look = look
        self._key = ""

    def __repr__(self) -> str:
        return f"StoredKey({self._name!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key, once it was looked up."""
        return (self._key,) if self._key else ()

    async def get(self) -> str:
        """The key as it was found first."""
        self._key = self._key or _sound(await asyncio.to_thread(self._look), self._name)
        return self._key

    def refuse(self, key: str) -> bool:  # noqa: ARG002
        """There is no other."""
        return False


class CommandKey:
    """A key that a command prints: asked for again when it is old or was refused."""

    def __init__(
        self,
        command: tuple[str, ...],
        hours: float = 0,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        """hours: how long a key is good; 0: until it is refused."""
        self._command = command
        self._seconds = hours * 3600
        self._clock = clock
        self._patience = patience
        self._key = ""
        self._refused = ""
        self._got = 0.0
        self._asking = asyncio.Lock()

    def __repr__(self) -> str:
        return f"CommandKey({self._command[0]!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The present key and the one before it."""
        return tuple(filter(None, (self._key, self._refused)))

    async def get(self) -> str:
        """The key; the command runs once for all who wait for it."""
        async with self._asking:
            age = self._clock() - self._got
            if not self._key or (self._seconds and age >= self._seconds):
                key = await self._asked()
                if key == self._refused:
                    raise _trouble(
                        f"{self._command[0]} printed the key again that was refused",
                        "Log in anew as its makers tell, then: goldpan doctor.",
                    )
                self._key, self._got = key, self._clock()
            return self._key

    def refuse(self, key: str) -> bool:
        """Many calls are refused for one old key: the first drops it, and all try the new one."""
        if key != self._key:
            return True
        if self._refused and self._clock() - self._got < YOUNG:
            return False
        self._key, self._refused = "", key
        return True

    async def _asked(self) -> str:
        name = self._command[0]
        try:
            running = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as fault:
            raise _trouble(
                f"The command for the key cannot be run ({fault.strerror}: {name})",
                "Correct key_command in goldpan.toml.",
            ) from None
        try:
            said, complained = await asyncio.wait_for(running.communicate(), self._patience)
        except TimeoutError:
            raise _trouble(
                f"{name} printed no key within {self._patience:g} s",
                "Run it by hand: it may be waiting for you to log in.",
            ) from None
        finally:
            if running.returncode is None:
                # Its children too, or one of them would hold the pipes open.
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
                await running.wait()
        return self._read(running.returncode or 0, said.decode(errors="replace"), complained)

    def _read(self, code: int, said: str, complained: bytes) -> str:
        key = said.strip()
        if code == 0 and key and len(key.split()) == 1:
            return _sound(key, self._command[0])
        lines = complained.decode(errors="replace").strip().splitlines()
        last = _KEYLIKE.sub(HIDDEN, scrub(lines[-1], (*self.secrets, key)))[:200] if lines else ""
        ended = f"ended with {code}" if code else "printed no single word"
        raise _trouble(
            f"{self._command[0]} {ended}{': ' if last else ''}{last}",
            "Run it by hand: it must print the key and nothing else.",
        )


def key_of(endpoint: Endpoint, variable: Variable) -> Key:
    """The key that an endpoint's section names: its command, keyring, or variable."""
    if endpoint.key_command:
        return CommandKey(endpoint.key_command, endpoint.key_hours)
    if endpoint.key_keyring:
        return StoredKey(endpoint.key_keyring, lambda: _from_keyring(endpoint.key_keyring))
    name = endpoint.key_env or DEFAULTS[endpoint.kind].key_env
    # A server of one's own mostly asks for no key, even where its kind has a usual variable.
    demanded = endpoint.key_env or endpoint.kind == "azure" or not endpoint.url
    if not name or not (demanded or variable(name)):
        return NoKey()
    return StoredKey(name, lambda: _from_variable(name, variable))


def _sound(key: str, place: str) -> str:
    """The key, if it can be sent: what was pasted with a dash or a quote of print cannot."""
    if key.isascii() and key.isprintable():
        return key
    raise _trouble(
        f"The key from {place} has a character that no key has",
        "Copy it again, without quotes and as a whole.",
    )


def _from_variable(name: str, variable: Variable) -> str:
    if key := variable(name).strip():
        return key
    raise _trouble(
        f"The environment variable {name} is not set",
        f"Set it to your key (export {name}=…), or name another with key_env, key_keyring or "
        "key_command.",
    )


def _from_keyring(place: str) -> str:
    service, _, user = place.rpartition("/")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise _trouble(
            "Keys from the keyring need the package keyring", 'pip install "goldpan[keyring]"'
        ) from None
    try:
        key = keyring.get_password(service, user)
    except (KeyringError, ImportError, RuntimeError, OSError) as fault:  # a wrong one is chosen
        raise _trouble(
            f"The keyring cannot be read ({type(fault).__name__})",
            "Unlock it, or name an environment variable with key_env.",
        ) from None
    if key:
        return key
    raise _trouble(
        f"The keyring has no password of {user} for {service}", f"keyring set {service} {user}"
    )


def _trouble(what: str, fix: str) -> EndpointTrouble:
    return EndpointTrouble("key", f"{what}.", fix)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, plain or as they stand in an address."""
    forms = {form for key in secrets for form in (key, urllib.parse.quote(key, safe=""))}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= SHORTEST:
            text = text.replace(form, HIDDEN)
    return text
