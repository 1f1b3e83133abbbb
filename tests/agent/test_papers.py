"""goldpan papers: what was read, found again by its words, and shown whole."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import papers
from memory.errors import NoSuch
from memory.records import (
    Extraction,
    Interest,
    Nugget,
    Paper,
    PaperStatus,
    Profile,
    Relevance,
    Sighting,
)
from memory.store import Store

MINERALS = Interest(name="minerals", topic="t")
RESINS = Interest(name="resins", topic="t")
OSK = Paper(
    canonical="sha256:1", title="On [osk] resin", doi="10.1/OSK", url="/p/osk.pdf", pages=9,
    status=PaperStatus.READ,
)  # fmt: skip
ZELL = Paper(canonical="sha256:2", title="On rot", url="/p/zell.xml", status=PaperStatus.READ)
SCAN = Paper(
    canonical="sha256:3", url="/p/scan.pdf", status=PaperStatus.SKIPPED, reason="no_text_layer",
    note="It has no text layer. Run OCR first.",
)  # fmt: skip


def nugget(number: int) -> Nugget:
    text = f"Board {number} held."
    return Nugget(
        paper=OSK.id, passage="x", page=2, claim=text, quote=text, start=number, end=number + 14
    )


def rated(interest: Interest, score: int, words: str = "w") -> Relevance:
    reason = f"It is worth {score}."
    return Relevance(
        interest=interest.id, paper=OSK.id, words=words, score=score, reason=reason, made_by="m"
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    names = {"people": ("Ada Zell",), "organisations": ("Royal Mint",), "places": ("Cork",)}
    profile = {"summary": "Wood lasts.", "keywords": ("mould",), "made_by": "m:enrich@1", **names}
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as store:
        store.put(MINERALS, RESINS, OSK, ZELL, SCAN, nugget(1), nugget(2))
        store.put(Sighting(interest=MINERALS.id, paper=ZELL.id))
        store.put(Sighting(interest=RESINS.id, paper=OSK.id))
        store.put(Profile(paper=OSK.id, **profile))
        store.put(rated(MINERALS, 9), rated(MINERALS, 2, "new words"), rated(RESINS, 7))
        store.put(
            Extraction(
                paper=OSK.id, made_by="m:extract@1", input_sha256="s", lost=3, reason="busy",
                nuggets=(nugget(1).id, nugget(2).id),
            )
        )  # fmt: skip
    return tmp_path


def goldpan(home: Path, *args: str, code: int = 0) -> str:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(papers.app, [*args, "--home", str(home)])
    if isinstance(done.exception, Exception):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def listed(home: Path, *args: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(goldpan(home, "list", "--json", *args))
    return rows


def test_papers_are_listed_with_what_they_gave_and_their_latest_ratings(home: Path) -> None:
    rows = {row["paper"]: row for row in listed(home)}
    assert list(rows) == ["On [osk] resin", "On rot", "scan.pdf"]
    assert (rows["On [osk] resin"]["nuggets"], rows["On [osk] resin"]["fits"]) == (2, 7)
    assert (rows["On rot"]["nuggets"], rows["On rot"]["fits"]) == (0, None)
    assert "On [osk] resin" in goldpan(home, "list")


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (("--interest", "minerals"), ["zell.xml"]),
        (("--status", "skipped"), ["scan.pdf"]),
        (("--find", "MOULD"), ["osk.pdf"]),
        (("--find", "ada zell"), ["osk.pdf"]),
        (("--find", "cork"), ["osk.pdf"]),
        (("--find", "on r"), ["zell.xml"]),
        (("--find", "on", "--interest", "resins"), ["osk.pdf"]),
        (("--find", "nothing of this"), []),
    ],
)
def test_a_list_holds_only_what_is_asked_for(
    home: Path, options: tuple[str, ...], files: list[str]
) -> None:
    assert [Path(row["file"]).name for row in listed(home, *options)] == files


@pytest.mark.parametrize("name", [OSK.id[:8], "osk.pdf", "osk", "10.1/osk"])
def test_a_paper_is_shown_by_the_start_of_its_id_its_file_or_its_doi(home: Path, name: str) -> None:
    words = goldpan(home, "show", name)
    for told in ("Wood lasts.", "mould", "Ada Zell", "Royal Mint", "Cork"):
        assert told in words
    assert "minerals: 2 of 10. It is worth 2." in words
    assert "2 nuggets by m:extract@1; 3 passages without an answer (busy)" in words
    assert "Board 2 held." in words
    as_json = json.loads(goldpan(home, "show", name, "--json"))
    assert as_json["extractions"][0]["passages_without_an_answer"] == 3
    assert {one["interest"]: one["score"] for one in as_json["relevance"]} == {
        "minerals": 2, "resins": 7,
    }  # fmt: skip


def test_a_paper_that_was_not_read_says_why(home: Path) -> None:
    words = goldpan(home, "show", "scan.pdf")
    assert "no_text_layer" in words
    assert "Run OCR first." in words


def test_a_name_of_several_papers_or_of_none_is_told(home: Path) -> None:
    with closing(Store.open(home / "goldpan.sqlite")) as store:
        store.put(Paper(canonical="sha256:4", url="/elsewhere/osk.pdf"))
    with pytest.raises(NoSuch, match="2 papers are called") as trouble:
        goldpan(home, "show", "osk.pdf")
    assert OSK.id[:10] in trouble.value.fix
    with pytest.raises(NoSuch, match="nowhere"):
        goldpan(home, "show", "nowhere")
