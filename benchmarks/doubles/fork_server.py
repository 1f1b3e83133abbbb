"""A program that has loaded everything forks a process for each command it is asked to run.

A fresh process of the command line imports for one to five seconds before it does anything. One
that is forked here has the same arguments, folder, environment, standard streams, signals and exit
code. It differs in three things: libraries saw the environment of this program while they were
imported, all forks of one program order their sets alike, and once threads have ended, what was to
be done at exit is done and all is written, a fork does not take its modules apart. Whoever asks is
in `forked`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any, NamedTuple

from benchmarks.imports import ROOMS

READY = b"."
"""Said once, when everything is loaded."""
STREAMS = 3
INTERRUPTED = -signal.SIGINT
"""The code of a process that died of Ctrl-C, as `subprocess` gives it."""
NUMBER = struct.Struct("!i")
"""How the length of a request, a process id and an exit code are written."""
LIBRARIES = (
    "aiosqlite", "alembic.command", "alembic.config", "chromadb", "chromadb.api.rust",
    "langchain_openai", "langgraph.checkpoint.sqlite.aio", "langgraph.graph", "langgraph.types",
    "lemminflect", "lxml.etree", "numpy", "peft", "pydantic", "rich.progress", "safetensors.torch",
    "torch", "transformers", "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama",
)  # fmt: skip
"""What rooms import only when they need it."""


class Request(NamedTuple):
    """One process to fork, and the files it is given."""

    module: str
    """Run as `python -m` runs it."""
    args: list[str]
    cwd: str
    env: dict[str, str]
    files: list[int]
    """Its standard streams, and a pipe that gets its process id, and then its exit code."""


def preload() -> None:
    """Import what any command may need, and keep the collector from touching it ever after."""
    from tools.threads import quieten

    quieten()
    for name in LIBRARIES:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    for room in map(importlib.import_module, ROOMS):
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                with suppress(ModuleNotFoundError):
                    importlib.import_module(found.name)
    gc.collect()
    # Otherwise each collection in a fork would copy every page that a module lies in.
    gc.freeze()


def serve(control: socket.socket) -> Request:
    """Fork until the other end is closed. Returns in forks only, each with what it is to run."""
    wake, wake_end = os.pipe()
    for end in (wake, wake_end):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), wake], [], [])
        if wake in ready:
            with suppress(BlockingIOError):
                os.read(wake, 4096)
            tell_ended(running)
        if control.fileno() in ready:
            if (request := received(control)) is None:
                sys.exit()
            if not (pid := os.fork()):
                return request
            *streams, status = request.files
            for stream in streams:
                os.close(stream)
            os.write(status, NUMBER.pack(pid))
            running[pid] = status


def tell_ended(running: dict[int, int]) -> None:
    """Say of each fork that has ended how it ended."""
    for pid in list(running):
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            status = running.pop(pid)
            # Who asked may have gone, or no longer care.
            with suppress(BrokenPipeError):
                os.write(status, NUMBER.pack(os.waitstatus_to_exitcode(code)))
            os.close(status)


def received(control: socket.socket) -> Request | None:
    """The next request; None when there will be none."""
    head, files, _, _ = socket.recv_fds(control, NUMBER.size, STREAMS + 1)
    if not files:
        return None
    text = b""
    while (missing := NUMBER.unpack(head)[0] - len(text)) > 0:
        text += control.recv(missing)
    asked: dict[str, Any] = json.loads(text)
    return Request(**asked, files=files)


def become(request: Request) -> None:
    """Make a fork what a new process is: nothing of ours is open or handled in it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for stream in range(STREAMS):
        os.dup2(request.files[stream], stream)
    os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else 1024)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    sys.path[0] = request.cwd
    sys.argv = ["", *request.args]
    if os.environ.get("COVERAGE_PROCESS_CONFIG"):
        import coverage

        coverage.process_startup(force=True)


class Ending:
    """What a fork ends with. It is told last of all that is told of an exit, for it is first here.

    Taking 500 MB of modules apart takes 0.4 s, which is more than most commands do.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        atexit.register(self.leave)

    def leave(self) -> None:
        """End at once, unless there is something to complain of; then as any interpreter does."""
        if self.code is not None:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
                if self.code == INTERRUPTED:
                    signal.signal(signal.SIGINT, signal.SIG_DFL)
                    os.kill(os.getpid(), signal.SIGINT)
                os._exit(self.code)


def main() -> None:
    """Serve on standard input, which is a socket."""
    ending = Ending()
    control = socket.socket(fileno=os.dup(0))
    preload()
    control.sendall(READY)
    request = serve(control)
    control.detach()
    become(request)
    ending.code = 1
    try:
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        ending.code = 0
    except KeyboardInterrupt:
        # An interpreter dies of the signal when all is over, but forgets it if a library runs code
        # at exit.
        ending.code = INTERRUPTED
        raise
    except SystemExit as leaving:
        # Any other object is printed by the interpreter, and the code is 1.
        code = leaving.code if isinstance(leaving.code, int) else bool(leaving.code)
        ending.code = code & 0xFF
        raise


if __name__ == "__main__":
    main()
