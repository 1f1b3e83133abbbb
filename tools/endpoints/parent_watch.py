"""Run a command until standard input ends, then end it with all its children.

Whoever holds the other end of the pipe need not be asked: when it dies, however that happens, the
pipe ends. Run as a program; it exits as the command does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

GRACE = 10
"""Seconds for the command to end by itself."""


def run(command: Sequence[str], grace: float = GRACE) -> int:
    """The exit code of the command."""
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def watch() -> None:
        while os.read(0, 1024):
            pass
        _end(running.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            running.wait(grace)
        _end(running.pid, signal.SIGKILL)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    code = running.wait()
    # Its children outlive a command that died by itself.
    _end(running.pid, signal.SIGKILL)
    return code


def _end(group: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


if __name__ == "__main__":
    # Ctrl-C in a terminal reaches the whole group; the pipe's end is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(run(sys.argv[1:]) & 0xFF)
