"""The command line as a user meets it: without a target model, so that nothing slow is loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.doubles.real import goldpan, start
from benchmarks.imports import ROOT
from memory.lease import FileLease
from memory.records import Nugget
from memory.store import Store
from tests.conftest import absent


@pytest.fixture
def home(discovered: Path, tmp_path: Path) -> Path:
    shutil.copytree(discovered, tmp_path / "home")
    return tmp_path / "home"


def listed(home: Path, *args: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(goldpan(home, *args, "--json"))
    return rows


def test_an_interest_is_added_shown_changed_paused_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    goldpan(
        home, "interests", "add", "anodes", "--topic", "Better [anodes]", "--include", "lithium"
    )
    goldpan(home, "interests", "edit", "anodes", "--exclude", "lead")
    shown = json.loads(goldpan(home, "interests", "show", "ano", "--json"))
    assert (shown["topic"], shown["include"], shown["exclude"]) == (
        "Better [anodes]", ["lithium"], ["lead"],
    )  # fmt: skip
    goldpan(home, "interests", "pause", "anodes")
    assert "paused" in goldpan(home, "run", "anodes", code=3)
    goldpan(home, "interests", "resume", "anodes")
    assert "Better [anodes]" in goldpan(home, "interests", "list")
    goldpan(home, "interests", "remove", "anodes")
    assert listed(home, "interests", "list") == []


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("interests", "add", "Two Words"), 3, "two-words"),
        (("interests", "show", "nope"), 3, "No interest is called 'nope'"),
        (("interests", "add", "a", "--target", "ghost"), 3, "called 'ghost'"),
        (("run", "nope"), 3, "interests add"),
        (("runs", "resume"), 4, "Every run is finished"),
        (("runs", "show", "abcd"), 3, "no run"),
        (("review", "undo"), 4, "no decision"),
        (("review", "accept"), 3, "--unknown"),
        (("review", "import", "nowhere.jsonl"), 3, "nowhere.jsonl"),
        (("review",), 3, "needs a terminal"),
        (("ask", "why?"), 4, "No target"),
        (("models", "rollback"), 3, "No target"),
        (("doctor",), 5, "no target model is bound"),
        (("demo", "--papers", "nowhere"), 3, "no folder"),
        (("teach",), 2, "Usage"),
    ],
)
def test_trouble_says_what_and_what_to_do_with_its_own_code(
    tmp_path: Path, args: tuple[str, ...], code: int, words: str
) -> None:
    assert words in goldpan(tmp_path / "home", *args, code=code)


def test_a_run_tells_its_counts_and_where_it_stands(home: Path) -> None:
    [run] = listed(home, "runs", "list")
    assert run["status"] == "waiting"
    told = goldpan(home, "runs", "show", str(run["id"]))
    assert "papers read" in told
    counts = json.loads(goldpan(home, "runs", "show", str(run["id"]), "--json"))["counts"]
    assert counts["quotes_located"] == counts["nuggets"] > 5
    assert counts["verdicts"]["unprobed"] > 0


def test_proposals_are_accepted_rejected_edited_and_undone_by_short_ids(home: Path) -> None:
    first, second, third, *_ = [str(row["id"])[:10] for row in listed(home, "review", "list")]
    goldpan(home, "review", "accept", first)
    goldpan(home, "review", "reject", second, "--reason", "vague")
    store = Store.open(home / "goldpan.sqlite")
    claim = store.by_prefix(Nugget, third).claim
    store.close()
    goldpan(home, "review", "edit", third, "--claim", f"As measured, {claim[0].lower()}{claim[1:]}")
    states = {str(r["id"])[:10]: r["status"] for r in listed(home, "review", "list", "--all")}
    assert [states[i] for i in (first, second, third)] == ["accepted", "rejected", "edited"]
    assert "proposed again" in goldpan(home, "review", "undo")


def test_a_review_by_file_ends_the_run_when_all_is_decided(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "queue.jsonl"
    goldpan(home, "review", "export", str(file))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps({**row, "decision": "reject"}) + "\n" for row in rows))
    goldpan(home, "review", "import", str(file))
    assert [run["status"] for run in listed(home, "runs", "list")] == ["done"]


def test_memory_is_searched_and_its_index_built_anew_with_the_same_results(home: Path) -> None:
    before = listed(home, "memory", "search", "melting point", "-k", "5")
    assert before[0]["cosine"] > 0.3  # type: ignore[operator]
    goldpan(home, "memory", "reindex")
    assert listed(home, "memory", "search", "melting point", "-k", "5") == before


def test_a_corrupt_index_is_rebuilt_from_the_store(home: Path) -> None:
    for file in (home / "index").rglob("*"):
        if file.is_file():
            file.write_bytes(b"not an index")
    stats = json.loads(goldpan(home, "memory", "stats", "--json"))
    assert stats["healthy"]
    assert stats["indexed"] == stats["stored"] > 0


def test_a_locked_workspace_says_who_holds_it_and_searching_goes_on(home: Path) -> None:
    with FileLease(home).take("a long run"):
        told = goldpan(home, "run", "minerals", code=6)
        assert "a long run" in told
        assert str(os.getpid()) in told
        assert listed(home, "memory", "search", "melting point")


def test_a_workspace_of_a_newer_version_is_left_alone(home: Path) -> None:
    store = Store.open(home / "goldpan.sqlite")
    store.close()
    _set_revision(home / "goldpan.sqlite", "9999")
    before = (home / "goldpan.sqlite").read_bytes()
    assert "newer" in goldpan(home, "runs", "list", code=5)
    assert (home / "goldpan.sqlite").read_bytes() == before


def _set_revision(path: Path, revision: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    [table] = [name for (name,) in tables if "version" in name]
    connection.execute(f'update "{table}" set version_num = ?', (revision,))  # noqa: S608
    connection.commit()
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def test_settings_that_are_wrong_name_the_key(tmp_path: Path) -> None:
    (tmp_path / "goldpan.toml").write_text("[review]\nmax_acept = 3\n")
    assert "review.max_acept" in goldpan(tmp_path, "runs", "list", code=3)
    (tmp_path / "goldpan.toml").write_text("[review\n")
    assert "not valid TOML" in goldpan(tmp_path, "runs", "list", code=3)


def test_a_folder_of_broken_papers_costs_only_the_broken(tmp_path: Path, shared: Path) -> None:
    """Scans, fuzzed and encrypted files, a bomb, a page named .pdf: the batch completes."""
    nasty = shared / "papers" / "nasty"
    home = tmp_path / "home"
    goldpan(home, "interests", "add", "nasty", "--papers", str(nasty))
    told = json.loads(goldpan(home, "run", "nasty", "--json"))
    assert told["papers"] == len(list(nasty.glob("*.pdf")))
    reasons = told["skipped"]
    assert {"encrypted", "no_text_layer", "not_a_pdf", "damaged"} <= set(reasons)
    assert told["papers_read"] + sum(reasons.values()) == told["papers"]
    assert told["quotes_located"] == told["nuggets"]


def test_an_empty_folder_and_a_missing_one_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    goldpan(tmp_path / "home", "interests", "add", "a")
    assert "no readable PDF" in goldpan(
        tmp_path / "home", "run", "a", "--papers", str(tmp_path / "empty"), code=4
    )
    assert "no folder" in goldpan(
        tmp_path / "home", "run", "a", "--papers", str(tmp_path / "gone"), code=3
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        absent("tmpfs", "a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_the_run_goes_on_when_there_is_room(
    small_disk: Path, few_papers: Path
) -> None:
    home = small_disk / "home"
    goldpan(home, "interests", "add", "minerals", "--papers", str(few_papers))
    fill = small_disk / "fill"
    fill.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 150_000))
    assert "space" in goldpan(home, "run", "minerals", code=5)
    fill.unlink()
    goldpan(home, "runs", "resume")
    assert [run["status"] for run in listed(home, "runs", "list")] == ["waiting"]


def test_an_installation_without_torch_says_which_extra_brings_it(home: Path) -> None:
    """Whoever works with models over the wire need not carry torch."""
    code = (
        "import sys; from agent.cli.main import main; sys.modules['torch'] = None; "
        f"sys.argv[1:] = ['memory', 'search', 'x', '--home', {str(home)!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 3
    assert "goldpan[local]" in done.stderr


def test_output_that_nobody_reads_any_more_is_no_error(home: Path) -> None:
    process = start(home, "review", "list", "--all", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20) in (0, 1)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
