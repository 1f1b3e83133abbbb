"""goldpan doctor: what works here, what does not, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.terminal import AsJson, Exit, Home, out, show_json

if TYPE_CHECKING:
    from tools.endpoints.checks import Check

All = Annotated[bool, typer.Option("--all", help="Endpoints that no role is bound to, too.")]
Patient = Annotated[
    bool, typer.Option("--wait", help="Wait for endpoints as long as a run would, not 10 s.")
]


def doctor(
    every: All = False, wait: Patient = False, as_json: AsJson = False, home: Home = None
) -> None:
    """Check this machine, the workspace and the endpoints; exit code 5 where one needs mending."""
    from agent.services.checks import checks

    found = list(checks(home, every, wait))
    if as_json:
        show_json([check._asdict() for check in found])
    else:
        _show(found)
    if not all(check.ok for check in found):
        raise typer.Exit(Exit.WORKSPACE)


def _show(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = "[red]✗[/]" if not check.ok else "[yellow]![/]" if check.fix else "[green]✓[/]"
        out().print(mark, f"{check.name:<{width}}", end=" ")
        out().print(check.found, markup=False)
        if check.fix:
            out().print(f"    → {check.fix}", markup=False)
