"""The sample papers, before and after typesetting."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from pypdf import PdfReader

from agent.demo import papers
from agent.demo.papers import NOTICE, Plot, TableRows, parse
from memory.records import Nugget
from tests.agent.sample import truths
from tools.reading import read
from tools.teachers.offline import OfflineTeacher

TEXTS = sorted(papers.SAMPLE.glob("*.md"))


def test_every_paper_has_the_parts_of_a_paper() -> None:
    assert len(TEXTS) >= 12
    for text in TEXTS:
        source = parse(text.read_text("utf-8"))
        headings = [section.heading for section in source.sections]
        assert headings[:5] == ["Abstract", "Introduction", "Methods", "Results", "Discussion"]
        assert headings[-1] == "References"
        kinds = Counter(type(block) for section in source.sections for block in section.blocks)
        assert kinds[TableRows] == kinds[Plot] == 1
        assert len(source.authors) >= 2


def test_every_fact_stands_in_one_sentence_of_each_of_its_papers() -> None:
    for truth in truths():
        for number in truth.papers:
            sentences = re.split(r"(?<=[.?!])\s", TEXTS[number - 1].read_text("utf-8"))
            assert any(truth.told_in(sentence) for sentence in sentences), (truth, number)


def test_the_papers_corroborate_contradict_and_repeat_the_school_book() -> None:
    facts = truths()
    news = [truth for truth in facts if truth.kind in {"new", "contradicts-paper"}]
    assert len(news) >= 70
    assert sum(len(truth.papers) > 1 for truth in news) >= 10
    counts = Counter(truth.kind for truth in facts if truth.papers)
    assert counts["contradicts-paper"] == 2 * 4
    assert counts["contradicts-book"] >= 5
    assert counts["restated"] >= 18
    assert counts["once"] >= 5


def test_two_builds_give_the_same_bytes(sample_papers: Path, tmp_path: Path) -> None:
    for path in papers.build(tmp_path / "again"):
        assert path.read_bytes() == (sample_papers / path.name).read_bytes()


def test_every_paper_says_on_its_face_that_it_is_invented(sample_papers: Path) -> None:
    for path in sorted(sample_papers.glob("*.pdf")):
        reader = PdfReader(path)
        face = " ".join(reader.pages[0].extract_text().split())
        assert NOTICE in face
        assert 2 <= len(reader.pages) <= 3
        assert reader.metadata is not None
        assert reader.metadata.title
        assert reader.metadata.author


@pytest.fixture(scope="module")
def found(sample_papers: Path) -> list[list[Nugget]]:
    """What the offline teacher takes from each paper."""
    teacher = OfflineTeacher()
    readings = [read(path, path.stem) for path in sorted(sample_papers.glob("*.pdf"))]
    return [teacher.extract(reading.document, reading.passages) for reading in readings]


def test_the_offline_teacher_finds_every_fact_and_little_else(
    found: list[list[Nugget]],
) -> None:
    facts, stray = truths(), 0
    for number, nuggets in enumerate(found, 1):
        stated = [truth for truth in facts if number in truth.papers]
        for truth in stated:
            assert any(truth.told_in(nugget.claim) for nugget in nuggets), (truth, number)
        stray += sum(not any(t.told_in(nugget.claim) for t in stated) for nugget in nuggets)
    assert stray <= 0.05 * sum(map(len, found))


def test_a_figure_is_drawn_and_its_caption_stands_below(sample_papers: Path) -> None:
    reader = PdfReader(sample_papers / TEXTS[0].with_suffix(".pdf").name)
    text = "".join(page.extract_text() for page in reader.pages)
    assert text.index("Hours of search") < text.index("Figure 1.")
    assert "Table 1." in text
