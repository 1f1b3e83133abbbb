"""Claims about the whole house: what imports what, who reads the environment, what --help costs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from agent.cli.main import app
from agent.cli.terminal import Exit
from benchmarks.imports import ROOMS, ROOT, imports, modules

HEAVY = ("torch", "transformers", "chromadb", "langgraph", "sqlalchemy", "pypdfium2", "numpy")


def run(code: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_from_a_foreign_folder_each_room_that_imports_is_ours(room: str, tmp_path: Path) -> None:
    """Others publish packages of these names; an environment of its own must give ours."""
    where = run(f"import {room}; print({room}.__file__)", tmp_path).strip()
    assert Path(where) == ROOT / room / "__init__.py"


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from agent.cli.main import app; from typer.testing import CliRunner;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert run(code, tmp_path).strip() == "[]"


def test_nothing_outside_the_tests_imports_them() -> None:
    guilty = [
        name
        for name, path in modules(*ROOMS, "benchmarks").items()
        if any(found.split(".")[0] == "tests" for found in imports(path))
    ]
    assert not guilty


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and for types count: who reads one file should not need a ring."""
    known = modules(*ROOMS, "benchmarks")
    graph = {
        name: {
            target
            for found in imports(path)
            if (target := found if found in known else found.rpartition(".")[0]) in known
        }
        - {name}
        for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as ring:
        pytest.fail(" → ".join(ring.args[1]))


def test_the_environment_is_read_at_the_door_only() -> None:
    """agent/settings.py reads it; tools/threads.py sets what torch must find."""
    allowed = {"agent/settings.py", "tools/threads.py"}
    readers = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text())
    }
    assert readers <= allowed


def test_services_print_nothing_and_hand_out_typed_results() -> None:
    """Doors show them, each in its way. Untyped are JSON (`as_...`) and what summary.json holds."""
    wrong = []
    for name, path in modules("agent/services").items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
                wrong.append(f"{name} prints in line {node.lineno}")
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.returns:
                continue
            inner = node.name.startswith(("_", "as_")) or path.stem == "report"
            if "Any" in ast.unparse(node.returns) and not inner:
                wrong.append(f"{name}.{node.name} returns {ast.unparse(node.returns)}")
    assert not wrong


def test_nothing_unpickles() -> None:
    """A pickle runs code when it is read."""
    guilty = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(
            r"^\s*(import|from) (pickle|dill|joblib)|trust_remote_code=True", path.read_text(), re.M
        )
    ]
    assert not guilty


def test_the_server_configuration_names_graphs_that_exist() -> None:
    """A graph server refuses a graph that brings its own checkpointer."""
    import importlib

    for place in json.loads((ROOT / "langgraph.json").read_text())["graphs"].values():
        path, _, name = place.partition(":")
        module = importlib.import_module(
            path.removeprefix("./").removesuffix(".py").replace("/", ".")
        )
        graph = getattr(module, name)
        assert graph.checkpointer is None
        assert graph.get_graph().nodes


def commands(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    here = [path] if path and not below else []
    return here + [found for name, sub in below.items() for found in commands(sub, (*path, name))]


def test_every_command_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "commands.md").read_text()
    missing = [
        " ".join(path)
        for path in commands(get_command(app))
        if f"goldpan {' '.join(path)}" not in reference
    ]
    assert not missing


def test_every_exit_code_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "commands.md").read_text()
    assert not [code for code in Exit if f"| {code.value} |" not in reference]


def test_every_listing_takes_json() -> None:
    """What a person can list, a script can read."""
    listing = re.compile(r"(list|show|stats|search|doctor)$")
    plain = []
    for path in commands(get_command(app)):
        command = get_command(app)
        for name in path:
            command = command.commands[name]  # type: ignore[attr-defined]
        options = {option for parameter in command.params for option in parameter.opts}
        if listing.search(path[-1]) and "--json" not in options:
            plain.append(path)
    assert not plain
    assert isinstance(app, typer.Typer)
