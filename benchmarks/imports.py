"""Which file imports which, read from the source. Nothing is loaded."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""
ROOMS = ("agent", "evals", "memory", "prompts", "tools")
"""What is installed."""
Edge = tuple[str, str]
"""Who imports, and what."""


def modules(*rooms: str) -> dict[str, Path]:
    """Every module of these top-level rooms by its dotted name; a package is its `__init__.py`."""
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return {name.removesuffix(".__init__"): path for name, path in zip(names, paths, strict=True)}


def imports(path: Path) -> Iterator[str]:
    """What a file names in its imports, wherever in it they stand; of packages, what is taken."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner(room: str) -> list[str]:
    """The rooms directly inside a room, by name: its packages and its modules."""
    folder = ROOT / room
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    files = {path.stem for path in folder.glob("*.py")}
    return sorted(packages | files - {"__init__", "__main__"})


def between(rooms: Collection[str]) -> set[Edge]:
    """Which of these rooms (dotted names, none inside another) import which others."""
    tops = sorted({room.partition(".")[0] for room in rooms})
    found = {
        (_room(module, rooms), _room(name, rooms))
        for module, path in modules(*tops).items()
        for name in imports(path)
    }
    return {(one, other) for one, other in found if one and other and one != other}


def reduced(edges: Collection[Edge]) -> set[Edge]:
    """Edges without those that follow from others. They must not go in a circle."""
    below: dict[str, set[str]] = {}
    for one, other in edges:
        below.setdefault(one, set()).add(other)

    def reach(start: str) -> set[str]:
        direct = below.get(start, set())
        return direct.union(*(reach(room) for room in direct))

    return {
        (one, other)
        for one, other in edges
        if not any(other in reach(room) for room in below[one] - {other})
    }


def _room(name: str, rooms: Collection[str]) -> str:
    """The room that a dotted name lies in; empty where it is none of these."""
    return next((room for room in rooms if f"{name}.".startswith(f"{room}.")), "")
