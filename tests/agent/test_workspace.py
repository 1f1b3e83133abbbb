"""A workspace and what makes it the owner of its things: any lease will do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import pytest

from agent.workspace import STORE, Workspace
from memory.errors import Locked


class Note:
    """A lease that is one entry on a board which several may read."""

    def __init__(self, board: dict[str, Any]) -> None:
        self.board = board
        self.mine = False

    def take(self, command: str, wait: float = 0.0) -> Self:
        if self.board:
            raise Locked(f"{self.board['command']} has it.")
        self.board.update(command=command, waited=wait)
        self.mine = True
        return self

    def holder(self) -> dict[str, Any] | None:
        return self.board or None

    def release(self) -> None:
        if self.mine:
            self.board.clear()


def test_an_owner_takes_the_lease_it_is_given_and_gives_it_back(tmp_path: Path) -> None:
    board: dict[str, Any] = {}
    with Workspace.open(tmp_path, own="run", wait=3, lease=Note(board)) as space:
        assert space.owner == {"command": "run", "waited": 3}
    assert board == {}


def test_nothing_is_opened_where_another_has_the_lease(tmp_path: Path) -> None:
    board = {"command": "teach"}
    with pytest.raises(Locked, match="teach has it"):
        Workspace.open(tmp_path, own="run", lease=Note(board))
    assert not (tmp_path / STORE).exists()
    assert board == {"command": "teach"}


def test_a_reader_takes_no_lease_and_sees_who_has_it(tmp_path: Path) -> None:
    with Workspace.open(tmp_path, own="run") as owner, Workspace.open(tmp_path) as reader:
        assert reader.owner == owner.owner
        assert (reader.owner or {})["command"] == "run"
    with Workspace.open(tmp_path) as reader:
        assert reader.owner is None
