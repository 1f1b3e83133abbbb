"""goldpan init: a goldpan.toml to begin with, every setting in it told in a comment."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agent.cli.terminal import Home, out
from agent.services.settings_file import HERE, section, write
from memory.errors import BadInput
from tools.endpoints.endpoint import KINDS

What = StrEnum("What", [*KINDS, HERE])  # type: ignore[misc]
Kind = Annotated[What | None, typer.Option("--kind", help="The endpoint that is to teach.")]
Model = Annotated[str, typer.Option("--model", help="The model's name there, or its directory.")]
Url = Annotated[str, typer.Option("--url", help="Where it is, if not at its usual place.")]


def init(kind: Kind = None, model: Model = "", url: Url = "", home: Home = None) -> None:
    """Write a commented goldpan.toml to begin with; one that is there already is left alone."""
    if (model or url) and not kind:
        raise BadInput("--model and --url need --kind.", f"One of: {', '.join(What)}.")
    path = write(home, kind.value if kind else "", model, url)
    out().print(f"Wrote {path}.", markup=False, soft_wrap=True)
    if kind and not model:
        out().print(f'Put the name of your model there, under "{section(kind.value)}".')
    out().print("What works, and what is missing: goldpan doctor")
