"""A real PostgreSQL server for the tests: started, handed over, stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def serve(binaries: Path) -> Iterator[str]:
    """The URL of a fresh server that listens on a Unix socket only."""
    # Not below pytest's folders: a socket's path may have 107 bytes, and theirs are longer.
    home = Path(tempfile.mkdtemp(prefix="goldpan-pg-"))
    # PostgreSQL refuses to run as root: it gets the folder, and its own user, then.
    user = None if os.geteuid() else "postgres"
    if user:
        shutil.chown(home, user)
    _run(user, binaries / "initdb", "-D", home / "db", "-U", "goldpan", "-A", "trust", "--no-sync")
    control = [binaries / "pg_ctl", "-D", home / "db", "-w", "-l", home / "log"]
    _run(user, *control, "-o", f"-k {home} -c listen_addresses='' -c fsync=off", "start")
    try:
        yield f"postgresql+psycopg://goldpan@/postgres?host={home}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], user=user, cwd="/", check=False)
        shutil.rmtree(home, ignore_errors=True)


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, user=user, cwd="/")
