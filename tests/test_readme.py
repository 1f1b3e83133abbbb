"""What the documents say is run: every command of the README, every setting of the reference."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from agent.settings import FILE, load
from benchmarks.doubles.real import furnish, goldpan
from benchmarks.imports import ROOT

FENCE = re.compile(r"```(\w+)\n(.*?)```", re.S)


def blocks(path: str, language: str) -> list[str]:
    return [text for name, text in FENCE.findall((ROOT / path).read_text()) if name == language]


def shell_lines() -> list[list[str]]:
    text = "".join(blocks("README.md", "sh"))
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.strip()]


@pytest.mark.slow
def test_every_goldpan_command_of_the_readme_runs_in_its_order(
    tmp_path: Path, small_target: Path, few_papers: Path
) -> None:
    home = furnish(tmp_path / "home", small_target)
    places = {"papers": str(few_papers), "taught-model": str(tmp_path / "taught")}
    ran = 0
    for program, *args in shell_lines():
        if program == "goldpan":
            # `papers` is a folder in one place, a command in another.
            goldpan(home, args[0], *(places.get(arg, arg) for arg in args[1:]))
            ran += 1
    assert ran >= 10


def test_the_make_targets_of_the_readme_exist() -> None:
    for program, *args in shell_lines():
        if program == "make":
            done = subprocess.run(["make", "-n", *args], cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


def test_the_settings_of_the_documents_are_settings(tmp_path: Path) -> None:
    for path in ("README.md", "docs/commands.md"):
        for text in blocks(path, "toml"):
            (tmp_path / FILE).write_text(text)
            assert load(tmp_path).roles.target == "mine"
