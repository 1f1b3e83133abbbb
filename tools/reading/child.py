"""Start the reading process, wait for its answer no longer than allowed, and bury it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.errors import Unreadable

if TYPE_CHECKING:
    from tools.reading import Limits

_ROOT = str(Path(__file__).resolve().parents[2])
# -P keeps the current folder off the path: a file called json.py there would be run.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from tools.reading.worker import main; main(sys.argv[2:])"
_MOST_ANSWER = 64 * 2**20
"""Bytes of an answer; 500 pages of dense text give about 3 MB."""
_FIX = {
    "missing": "Check the path, or add the folder again.",
    "too_large": "Split it, or raise the limits in the settings.",
    "not_a_pdf": "Download the paper again; the site may have sent a login page.",
    "encrypted": "Save a copy without a password, or give the password.",
    "damaged": "Download the paper again.",
    "no_text_layer": "Run it through a text recogniser such as ocrmypdf first.",
    "empty": "Download the paper again.",
    "garbage_text": "Run it through a text recogniser such as `ocrmypdf --force-ocr` first.",
    "timeout": "Raise the time limit in the settings if the file matters.",
    "out_of_memory": "Raise the memory limit in the settings if the file matters.",
}


def trouble(reason: str, path: Path, what: str) -> Unreadable:
    """The error a person reads."""
    transient = reason in ("timeout", "out_of_memory")
    return Unreadable(reason, f"{path.name}: {what}", _FIX[reason], transient=transient)


def ask(path: Path, limits: Limits, password: str | None) -> dict[str, Any]:
    """The reading process's answer about one file. Raises Unreadable."""
    _check_file(path, limits)
    request = json.dumps(
        {
            "path": str(path.resolve()), "password": password, "pages": limits.pages,
            "memory_mb": limits.memory_mb, "cpu_seconds": limits.cpu_seconds,
        }
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _START, _ROOT, request],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        raw = _receive(process, path, time.monotonic() + limits.seconds)
    finally:
        _bury(process)
    return _understand(raw, process.returncode, path)


def _check_file(path: Path, limits: Limits) -> None:
    try:
        size = path.stat().st_size
        readable = path.is_file() and os.access(path, os.R_OK)
    except OSError as error:
        raise trouble("missing", path, f"It cannot be opened ({error.strerror}).") from error
    if not readable:
        raise trouble("missing", path, "It is no file that can be read.")
    if size > limits.bytes:
        raise trouble(
            "too_large", path, f"It has {size / 2**20:.0f} MB; {limits.bytes / 2**20:.0f} are read."
        )


def _receive(process: subprocess.Popen[bytes], path: Path, deadline: float) -> bytes:
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    parts: list[bytes] = []
    size = 0
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise trouble("timeout", path, "Reading it takes longer than allowed.")
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > _MOST_ANSWER:
            raise trouble("too_large", path, "It holds more text than can be kept.")


def _bury(process: subprocess.Popen[bytes]) -> None:
    """Kill the process with all it may have started, and take its exit status."""
    with suppress(ProcessLookupError, PermissionError):
        if process.poll() is None:
            # The answer is complete, or no longer wanted.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2 if process.stdout and _closed(process) else 0)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def _closed(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has closed its end of the pipe: it is on its way out."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout.fileno()], [], [], 0)
    return bool(ready)


def _understand(raw: bytes, status: int, path: Path) -> dict[str, Any]:
    if status == 0:
        answer: dict[str, Any] = json.loads(raw)
        if "reason" in answer:
            raise trouble(answer["reason"], path, answer["what"])
        return answer
    if status == -signal.SIGXCPU:
        raise trouble("timeout", path, "Reading it takes more computing time than allowed.")
    if status in (-signal.SIGKILL, -signal.SIGTRAP, -signal.SIGILL):
        raise trouble("out_of_memory", path, "Reading it needs more memory than there is.")
    raise trouble("damaged", path, "It makes the PDF library crash.")
