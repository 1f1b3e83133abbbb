"""A goldpan.toml to begin with, every setting in it told in a comment."""

from __future__ import annotations

import json
import re
from pathlib import Path

from memory.errors import BadInput

TEMPLATE = Path(__file__).parents[1] / "templates" / "goldpan.toml"
HERE = "hf"
"""Among the kinds of endpoints: a Hugging Face model on this machine."""


def write(home: Path | None, kind: str = "", model: str = "", url: str = "") -> Path:
    """Write the file where none is yet; returns its path. kind, model, url: as in `render`.

    home: the workspace; None: the usual one. Raises BadInput where there is one already: it is
    left as it is.
    """
    # A command line that only asks for help has no use for settings.
    from agent.settings import FILE, find_home, load

    folder = find_home(home)
    path = folder / FILE
    if path.exists():
        raise BadInput(
            f"{path} is there already, and is left as it is.",
            "Edit it; or move it away, then: goldpan init. All settings: docs/commands.md.",
        )
    text = render(kind, model, url)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    load(folder)
    return path


def section(kind: str) -> str:
    """The name of a kind's section in the template."""
    return "models.mine" if kind == HERE else f"endpoints.{kind}"


def render(kind: str = "", model: str = "", url: str = "") -> str:
    """The template, with the section of that kind in force and bound as teacher.

    kind: of an endpoint, or HERE; empty: everything stays a comment. model: its name there, or its
    directory. url: where the endpoint is, if not at its usual place.
    """
    text = TEMPLATE.read_text(encoding="utf-8")
    if not kind:
        return text
    head = re.escape(f"#[{section(kind)}]")
    [block] = re.findall(rf"^{head}\n(?:#\S.*\n)+", text, re.MULTILINE)
    lines = [line.removeprefix("#") for line in block.splitlines()]
    if kind == HERE:
        lines = lines[:2]  # The files beside it are an example's.
    given = {"path" if kind == HERE else "model": model, "url": url}
    for name, value in given.items():
        if value:
            lines = _set(lines, name, value)
    bound = section(kind).partition(".")[2]
    text = text.replace(block, "".join(f"{line}\n" for line in lines))
    return text.replace('#teacher = "offline"', f'teacher = "{bound}"', 1)


def _set(lines: list[str], name: str, value: str) -> list[str]:
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    kept = [old for old in lines if not old.startswith(f"{name} =")]
    place = next((at for at, old in enumerate(lines) if old not in kept), len(kept))
    return [*kept[:place], line, *kept[place:]]
