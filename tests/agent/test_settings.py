"""Claims about goldpan.toml and what of it roles are bound to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.settings import Settings, load
from benchmarks.doubles.real import goldpan
from benchmarks.imports import ROOT
from memory.errors import BadInput, NoSuch


def test_the_home_that_is_given_goes_before_the_one_of_the_environment(tmp_path: Path) -> None:
    """Its settings would else be read here, and everything but the store lie there."""
    code = "import sys; from pathlib import Path; from agent.settings import load; "
    code += "print(load(Path(sys.argv[1])).home)"
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "given")],
        env={**os.environ, "GOLDPAN_HOME": str(tmp_path / "other")}, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == str(tmp_path / "given")


def settings(tmp_path: Path) -> Settings:
    (tmp_path / "goldpan.toml").write_text(
        '[endpoints.far]\nmodel = "m"\nurl = "http://127.0.0.1:9/v1"\n[models.near]\npath = "x"\n'
    )
    return load(tmp_path)


def test_a_role_is_bound_to_an_endpoint_or_to_a_model_on_this_machine(tmp_path: Path) -> None:
    held = settings(tmp_path)
    assert held.bound("far") == held.endpoints["far"]
    assert held.bound("near") == held.models["near"]
    with pytest.raises(NoSuch, match=r"called 'other' \(it has: far, near\)"):
        held.bound("other")


def test_what_is_behind_an_endpoint_cannot_be_taught(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="its weights are not here"):
        settings(tmp_path).model("far")


def test_an_interest_has_budgets_and_a_share_to_explore_of_its_own(tmp_path: Path) -> None:
    more = ("--budget", "run_tokens=2000", "--budget", "day_money=1.5", "--explore", "0.2")
    goldpan(tmp_path, "interests", "add", "anodes", *more, "--prompt", "Only measurements.")
    shown = json.loads(goldpan(tmp_path, "interests", "show", "anodes", "--json"))
    assert shown["budgets"] == {"run_tokens": 2000, "day_money": 1.5}
    assert (shown["exploration"], shown["prompt"]) == (0.2, "Only measurements.")
    for wrong in ("run_tokens", "tokens=3", "run_tokens=-1", "run_money=much"):
        said = goldpan(tmp_path, "interests", "edit", "anodes", "--budget", wrong, code=3)
        assert "is no budget" in said
        assert "interest_money" in said
