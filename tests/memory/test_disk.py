"""Files are whole or not there; a full disk is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from memory import disk
from memory.errors import NoSpace, WorkspaceTrouble


def test_a_full_disk_is_told_with_what_to_do() -> None:
    with (
        pytest.raises(NoSpace, match=r"no space left to write x\..*Make room"),
        disk.as_trouble("x"),
    ):
        Path("/dev/full").write_bytes(b"y")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_place_that_may_not_be_written_is_told(code: int) -> None:
    with pytest.raises(WorkspaceTrouble, match="cannot be written"), disk.as_trouble("x"):
        raise OSError(code, os.strerror(code))


def test_other_faults_are_left_as_they_are() -> None:
    with pytest.raises(IsADirectoryError), disk.as_trouble("x"):
        Path("/").write_bytes(b"y")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    disk.write(tmp_path / "note", b"old")
    disk.write(tmp_path / "note", b"new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        disk.write(tmp_path / "folder", b"new")
    assert (tmp_path / "note").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "note"]


def test_a_folder_appears_whole_or_the_old_one_stays(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "model"
    for content in ("old", "new"):
        with disk.folder(place) as draft:
            (draft / content).write_text(content)
    with pytest.raises(IsADirectoryError), disk.folder(place) as draft:
        draft.write_text("half")
    assert [path.name for path in place.iterdir()] == ["new"]
    assert [path.name for path in place.parent.iterdir()] == ["model"]
