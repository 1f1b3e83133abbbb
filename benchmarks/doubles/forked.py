"""Processes forked from a program that has loaded everything, used as `subprocess` is used."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from benchmarks.doubles.fork_server import NUMBER, READY
from benchmarks.imports import ROOT

PIPE = 1 << 16
"""Bytes that a pipe holds before its writer waits."""


class Forked:
    """A process, as `subprocess.Popen[str]` shows one whose output is piped."""

    def __init__(self, args: Sequence[str], status: int, stdout: int, stderr: int) -> None:
        self.args = list(args)
        self.stdout: IO[str] = os.fdopen(stdout, encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(stderr, encoding="utf-8")
        self.returncode: int | None = None
        self._status = status
        self.pid = self._number()

    def _number(self) -> int:
        if not (told := os.read(self._status, NUMBER.size)):
            raise RuntimeError("The fork server has died.")
        return int(NUMBER.unpack(told)[0])

    def _ended(self, seconds: float | None) -> bool:
        """Whether it has ended within so many seconds."""
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._status, select.POLLIN)
            if not poll.poll(None if seconds is None else 1000 * max(0.0, seconds)):
                return False
            self.returncode = self._number()
            os.close(self._status)
        return True

    def poll(self) -> int | None:
        """Its exit code, negative for the signal it died of; None while it runs."""
        self._ended(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises TimeoutExpired."""
        if not self._ended(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All it says on standard output and on standard error, once it has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        said: dict[int, bytes] = {self.stdout.fileno(): b"", self.stderr.fileno(): b""}
        poll = select.poll()
        for stream in said:
            poll.register(stream, select.POLLIN | select.POLLHUP)
        watched = len(said)
        while watched:
            left = None if end is None else 1000 * max(0.0, end - time.monotonic())
            if not (ready := poll.poll(left)):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            for stream, _ in ready:
                part = os.read(stream, PIPE)
                said[stream] += part
                if not part:
                    poll.unregister(stream)
                    watched -= 1
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        for whole in (self.stdout, self.stderr):
            whole.close()
        stdout, stderr = (text.decode("utf-8", "replace") for text in said.values())
        return stdout, stderr

    def completed(self, timeout: float) -> subprocess.CompletedProcess[str]:
        """How it ended and what it said; killed, if that takes too long. Raises TimeoutExpired."""
        try:
            stdout, stderr = self.communicate(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return subprocess.CompletedProcess(self.args, self.wait(), stdout, stderr)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """As `kill -9` does."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The program in `fork_server`, started with this environment.

    env: what libraries see while they are imported.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        started = dict(os.environ if env is None else env)
        # Lines are counted in the forks; counting them here as well would slow its beginning.
        started["COVERAGE_PROCESS_CONFIG"] = ""
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.doubles.fork_server"],
                cwd=ROOT, env=started, stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
            )  # fmt: skip
        if self._control.recv(1) != READY:
            self.close()
            raise RuntimeError("The fork server did not start; its own message stands above.")

    def start(
        self,
        module: str,
        *args: str,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        stdin: str = "",
    ) -> Forked:
        """Run `python -m module args` in a fork. env: all its variables; ours by default."""
        asked = {
            "module": module, "args": args, "cwd": str(cwd),
            "env": dict(os.environ if env is None else env),
        }  # fmt: skip
        text, given = json.dumps(asked).encode(), stdin.encode()
        assert len(given) <= PIPE
        pipes = [os.pipe() for _ in range(4)]
        (theirs, ours), *outward = pipes
        os.write(ours, given)
        os.close(ours)
        files = [theirs, *(end for _, end in outward)]
        with self._lock:
            socket.send_fds(self._control, [NUMBER.pack(len(text))], files)
            self._control.sendall(text)
        for file in files:
            os.close(file)
        stdout, stderr, status = (end for end, _ in outward)
        return Forked(args, status, stdout, stderr)

    def close(self) -> None:
        """End the program. What it forked goes on."""
        self._control.close()
        self._process.wait()


@cache
def server() -> ForkServer:
    """The one of this process, started at first need; it ends with this process."""
    made = ForkServer()
    atexit.register(made.close)
    return made
