"""The wheel as a user gets it: whole, and of use where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from benchmarks.imports import ROOMS, ROOT


def said(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """What a program says in an environment that knows nothing of the checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env={**env, "HOME": str(cwd)}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    said(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The programs of a new environment that holds the wheel.

    What the wheel depends on is borrowed from the running environment, by a .pth file: installing
    2.4 GB again would take minutes. Such a file is not read again in a folder it names, so what
    leads from the running environment to the checkout does not lead there from here.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    python = folder / "bin" / "python"
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    said(sys.executable, "-m", "pip", "--python", python, *install, cwd=folder)
    return python.parent


def test_no_file_of_a_room_is_missing_from_the_wheel_and_none_is_added(wheel: Path) -> None:
    """Prompts, templates, sample papers: without them it would install and then fail."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name.rpartition(".")[2] for name in packed} >= {"py", "md", "toml", "html", "tsv"}


def test_from_a_foreign_folder_the_rooms_are_those_of_the_wheel(
    programs: Path, tmp_path: Path
) -> None:
    code = f"import {', '.join(ROOMS)}; print(*(room.__file__ for room in ({', '.join(ROOMS)})))"
    for place in said(programs / "python", "-c", code, cwd=tmp_path).split():
        assert Path(place).is_relative_to(programs.parent)


def test_the_installed_program_tells_its_version_its_demo_and_what_is_missing(
    programs: Path, tmp_path: Path
) -> None:
    goldpan = programs / "goldpan"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert said(goldpan, "--version", cwd=tmp_path) == f"goldpan {version}\n"
    assert "--papers" in said(goldpan, "demo", "--help", cwd=tmp_path)
    told = said(goldpan, "doctor", "--home", tmp_path / "home", cwd=tmp_path, code=5)
    assert "no target model is bound" in told
