"""Progress bars in a terminal."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars:
    """Progress bars in a terminal; one plain line at each stage's end where there is none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("  {task.description:<22}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """One line above the bars, as it is: never read as the console's markup."""
        self._print(escape(text))

    def progress(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Move a stage's bar; at its end the bar becomes a line."""
        with self._lock:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, total=total, note=note)
            self._bars.update(self._tasks[stage], completed=done, total=total, note=note)
            if done >= total:
                seconds = self._bars.tasks[self._bars.task_ids.index(self._tasks[stage])].elapsed
                self._bars.remove_task(self._tasks.pop(stage))
                took = f" in {seconds:.0f} s" if seconds and seconds >= 1 else ""
                self._print(f"[green]✓[/] {escape(f'{stage}: {total}{took} {note}'.rstrip())}")

    def _print(self, markup: str) -> None:
        self._console.print(f"  {markup}", highlight=False, soft_wrap=True)
