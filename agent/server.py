"""The graphs for a graph server (`langgraph.json`): whole by themselves, over a workspace.

The server brings its own checkpointer and its own loop. Which workspace is meant stands in the
graph's context (`home`), else in GOLDPAN_HOME; one that is opened stays open with the server, and
is owned only while a run is at work.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from agent.graphs import discover as discovery
from agent.graphs import teach as teaching
from agent.settings import find_home
from agent.workspace import Workspace
from tools.threads import quieten

if TYPE_CHECKING:
    from agent.context import Context

_open: dict[Path, Workspace] = {}
_turn = threading.Lock()


async def opened(home: str) -> Context:
    """The context of the workspace in that folder, opened once; empty: the default one."""
    return await asyncio.to_thread(_opened, home)


def _opened(home: str) -> Context:
    quieten()
    with _turn:
        folder = find_home(Path(home) if home else None)
        if folder not in _open:
            _open[folder] = Workspace.open(folder)
        return _open[folder].context


discover = discovery.build(opened).compile()
teach = teaching.build(opened).compile()
