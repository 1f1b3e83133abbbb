"""Launch the training program in a process of its own, follow its progress, tell how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memory.errors import TrainingFailed
from memory.records import Job, JobStatus, TrainingSpec, now
from tools.training import ADAPTER, BUSY, STOPPED, WHOLE, journal
from tools.training.shortage import halve, kernel_kills

Progress = Callable[[dict[str, Any]], None]
LOG = "train.log"
PAUSE = 0.1
"""Seconds between looks at the progress file."""
GRACE = 10
"""Seconds a training has to save its state before it is killed."""


def train(
    spec: TrainingSpec,
    on_progress: Progress = lambda _: None,
    kills: Callable[[], int] = kernel_kills,
    on_job: Callable[[Job], None] = lambda _: None,
) -> Path:
    """Train, or go on where it stopped, or find it done; returns the folder of the result.

    on_progress: called with rows of step, steps, loss (or validation_loss, or a note), seconds and
    eta. kills: how many processes the system has killed for want of memory; a training among them
    goes on in smaller batches. on_job: called with the record of each process before it starts,
    when it runs and when it has ended, however that came. It ends with this process: it saves its
    state when we go. Raises TrainingFailed.
    """
    output = Path(spec.output).absolute()
    output.mkdir(parents=True, exist_ok=True)
    request = output / "request.json"
    request.write_text(_absolute(spec, output).model_dump_json(), "utf-8")
    seen = kills()
    while code := _run(Job(spec=spec.id, log=str(output / LOG)), request, on_progress, on_job):
        before, seen = seen, kills()
        if code != -signal.SIGKILL or seen == before or not halve(spec):
            raise failure(code, output / LOG)
    return output / (WHOLE if spec.method == "full" else ADAPTER)


def _run(job: Job, request: Path, on_progress: Progress, on_job: Callable[[Job], None]) -> int:
    """The program in a process of its own; its exit code."""
    command = [sys.executable, "-m", "tools.training.program", str(request)]
    output = request.parent
    on_job(job)
    with Path(job.log).open("ab") as log:
        child = subprocess.Popen(
            [*command, "--with-parent", str(os.getpid())],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=output,  # `-m` looks into the current folder first; the user's may hold anything
            start_new_session=True,  # Ctrl-C is for us to answer; the child is asked to save
        )
        try:
            on_job(job := job.replace(status=JobStatus.RUNNING, handle=str(child.pid)))
            _follow(child, output / journal.FILE, on_progress)
        finally:
            end(child)
            status = JobStatus.FAILED if child.returncode else JobStatus.DONE
            on_job(job.replace(status=status, exit_code=child.returncode, ended=now()))
    return child.returncode


def _absolute(spec: TrainingSpec, output: Path) -> TrainingSpec:
    """The same spec for a process with another working directory."""

    def located(path: str) -> str:
        return str(Path(path).absolute()) if path and Path(path).exists() else path

    return spec.replace(
        base=located(spec.base),
        train_file=located(spec.train_file),
        validation_file=located(spec.validation_file),
        output=str(output),
    )


def _follow(child: subprocess.Popen[bytes], file: Path, on_progress: Progress) -> None:
    """Hand on each new row until the child ends. A resumed training writes the file anew."""
    told = 0
    while True:
        over = child.poll() is not None
        rows, _ = journal.read(file)
        for row in rows[told:] if len(rows) >= told else rows:
            on_progress(row)
        told = len(rows)
        if over:
            return
        time.sleep(PAUSE)


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask a child that still runs to save and stop; kill it after some grace."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def failure(code: int, log: Path) -> TrainingFailed:
    """What an exit code means for a person; the end of the log where it means nothing."""
    tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-12:])
    if code in (STOPPED, -15):
        return TrainingFailed("The training was stopped; its state is saved.", "Run it again.")
    if code == BUSY:
        return TrainingFailed("Another process trains in this folder.", "Wait for it, or end it.")
    if code == -9:
        return TrainingFailed(
            "The training was killed, probably for want of memory.",
            "Free some and run it again, it resumes; or set a smaller [training] max_length.",
        )
    return TrainingFailed(f"The training ended with code {code}:\n{tail}", f"The whole log: {log}")
