"""The guided tour through papers of the user's own; a file apart, for it takes as long again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tour import demo, furnished, summary


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_the_demo_takes_a_folder_of_real_papers(
    small_target: Path, shared: Path, tmp_path: Path
) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    for name in ("PMC4562040", "PMC4930629"):
        shutil.copy(shared / "papers" / "pairs" / name / "paper.pdf", papers / f"{name}.pdf")
    shutil.copy(shared / "papers" / "nasty" / "OCRmyPDF__skew.pdf", papers)
    told = summary(demo(furnished(tmp_path, small_target), "--papers", str(papers)))
    assert (told["papers"], told["papers_read"]) == (3, 2)
    assert told["skipped"] == {"no_text_layer": 1}
    assert told["quotes_located"] == told["nuggets"] >= 10
