"""The reading process: loads everything once, then forks a reader for each file it is asked about.

A reader takes limits upon itself and dies of what a hostile file does to it; nobody else does. It
writes its answer as JSON to a pipe that came with the request; when it has ended, one more line
says how, and how much memory it had. When whoever asked is gone, so are this process and all
readers.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.reading.extract import Answer, Refused
from tools.reading.formats import load, read

READY = b"."
"""Said once, when everything is loaded."""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts resident memory."""


def main() -> None:
    """Serve requests that arrive on standard input, a socket, until its other end is closed."""
    control = socket.socket(fileno=os.dup(0))
    control.sendall(READY)
    # From here on what a file makes the library print is of no use to anyone.
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    wake, wake_end = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_end, False)
    signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    readers: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), wake], [], [])
        if wake in ready:
            with suppress(BlockingIOError):
                os.read(wake, 4096)
            _bury(readers)
        if control.fileno() in ready:
            request, answer = _receive(control)
            if request is None:
                # SIGKILL to the whole group, ourselves included: nobody waits for an answer.
                os.killpg(0, signal.SIGKILL)
            load(request["path"])
            readers[_fork(request, answer, [control.fileno(), wake, *readers.values()])] = answer


def _receive(control: socket.socket) -> tuple[Any, int]:
    """One request and the pipe for its answer; None when the other end is closed."""
    head, fds, _, _ = socket.recv_fds(control, 4, 1)
    if len(head) < 4 or not fds:
        return None, -1
    left = struct.unpack("!I", head)[0]
    parts = []
    while left:
        part = control.recv(left)
        if not part:
            return None, -1
        parts.append(part)
        left -= len(part)
    return json.loads(b"".join(parts)), fds[0]


def _bury(readers: dict[int, int]) -> None:
    """Tell how each ended reader ended, and close its pipe."""
    for pid in list(readers):
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            answer = readers.pop(pid)
            told = f"\n{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss * _UNIT // 2**20}"
            with suppress(OSError):
                os.set_blocking(answer, False)
                os.write(answer, told.encode())
            os.close(answer)


def _fork(request: Answer, answer: int, others: list[int]) -> int:
    """A reader for one file. Returns its process id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for other in others:
            os.close(other)
        limit(request, parent)
        # A reader makes a hundred thousand small tuples and ends; collecting costs it a tenth.
        gc.disable()
        _write(answer, json.dumps(answer_to(request)).encode())
        status = 0
    finally:
        if status:
            _tell_failure(answer)
        os._exit(status)


def _tell_failure(answer: int) -> None:
    """Say what went wrong in our own code: one strange file must not hide it, nor stop the rest."""
    error = sys.exception()
    place = traceback.extract_tb(error.__traceback__)[-1] if error else None
    where = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
    what = f"Reading it failed with {error!r}{where}."
    with suppress(OSError):
        _write(answer, json.dumps({"reason": "damaged", "what": what}).encode())


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def limit(request: Answer, parent: int) -> None:
    """Take the request's limits upon this process, and die with the process that forked it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
    signal.setitimer(signal.ITIMER_REAL, request["seconds"])
    for what, amount in (
        (resource.RLIMIT_AS, request["memory_mb"] * 2**20),
        (resource.RLIMIT_CPU, int(request["cpu_seconds"]) + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, hard = resource.getrlimit(what)
        soft = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        # Not every system knows every limit; the clock above holds everywhere.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))


def answer_to(request: Answer) -> Answer:
    """What is to be said about one file: its text, or the reason why there is none."""
    started = time.perf_counter()
    try:
        answer = read(Path(request["path"]), request["password"], request["pages"])
    except Refused as refused:
        answer = {"reason": refused.reason, "what": refused.what}
    except MemoryError:
        answer = {"reason": "out_of_memory", "what": "Reading it needs more memory than allowed."}
    except OSError as error:
        answer = {"reason": "missing", "what": f"It cannot be opened ({error.strerror})."}
    return {**answer, "seconds": time.perf_counter() - started, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Resident memory of this process at its highest, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 2**20
