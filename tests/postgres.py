"""A real PostgreSQL server for the tests: started, handed over, stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def serve(binaries: Path, data: Path) -> Iterator[str]:
    """The URL of a fresh server that listens on a Unix socket only."""
    # A socket's path may have 107 bytes; pytest's folders are longer.
    socket = Path(tempfile.mkdtemp(prefix="goldpan-pg-"))
    user = _give_away(data, socket)
    _run(user, binaries / "initdb", "-D", data / "db", "-U", "goldpan", "--auth=trust", "--no-sync")
    options = f"-k {socket} -c listen_addresses='' -c fsync=off"
    control = [binaries / "pg_ctl", "-D", data / "db", "-w", "-l", data / "log"]
    _run(user, *control, "-o", options, "start")
    try:
        yield f"postgresql+psycopg://goldpan@/postgres?host={socket}"
    finally:
        _run(user, *control, "-m", "immediate", "stop")
        shutil.rmtree(socket)


def _give_away(*folders: Path) -> str | None:
    """PostgreSQL refuses to run as root: hand the folders to its own user then."""
    if os.geteuid():
        return None
    for folder in folders:
        shutil.chown(folder, "postgres")
        # pytest keeps its folders to their owner.
        for above in (folder, *folder.parents):
            if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    return "postgres"


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, user=user, cwd="/"
    )
