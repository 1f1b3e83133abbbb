"""The review in a real terminal, key by key."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pexpect

from benchmarks.doubles.real import command, goldpan
from benchmarks.imports import ROOT

READY = r"\[q\]uit "


def test_one_key_decides_and_undo_goes_back_a_card(discovered: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(discovered, home)
    program, *args = command(home, "review")
    screen = pexpect.spawn(
        program, args, cwd=str(ROOT), encoding="utf-8", dimensions=(50, 100), timeout=30
    )
    screen.expect("1/")
    for key in "arsu":
        screen.expect(READY)
        screen.send(key)
    screen.expect("Undone")
    screen.expect("2/")
    screen.expect(READY)
    screen.send("q")
    screen.expect("what was decided is saved")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0
    rows = json.loads(goldpan(home, "review", "list", "--all", "--json"))
    assert sorted(r["status"] for r in rows if r["status"] != "proposed") == ["accepted"]


def test_ctrl_c_leaves_the_review_at_once_with_what_was_decided(
    discovered: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(discovered, home)
    program, *args = command(home, "review")
    screen = pexpect.spawn(
        program, args, cwd=str(ROOT), encoding="utf-8", dimensions=(50, 100), timeout=30
    )
    screen.expect(READY)
    screen.send("a")
    screen.expect("2/")
    screen.expect(READY)
    screen.sendintr()
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 130
    rows = json.loads(goldpan(home, "review", "list", "--all", "--json"))
    assert [r["status"] for r in rows].count("accepted") == 1
