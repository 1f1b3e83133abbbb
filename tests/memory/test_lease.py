"""One owner of a workspace, whoever crashes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from memory.errors import Locked
from memory.lease import FileLease

OWNS = """
import sys, time
from pathlib import Path
from memory.lease import FileLease
with FileLease(Path(sys.argv[1])).take("goldpan run plasma"):
    print("mine", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def owner(home: Path, seconds: float) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", OWNS, str(home), str(seconds)]
    one = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert one.stdout
    assert one.stdout.readline() == "mine\n"
    return one


def test_nobody_owns_a_workspace_until_somebody_takes_it(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert FileLease(home).holder() is None
    with FileLease(home).take("goldpan run x") as lease:
        held = FileLease(home).holder()
        assert held
        assert held["command"] == "goldpan run x"
    assert FileLease(home).holder() is None
    lease.release()


def test_a_second_process_is_told_who_holds_it_and_what_to_do(tmp_path: Path) -> None:
    one = owner(tmp_path, 60)
    held = FileLease(tmp_path).holder()
    assert held
    assert held["pid"] == one.pid
    asked = time.monotonic()
    with pytest.raises(Locked, match=rf"Process {one.pid} on .*goldpan run plasma.*--wait SECONDS"):
        FileLease(tmp_path).take("goldpan teach plasma")
    assert time.monotonic() - asked < 2
    one.kill()
    one.communicate()


def test_a_killed_owner_gives_it_back(tmp_path: Path) -> None:
    one = owner(tmp_path, 60)
    one.kill()
    one.communicate()
    assert (tmp_path / "owner.json").exists()
    assert FileLease(tmp_path).holder() is None
    with FileLease(tmp_path).take("goldpan teach plasma"):
        held = FileLease(tmp_path).holder()
        assert held
        assert held["command"] == "goldpan teach plasma"


def test_whoever_waits_long_enough_gets_it(tmp_path: Path) -> None:
    one = owner(tmp_path, 0.5)
    with pytest.raises(Locked, match=r"still after 0\.1 s"):
        FileLease(tmp_path).take("hasty", wait=0.1)
    with FileLease(tmp_path).take("patient", wait=30):
        assert one.communicate(timeout=10) == ("", None)


def test_asking_who_holds_it_never_keeps_anybody_from_taking_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from memory.lease import FileLease\n"
        "print(flush=True)\nwhile True: FileLease(Path(sys.argv[1])).holder()"
    )
    program = [sys.executable, "-c", code, str(tmp_path)]
    with FileLease(tmp_path).take("first"):
        one = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert one.stdout
        one.stdout.readline()
    for _ in range(20):
        FileLease(tmp_path).take("again").release()
    one.kill()
    one.communicate()


@pytest.mark.parametrize("note", [b"", b"[]", b"{"])
def test_an_owner_whose_note_cannot_be_read_is_an_owner_all_the_same(
    tmp_path: Path, note: bytes
) -> None:
    with FileLease(tmp_path).take("first"):
        (tmp_path / "owner.json").write_bytes(note)
        assert FileLease(tmp_path).holder() == {}
        with pytest.raises(Locked, match="Another process owns"):
            FileLease(tmp_path).take("second")


def test_a_lease_that_cannot_be_signed_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "owner.json").mkdir()
    with pytest.raises(IsADirectoryError):
        FileLease(tmp_path).take("first")
    assert FileLease(tmp_path).holder() is None
