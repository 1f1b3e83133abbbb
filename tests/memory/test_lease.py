"""One owner of a workspace, whoever crashes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from memory.errors import Locked
from memory.lease import Lease

OWNS = """
import sys, time
from pathlib import Path
from memory.lease import Lease
with Lease.take(Path(sys.argv[1]), "goldpan run plasma"):
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
    assert Lease.holder(home) is None
    with Lease.take(home, "goldpan run x") as lease:
        held = Lease.holder(home)
        assert held
        assert held["command"] == "goldpan run x"
    assert Lease.holder(home) is None
    lease.release()


def test_a_second_process_is_told_who_holds_it_and_what_to_do(tmp_path: Path) -> None:
    one = owner(tmp_path, 60)
    held = Lease.holder(tmp_path)
    assert held
    assert held["pid"] == one.pid
    asked = time.monotonic()
    with pytest.raises(Locked, match=rf"Process {one.pid} on .*goldpan run plasma.*--wait SECONDS"):
        Lease.take(tmp_path, "goldpan teach plasma")
    assert time.monotonic() - asked < 2
    one.kill()
    one.communicate()


def test_a_killed_owner_gives_it_back(tmp_path: Path) -> None:
    one = owner(tmp_path, 60)
    one.kill()
    one.communicate()
    assert (tmp_path / "owner.json").exists()
    assert Lease.holder(tmp_path) is None
    with Lease.take(tmp_path, "goldpan teach plasma"):
        held = Lease.holder(tmp_path)
        assert held
        assert held["command"] == "goldpan teach plasma"


def test_whoever_waits_long_enough_gets_it(tmp_path: Path) -> None:
    one = owner(tmp_path, 0.5)
    with pytest.raises(Locked, match=r"still after 0\.1 s"):
        Lease.take(tmp_path, "hasty", wait=0.1)
    with Lease.take(tmp_path, "patient", wait=30):
        assert one.communicate(timeout=10) == ("", None)


def test_asking_who_holds_it_never_keeps_anybody_from_taking_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from memory.lease import Lease\n"
        "print(flush=True)\nwhile True: Lease.holder(Path(sys.argv[1]))"
    )
    program = [sys.executable, "-c", code, str(tmp_path)]
    with Lease.take(tmp_path, "first"):
        one = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert one.stdout
        one.stdout.readline()
    for _ in range(20):
        Lease.take(tmp_path, "again").release()
    one.kill()
    one.communicate()


@pytest.mark.parametrize("note", [b"", b"[]", b"{"])
def test_an_owner_whose_note_cannot_be_read_is_an_owner_all_the_same(
    tmp_path: Path, note: bytes
) -> None:
    with Lease.take(tmp_path, "first"):
        (tmp_path / "owner.json").write_bytes(note)
        assert Lease.holder(tmp_path) == {}
        with pytest.raises(Locked, match="Another process owns"):
            Lease.take(tmp_path, "second")


def test_a_lease_that_cannot_be_signed_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "owner.json").mkdir()
    with pytest.raises(IsADirectoryError):
        Lease.take(tmp_path, "first")
    assert Lease.holder(tmp_path) is None
