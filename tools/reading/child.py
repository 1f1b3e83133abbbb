"""Ask the reading process about a file, wait no longer than allowed, and understand the answer."""

from __future__ import annotations

import atexit
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.errors import Unreadable

if TYPE_CHECKING:
    from tools.reading.limits import ReadingLimits

_ROOT = str(Path(__file__).resolve().parents[2])
# -P keeps the current folder off the path: a file called json.py there would be run.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tools.reading.worker import main; main()"
)
_GRACE = 5.0
"""Seconds beyond a reader's own limit after which the whole reading process is given up."""
_MOST_ANSWER = 64 * 2**20
"""Bytes of an answer; 500 pages of dense text give about 3 MB."""
_FIX = {
    "missing": "Check the path, or add the folder again.",
    "too_large": "Split it, or raise the limits.",
    "not_a_pdf": "Download the paper again; the site may have sent a login page.",
    "not_a_paper": "Give the paper as PDF, JATS, HTML or LaTeX.",
    "encrypted": "Save a copy without a password, or give the password.",
    "damaged": "Download the paper again.",
    "no_text_layer": "Run it through a text recogniser such as ocrmypdf first.",
    "empty": "Download the paper again.",
    "garbage_text": "Run it through a text recogniser such as `ocrmypdf --force-ocr` first.",
    "timeout": "Raise the time limit if the file matters.",
    "out_of_memory": "Raise the memory limit if the file matters.",
}


def trouble(reason: str, path: Path, what: str) -> Unreadable:
    """The error a person reads."""
    transient = reason in ("timeout", "out_of_memory")
    return Unreadable(reason, f"{path.name}: {what}", _FIX[reason], transient=transient)


class ReadingProcess:
    """The reading process, seen from outside: started when first needed, again when it died."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-P", "-c", _START, _ROOT)
    ) -> None:
        self.command = list(command)
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.owner = 0
        """Process id of the one that started it: a fork of ours must not use it."""

    def send(self, request: bytes, pipe: int) -> None:
        """Pass on a request with the pipe for its answer."""
        with self.lock:
            try:
                self._send(request, pipe)
            except OSError:
                # It has died since; a new one gets the request.
                self._stop()
                self._send(request, pipe)

    def _send(self, request: bytes, pipe: int) -> None:
        control = self.control
        if control is None or self.owner != os.getpid():
            control = self._start()
        socket.send_fds(control, [struct.pack("!I", len(request))], [pipe])
        control.sendall(request)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                self.command,
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            self.owner = os.getpid()
        if not ours.recv(1):
            self._stop()
            ours.close()
            raise RuntimeError("The reading process did not start; its own message stands above.")
        self.control = ours
        return ours

    def stop(self) -> None:
        """End the process and all its readers."""
        with self.lock:
            self._stop()

    def _stop(self) -> None:
        process, control, owner = self.process, self.control, self.owner
        self.process = self.control = None
        if control is not None:
            control.close()
        if process is not None and owner == os.getpid():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


_process = ReadingProcess()
atexit.register(_process.stop)


def ask(path: Path, limits: ReadingLimits, password: str | None) -> dict[str, Any]:
    """The reading process's answer about one file. Raises Unreadable."""
    _check_file(path, limits)
    request = {
        "path": str(path.resolve()), "password": password, "pages": limits.pages,
        "memory_mb": limits.memory_mb, "cpu_seconds": limits.cpu_seconds, "seconds": limits.seconds,
    }  # fmt: skip
    pipe, other_end = os.pipe()
    try:
        try:
            _process.send(json.dumps(request).encode(), other_end)
        finally:
            os.close(other_end)
        raw = _receive(pipe, path, time.monotonic() + limits.seconds + _GRACE)
    finally:
        os.close(pipe)
    return _understand(raw, path, limits)


def _check_file(path: Path, limits: ReadingLimits) -> None:
    try:
        size = path.stat().st_size
        readable = path.is_file() and os.access(path, os.R_OK)
    except OSError as error:
        raise trouble("missing", path, f"It cannot be opened ({error.strerror}).") from error
    if not readable:
        raise trouble("missing", path, "It is no file that can be read.")
    if size > limits.bytes:
        most = limits.bytes / 2**20
        raise trouble("too_large", path, f"It has {size / 2**20:.0f} MB; {most:.0f} are read.")


def _receive(pipe: int, path: Path, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    # Not select(): it cannot watch descriptors beyond 1,023.
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while True:
        if not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            _process.stop()
            raise trouble("timeout", path, "Reading it takes longer than allowed.")
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > _MOST_ANSWER:
            raise trouble("too_large", path, "It holds more text than can be kept.")


def _understand(raw: bytes, path: Path, limits: ReadingLimits) -> dict[str, Any]:
    """What an answer says.

    raw: JSON, a line feed, the reader's exit code (negative: the signal it died of), a space, and
    the most memory it had, in MiB.
    """
    ending = re.search(rb"\n(-?\d+) (\d+)$", raw)
    # Without that line the reading process itself was killed: by the system, for its memory.
    code, peak = (int(ending[1]), int(ending[2])) if ending else (-signal.SIGKILL, 0)
    if code >= 0:
        answer: dict[str, Any] = json.loads(raw[: ending.start()] if ending else b"{}")
        if "reason" in answer:
            raise trouble(answer["reason"], path, answer["what"])
        return answer
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise trouble("timeout", path, "Reading it takes longer than allowed.")
    # The library ends itself when it is given no more memory, in one of several ways.
    if code == -signal.SIGKILL or peak > limits.memory_mb // 2:
        raise trouble("out_of_memory", path, "Reading it needs more memory than allowed.")
    raise trouble("damaged", path, f"It makes the library that reads it crash (signal {-code}).")
