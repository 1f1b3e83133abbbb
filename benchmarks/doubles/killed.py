"""A program: the command line, killed at a chosen commit of its store.

Arguments: the fatal moment (see `commits`), a file for the log, and the command's own.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from benchmarks.doubles.commits import Commits

if __name__ == "__main__":
    fatal, log, *args = sys.argv[1:]
    Commits(int(fatal), Path(log)).watch_stores()
    sys.argv = ["", *args]
    runpy.run_module("agent.cli", run_name="__main__", alter_sys=True)
