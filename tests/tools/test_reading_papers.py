"""Real papers beside their publishers' own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.truth import (
    Truth,
    entered,
    in_order,
    leaked,
    recall,
    same,
    truth_of,
    whole_rows,
    words,
)
from tests.tools.pages import check_places
from tools.reading import Reading, read


@pytest.fixture(scope="module")
def papers(shared: Path) -> list[tuple[Truth, Reading]]:
    """Real papers in their publisher's words and as they are read."""
    folders = sorted(path.parent for path in (shared / "papers/pairs").glob("*/paper.pdf"))
    return [(truth_of(folder), read(folder / "paper.pdf", folder.name)) for folder in folders]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_the_words_of_real_papers_are_all_there(papers: list[tuple[Truth, Reading]]) -> None:
    """The yardstick is the share that the PDF library itself finds."""
    found = []
    for truth, reading in papers:
        check_places(reading)
        found.append(recall(truth.paragraphs, reading.document.text))
        assert found[-1] >= truth.reach - 0.02, truth.name
    assert mean(found) >= 0.98


def test_sections_of_real_papers_are_found_in_order(papers: list[tuple[Truth, Reading]]) -> None:
    shares = []
    for truth, reading in papers:
        if truth.headings:
            found = in_order(truth.headings, list(entered(reading.passages)))
            shares.append(found / len(truth.headings))
    assert mean(shares) >= 0.97
    assert min(shares) >= 0.8


def test_title_doi_and_abstract_of_real_papers_are_exact(
    papers: list[tuple[Truth, Reading]],
) -> None:
    """One paper says its DOI nowhere; abstracts differ in a capital and in hyphens at line ends."""
    nowhere = {"PMC5450247"}
    for truth, reading in papers:
        document = reading.document
        assert same(truth.title, document.title), truth.name
        assert not truth.doi or document.doi == truth.doi or truth.name in nowhere, truth.name
        abstracts = {"".join(words(text)) for text in truth.abstracts} or {""}
        assert not truth.abstracts or "".join(words(document.abstract)) in abstracts, truth.name


def total(pairs: list[tuple[int, int]]) -> float:
    return sum(k for k, _ in pairs) / sum(n for _, n in pairs)


def test_references_stay_out_of_passages(papers: list[tuple[Truth, Reading]]) -> None:
    said = ["\n".join(passage.text for passage in reading.passages) for _, reading in papers]
    pairs = [leaked(t.references, t.text, text) for (t, _), text in zip(papers, said, strict=True)]
    assert total(pairs) <= 0.002


def test_tables_keep_their_rows(papers: list[tuple[Truth, Reading]]) -> None:
    pairs = [whole_rows(truth.tables, reading.document.text) for truth, reading in papers]
    assert total(pairs) >= 0.9


def test_the_measures_tell_a_bad_reading_from_a_good_one() -> None:
    """A figure is worth nothing that a reader who shuffles would reach too."""
    said = ["The vole was seen on every island.", "It eats a grass."]
    assert recall(said, "It eats a GRASS. The vole was seen on every is\u00adland.") < 1
    assert recall(said, "It eats a GRASS. The vole was seen on every island.") == 1
    assert recall(said, "grass a eats it island every on seen was vole the") == 0
    assert in_order(["a", "b", "c"], ["b", "a", "x", "c"]) == 2
    voles = [[("north", "12", "15"), ("south", "7", "9")]]
    assert whole_rows(voles, "North | 12 | 15\nSouth | 7 | 9") == (2, 2)
    assert whole_rows(voles, "North\nSouth\n12 7\n15 9") == (0, 2)
    moss = ["Moss, A. Voles at night."]
    assert leaked(moss, "A. voles at noon.", "Moss, A. Voles at noon.") == (1, 2)
    assert same("“Voles” – a\u00a0study", '"Voles" - a study')
    assert not same("Voles", "voles")
