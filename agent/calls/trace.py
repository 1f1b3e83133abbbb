"""Every prompt and reply, a line each in a file a day, for a person to read. Off unless asked for.

Keys never come here: a call knows its endpoint by name only.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory import disk
from prompts import Message

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage


class JsonLines:
    """Appends calls to FOLDER/YYYY-MM-DD.jsonl (days of UTC), which none but its owner can read.

    Several processes may do so at once: each line goes to the system in one piece. A process that
    is killed may leave one broken line, its last; what follows begins on a line of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day = ""
        self._file = -1
        self._turn = threading.Lock()

    def __call__(self, row: Mapping[str, Any]) -> None:
        """One call: its record's fields, its `messages`, and its `reply` where there was one.

        Raises NoSpace, or WorkspaceTrouble where the folder cannot be written.
        """
        line = json.dumps(_plain(row), ensure_ascii=False, default=str) + "\n"
        with self._turn, disk.as_trouble(self._folder):
            self._open(str(row["time"])[:10])
            self._write(line.encode("utf-8", "backslashreplace"))

    def _write(self, line: bytes) -> None:
        # Once, but on a disk that runs full: there the rest is what is refused.
        while line:
            line = line[os.write(self._file, line) :]

    def close(self) -> None:
        """May be written to again."""
        if self._file >= 0:
            os.close(self._file)
        self._day, self._file = "", -1

    def _open(self, day: str) -> None:
        if day == self._day:
            return
        self.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{day}.jsonl"
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._day = day
        # What a killed process left unfinished must not swallow our first line.
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A call as JSON; what a person reads last stands last."""
    messages: Iterable[Message] = row["messages"]
    return {
        **row,
        "parameters": json.loads(row["parameters"] or "{}"),
        "messages": [message._asdict() for message in messages],
        "reply": _said(row["reply"]),
    }


def _said(reply: AIMessage | None) -> dict[str, Any] | None:
    """The words of a reply, and why it ended; None where there was none."""
    if reply is None:
        return None
    told = {
        "text": str(reply.text),
        "tool_calls": [call["args"] for call in (*reply.tool_calls, *reply.invalid_tool_calls)],
        "refusal": reply.additional_kwargs.get("refusal"),
        "finish_reason": reply.response_metadata.get("finish_reason"),
    }
    return {name: value for name, value in told.items() if value or name == "text"}
