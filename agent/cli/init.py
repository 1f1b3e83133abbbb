"""goldpan init: a goldpan.toml to begin with, every setting in it told in a comment."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.terminal import Home, out
from memory.errors import BadInput
from tools.endpoints.endpoint import KINDS

TEMPLATE = Path(__file__).parents[1] / "templates" / "goldpan.toml"
HERE = "hf"
"""Among the kinds: a Hugging Face model on this machine."""

What = StrEnum("What", [*KINDS, HERE])  # type: ignore[misc]
Kind = Annotated[What | None, typer.Option("--kind", help="The endpoint that is to teach.")]
Model = Annotated[str, typer.Option("--model", help="The model's name there, or its directory.")]
Url = Annotated[str, typer.Option("--url", help="Where it is, if not at its usual place.")]


def init(kind: Kind = None, model: Model = "", url: Url = "", home: Home = None) -> None:
    """Write a commented goldpan.toml to begin with; one that is there already is left alone."""
    from agent.settings import FILE, find_home, load

    if (model or url) and not kind:
        raise BadInput("--model and --url need --kind.", f"One of: {', '.join(What)}.")
    folder = find_home(home)
    path = folder / FILE
    if path.exists():
        raise BadInput(
            f"{path} is there already, and is left as it is.",
            "Edit it; or move it away, then: goldpan init. All settings: docs/commands.md.",
        )
    text = render(kind.value if kind else "", model, url)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    load(folder)
    out().print(f"Wrote {path}.", markup=False, soft_wrap=True)
    if kind and not model:
        out().print(f'Put the name of your model there, under "{section(kind.value)}".')
    out().print("What works, and what is missing: goldpan doctor")


def section(kind: str) -> str:
    """The name of a kind's section in the template."""
    return "models.mine" if kind == HERE else f"endpoints.{kind}"


def render(kind: str = "", model: str = "", url: str = "") -> str:
    """The template, with the section of that kind in force and bound as teacher.

    kind: empty: everything stays a comment.
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
