"""goldpan demo: the whole job on sample papers, or on a folder of the user's own."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.terminal import Yes, out
from memory.errors import BadInput


def demo(
    papers: Annotated[Path | None, typer.Option(help="Your own folder of papers.")] = None,
    yes: Yes = False,
    home: Annotated[Path, typer.Option("--home", help="Where the demo puts its things.")] = Path(
        "goldpan-demo"
    ),
) -> None:
    """See the whole job: read, mine, probe, review, teach, examine, ask."""
    if papers and not papers.is_dir():
        raise BadInput(
            f"There is no folder {papers}.", "Give a folder of PDF files: --papers FOLDER"
        )
    missing = [name for name in ("peft", "reportlab", "torch", "trl") if find_spec(name) is None]
    if missing:
        raise BadInput(f"The demo needs {', '.join(missing)}.", 'pip install "goldpan[demo]"')
    from agent.demo.story import tour

    tour(home.expanduser().absolute(), papers, yes or not sys.stdin.isatty(), out())
