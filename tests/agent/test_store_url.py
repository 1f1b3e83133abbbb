"""Claims about [store] url: the same work in a PostgreSQL database, and a password nobody hears."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from typer.testing import CliRunner

from agent.cli.main import app
from agent.settings import load
from agent.workspace import Workspace
from benchmarks.doubles import real
from benchmarks.doubles.real import ended, snapshot
from benchmarks.imports import ROOT
from memory.errors import BadInput, Trouble, WorkspaceTrouble
from memory.records import Interest
from memory.store import Store

VARIABLE = "GOLDPAN_STORE__URL"
PLANTED = "Planted-7Qx2vN"
PASSING = {*real.PASSING, "ended", "seconds"}
"""Fields in which two equal runs differ."""
LISTINGS = (
    ("runs", "list"), ("papers", "list"), ("interests", "list"), ("review", "list", "--all"),
    ("memory", "search", "melting point"), ("memory", "stats"), ("costs",),
)  # fmt: skip


@pytest.fixture
def databases(postgres_url: str) -> list[str]:
    """Two empty databases of one server, by URLs in which a password stands."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    names = ("gold_a", "gold_b")
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    plain = make_url(postgres_url).set(drivername="postgresql", password=PLANTED)
    return [plain.set(database=name).render_as_string(hide_password=False) for name in names]


def settings(home: Path, url: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "goldpan.toml").write_text(f"[store]\nurl = {json.dumps(url)}\n")
    return home


def said(home: Path, url: str, *args: str, code: int = 0) -> str:
    """What a command says, in a process of its own; it is searched for the password."""
    done = ended(home, *args, env={VARIABLE: url})
    assert PLANTED not in done.stdout + done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


class Commands:
    """The command line of one workspace, in this process: torch is loaded once."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.env = home, {VARIABLE: url}

    def __call__(self, *args: str) -> str:
        done = CliRunner().invoke(app, [*args, "--home", str(self.home)], env=self.env)
        assert PLANTED not in done.output
        assert done.exit_code == 0, done.output
        return done.output

    def listed(self, *args: str) -> Any:
        return plain(json.loads(self(*args, "--json")))


def plain(value: Any) -> Any:
    """What is listed without what differs between two equal runs: times, and ids of runs."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    passing = {*PASSING, "id"} if "graph" in value else {*PASSING, "bytes"}
    return {key: plain(one) for key, one in value.items() if key not in passing}


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_every_command_finds_on_a_server_what_it_finds_in_a_file(
    tmp_path: Path, few_papers: Path, databases: list[str]
) -> None:
    file = Commands(tmp_path / "file", "")
    server = Commands(tmp_path / "server", databases[0])
    for one in (file, server):
        one("interests", "add", "minerals", "--papers", str(few_papers))
        said(one.home, one.env[VARIABLE], "run", "minerals")
    first = [row["id"] for row in file.listed("review", "list")][:2]
    for one in (file, server):
        one("review", "accept", *first)
        one("review", "undo")
        one("review", "accept", first[0])
    assert snapshot(server.home, databases[0]) == snapshot(file.home)
    for listing in LISTINGS:
        assert server.listed(*listing) == file.listed(*listing), listing
    # No target is bound.
    assert "goldpan@/tmp/goldpan-pg-" in said(server.home, databases[0], "doctor", code=5)
    held = {path: path.read_bytes() for path in server.home.rglob("*") if path.is_file()}
    assert [path for path, content in held.items() if PLANTED.encode() in content] == []
    assert not (server.home / "goldpan.sqlite").exists()
    with closing(Store.open(databases[1])) as other:
        assert other.all(Interest) == []


def names(home: Path) -> list[str]:
    with Workspace.open(home) as space:
        return [interest.name for interest in space.store.all(Interest)]


def test_workspaces_on_two_databases_or_two_schemas_do_not_mix(
    tmp_path: Path, databases: list[str]
) -> None:
    engine = create_engine(databases[0].replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA own"))
    engine.dispose()
    urls = [*databases, f"{databases[0]}&options=-csearch_path%3Down"]
    homes = [settings(tmp_path / str(number), url) for number, url in enumerate(urls)]
    for number, home in enumerate(homes):
        with Workspace.open(home, own="test") as space:
            space.store.put(Interest(name=f"interest-{number}", topic="x"))
    assert [names(home) for home in homes] == [["interest-0"], ["interest-1"], ["interest-2"]]


def test_a_sqlite_url_is_seen_from_the_workspace(tmp_path: Path) -> None:
    names(settings(tmp_path / "home", "sqlite:///records/mine.sqlite"))
    assert (tmp_path / "home" / "records" / "mine.sqlite").exists()
    names(settings(tmp_path / "home", f"sqlite:///{tmp_path}/a@b.sqlite"))
    assert (tmp_path / "a@b.sqlite").exists()
    assert not (tmp_path / "home" / "goldpan.sqlite").exists()


def heard(home: Path) -> Trouble:
    """The trouble of opening a workspace; nowhere in its whole traceback stands the password."""
    with pytest.raises(Trouble) as caught:
        Workspace.open(home, own="test")
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"me:{PLANTED}", "postgresql:// or sqlite:///"),
        (f"mysql://me:{PLANTED}@h/db", "postgresql:// or sqlite:///"),
        (f"postgresql+asyncpg://me:{PLANTED}@h/db", "postgresql:// or sqlite:///"),
        (f"sqlite://me:{PLANTED}@h/db", "postgresql:// or sqlite:///"),
        (f"sqlite:///x.db?password={PLANTED}", "a path and nothing else"),
        ("sqlite:///:memory:", "no database that would last"),
        (f"postgresql://me:{PLANTED}@h", "no database that would last"),
        (f"postgresql://me:{PLANTED}", "cannot be read"),
        (f"postgresql://me:x@{PLANTED}@h/db", "write %40 for @"),
        (f"postgresql://me:x@{PLANTED[:5]}/{PLANTED}@h/db", "write %40 for @"),
        (f"postgresql://me/{PLANTED}@h/db", "write %40 for @"),
        (
            f"postgresql://me@127.0.0.1:9/db?password={PLANTED}&nonsense=1",
            "invalid connection option",
        ),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_being_repeated(
    tmp_path: Path, url: str, words: str
) -> None:
    trouble = heard(settings(tmp_path, url))
    assert isinstance(trouble, BadInput)
    assert words in str(trouble)


def test_a_workspace_that_cannot_be_opened_has_no_owner(tmp_path: Path) -> None:
    home = settings(tmp_path, f"postgresql://me:{PLANTED}@127.0.0.1:9/none")
    assert "me@127.0.0.1:9/none does not answer" in str(heard(home))
    names(settings(tmp_path, ""))
    with Workspace.open(home) as space:
        assert space.owner is None


def test_a_server_that_is_not_there_is_trouble_with_the_workspace(tmp_path: Path) -> None:
    url = f"postgresql://me:{PLANTED}@127.0.0.1:9/none"
    said(tmp_path, url, "runs", "list", code=5)
    checks = json.loads(said(tmp_path, url, "doctor", "--json", code=5))
    assert ["[store] url" in one["fix"] for one in checks if one["name"] == "workspace"] == [True]


def test_a_url_in_the_variable_of_the_section_is_not_repeated(tmp_path: Path) -> None:
    done = ended(tmp_path, "runs", "list", env={"GOLDPAN_STORE": f"postgresql://me:{PLANTED}@h/d"})
    assert done.returncode == 3
    assert "GOLDPAN_SECTION__SETTING" in done.stderr
    assert PLANTED not in done.stderr


def test_a_user_without_the_right_to_make_tables_is_told(
    tmp_path: Path, postgres_url: str, databases: list[str]
) -> None:
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS guest"))
        connection.execute(text("CREATE ROLE guest LOGIN"))
    server.dispose()
    guest = make_url(databases[0]).set(username="guest").render_as_string(hide_password=False)
    trouble = heard(settings(tmp_path, guest))
    assert isinstance(trouble, WorkspaceTrouble)
    assert "right to create tables" in trouble.fix
    nowhere = f"{databases[0]}&options=-csearch_path%3Dnowhere"
    assert isinstance(heard(settings(tmp_path, nowhere)), WorkspaceTrouble)


def parrot(listener: socket.socket) -> None:
    """A server that asks for the password and refuses it by repeating it."""
    line, _ = listener.accept()
    with line:
        while True:
            length, what = struct.unpack("!ii", line.recv(8))
            line.recv(length - 8)
            if what == 3 << 16:  # The protocol's version; anything else asks for encryption.
                break
            line.sendall(b"N")
        line.sendall(b"R" + struct.pack("!ii", 8, 3))
        said = line.recv(1000)[5:].rstrip(b"\0")
        fields = b"SFATAL\0VFATAL\0C28P01\0MI do not like " + said + b"\0\0"
        line.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)


def test_a_server_that_repeats_the_password_is_not_passed_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=parrot, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        trouble = heard(settings(tmp_path, f"postgresql://me:{PLANTED}@127.0.0.1:{port}/db"))
        thread.join()
    assert "I do not like [password]" in trouble.what


def test_settings_neither_show_the_url_nor_name_a_run_by_it(tmp_path: Path) -> None:
    without, held = load(tmp_path / "x"), load(settings(tmp_path, f"postgresql://u:{PLANTED}@h/d"))
    assert PLANTED not in repr(held) + str(held) + held.model_dump_json()
    assert held.digest == without.digest


def test_without_psycopg_the_extra_that_brings_it_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; from agent.cli.main import main; sys.modules['psycopg'] = None; "
        f"sys.argv[1:] = ['runs', 'list', '--home', {str(tmp_path)!r}]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, VARIABLE: f"postgresql://me:{PLANTED}@h/db"},
    )  # fmt: skip
    assert done.returncode == 3
    assert "goldpan[postgres]" in done.stderr
    assert PLANTED not in done.stderr


def test_the_demo_puts_nothing_into_a_store_of_the_environment(tmp_path: Path) -> None:
    said(tmp_path / "demo", f"postgresql://me:{PLANTED}@127.0.0.1:9/none", "demo", code=3)
    assert not (tmp_path / "demo").exists()
