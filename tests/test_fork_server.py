"""A process that is forked is what a fresh one would be, as far as a test can see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.doubles.forked import PIPE, Forked, server
from benchmarks.doubles.real import command, start
from benchmarks.imports import ROOT

pytestmark = pytest.mark.nightly
SHOWS = """
import atexit, json, os, signal, sys, threading

atexit.register(print, "at exit")
threading.Timer(0.1, print, ["a thread"]).start()
print(json.dumps({
    "argv": sys.argv, "main": __name__, "path": sys.path[0], "cwd": os.getcwd(),
    "env": dict(os.environ), "stdin": sys.stdin.read(), "fds": sorted(os.listdir("/dev/fd"))[:3],
    "most": len(os.listdir("/dev/fd")), "tty": [s.isatty() for s in (sys.stdout, sys.stderr)],
    "buffered": [s.line_buffering for s in (sys.stdout, sys.stderr)],
    "signals": {s.name: str(signal.getsignal(s)) for s in signal.valid_signals()
                if isinstance(s, signal.Signals)},
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "umask": os.umask(0),
    "group": os.getpgid(0), "session": os.getsid(0),
}, sort_keys=True))
"""


def both(
    folder: Path, code: str, *args: str, stdin: str = ""
) -> list[subprocess.CompletedProcess[str]]:
    """What a program comes to in a fresh process and in a fork."""
    (folder / "program.py").write_text(code)
    env = {**os.environ, "COLUMNS": "33", "COVERAGE_PROCESS_CONFIG": ""}
    fresh = subprocess.run(
        [sys.executable, "-m", "program", *args], cwd=folder, env=env, input=stdin,
        capture_output=True, text=True,
    )  # fmt: skip
    fork = server().start("program", *args, env=env, cwd=folder, stdin=stdin)
    return [fresh, fork.completed(60)]


def test_a_program_sees_the_same_in_a_fork_as_in_a_fresh_process(tmp_path: Path) -> None:
    fresh, fork = both(tmp_path, SHOWS, "one", "--two", "drei ü", stdin="a line\nand ü")
    assert fork.stdout == fresh.stdout
    assert "a thread" in fork.stdout
    assert "at exit" in fork.stdout
    assert (fork.stderr, fork.returncode) == (fresh.stderr, fresh.returncode) == ("", 0)


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit()", "import sys; sys.exit(7)", "import sys; sys.exit('in words')",
        "import sys; sys.exit(-2)", "import os; os._exit(9)", "raise KeyboardInterrupt",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        # Set, for whoever starts the tests in the background has Ctrl-C ignored.
        "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "os.kill(os.getpid(), signal.SIGINT); signal.pause()",
        f"print('x' * {5 * PIPE})", "import sys; print('out'); sys.stdout.close()",
    ],
)  # fmt: skip
def test_a_fork_ends_as_a_fresh_process_ends(tmp_path: Path, code: str) -> None:
    fresh, fork = both(tmp_path, code)
    assert (fork.returncode, fork.stdout) == (fresh.returncode, fresh.stdout)
    assert fork.stderr.splitlines()[-1:] == fresh.stderr.splitlines()[-1:]


def test_a_bug_is_told_where_it_is(tmp_path: Path) -> None:
    fresh, fork = both(tmp_path, "def wrong():\n    1 / 0\nwrong()\n")
    assert fork.returncode == fresh.returncode == 1
    assert fork.stderr.splitlines()[-4:] == fresh.stderr.splitlines()[-4:]


@pytest.mark.parametrize(
    "args",
    [("--help",), ("runs",), ("interests", "list"), ("interests", "add", "Two Words"), ("nope",)],
)
@pytest.mark.parametrize("columns", ["60", "200"])
def test_the_command_line_says_the_same_in_a_fork(
    tmp_path: Path, args: tuple[str, ...], columns: str
) -> None:
    env = {"COLUMNS": columns}
    fresh = subprocess.run(
        command(tmp_path, *args), cwd=ROOT, env={**os.environ, **env}, capture_output=True,
        text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    fork = start(tmp_path, *args, env=env).completed(60)
    assert (fork.returncode, fork.stdout, fork.stderr) == (
        fresh.returncode, fresh.stdout, fresh.stderr,
    )  # fmt: skip


@pytest.fixture
def waiting(tmp_path: Path) -> Forked:
    """A fork that says so once it waits, and would wait for ever."""
    (tmp_path / "waits.py").write_text(
        "import signal\nprint('here', flush=True)\nwhile True: signal.pause()"
    )
    process = server().start("waits", cwd=tmp_path)
    assert process.stdout.readline() == "here\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_fork_dies_of_a_signal_and_its_code_says_so(
    waiting: Forked, number: signal.Signals
) -> None:
    assert waiting.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.05)
    os.kill(waiting.pid, number)
    assert waiting.communicate(10) == ("", "")
    assert waiting.returncode == waiting.poll() == -number
    with pytest.raises(ProcessLookupError):
        os.kill(waiting.pid, 0)


def test_many_forks_at_once_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import sys; sys.exit(int(sys.argv[1]))")
    forks = [server().start("program", str(n), cwd=tmp_path) for n in range(20)]
    assert [fork.completed(60).returncode for fork in forks] == list(range(20))
