"""A folder of papers: what is found, what is left out and why."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory.errors import BadInput, NothingToDo
from tools.papers.folder import find

BYTES = b"%PDF-1.4 one"


def put(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_every_pdf_below_the_folder_is_found_in_order(tmp_path: Path) -> None:
    put(
        tmp_path,
        b_PDF=b"2",
        a_pdf=b"1",
        deep__c_Pdf=b"3",
        note_txt=b"4",
        plain=b"%PDF-5",
        other=b"6",
    )
    found = find(tmp_path)
    assert [Path(paper.url).name for paper in found.papers] == ["a.pdf", "b.PDF", "c.Pdf", "plain"]
    assert found.skipped == []


def test_a_paper_is_named_by_its_bytes(tmp_path: Path) -> None:
    put(tmp_path, a_pdf=BYTES)
    paper = find(tmp_path).papers[0]
    sha256 = hashlib.sha256(BYTES).hexdigest()
    assert (paper.canonical, paper.sha256) == (f"sha256:{sha256}", sha256)
    assert paper.url == str(tmp_path / "a.pdf")
    assert paper.source == f"folder:{tmp_path}"
    assert paper.title == ""


def test_the_same_bytes_are_one_paper(tmp_path: Path) -> None:
    put(tmp_path, a_pdf=BYTES, b_pdf=BYTES)
    found = find(tmp_path)
    assert [paper.url for paper in found.papers] == [str(tmp_path / "a.pdf")]
    assert found.skipped == [(str(tmp_path / "b.pdf"), f"the same file as {tmp_path / 'a.pdf'}")]


def test_hidden_files_links_to_nothing_and_loops_do_no_harm(tmp_path: Path) -> None:
    put(tmp_path, a_pdf=BYTES)
    (tmp_path / ".hidden.pdf").write_bytes(b"%PDF-2")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "b.pdf").write_bytes(b"%PDF-3")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere")
    found = find(tmp_path)
    assert len(found.papers) == 1
    assert found.skipped == [
        (str(tmp_path / "gone.pdf"), "not a regular file, or a link to nothing")
    ]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: be somebody else for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_file_that_may_not_be_read_is_told(open_folder: Path) -> None:
    put(open_folder, a_pdf=BYTES, b_pdf=b"2")
    (open_folder / "b.pdf").chmod(0)
    with as_nobody():
        found = find(open_folder)
    assert found.skipped == [(str(open_folder / "b.pdf"), "cannot be read (Permission denied)")]


def test_a_folder_that_may_not_be_opened_is_bad_input(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o000)
    with as_nobody(), pytest.raises(BadInput, match="Permission denied"):
        find(closed)


def test_an_empty_folder_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingToDo, match="no readable PDF, JATS, HTML or LaTeX"):
        find(tmp_path)


def test_what_is_no_folder_is_told_with_what_to_do(tmp_path: Path) -> None:
    put(tmp_path, a_pdf=BYTES)
    for path, words in ((tmp_path / "none", "no folder"), (tmp_path / "a.pdf", "is a file")):
        with pytest.raises(BadInput, match=words) as caught:
            find(path)
        assert caught.value.fix


JATS = b"<!DOCTYPE article><article><front><article-meta>%s</article-meta></front></article>"
DOI = b'<article-id pub-id-type="doi">10.1234/X.5</article-id>'


def names(folder: Path) -> list[str]:
    return [Path(paper.url).name for paper in find(folder).papers]


def test_papers_in_mark_up_are_found_beside_pdfs(tmp_path: Path) -> None:
    put(
        tmp_path,
        a_nxml=JATS % b"a",
        b_xml=JATS % b"b",
        c_html=b"<p>c",
        d_tex=b"\\documentclass{article}",
        e_tar_gz=b"\x1f\x8be",
        f_zip=b"PKf",
    )
    (tmp_path / "2101.00001v2.gz").write_bytes(b"\x1f\x8bg")
    assert names(tmp_path) == [
        "2101.00001v2.gz", "a.nxml", "b.xml", "c.html", "d.tex", "e.tar.gz", "f.zip"
    ]  # fmt: skip


def test_what_only_looks_like_a_paper_is_left(tmp_path: Path) -> None:
    put(
        tmp_path,
        a_pdf=BYTES,
        b_xml=b"<project/>",
        part_tex=b"\\section{One part}",
        data_csv_gz=b"\x1f\x8b",
    )
    put(tmp_path / "saved_files", frame_html=b"<p>An advertisement")
    put(tmp_path, saved_html=b"<p>page")
    assert names(tmp_path) == ["a.pdf", "saved.html"]
    assert find(tmp_path).skipped == [(str(tmp_path / "b.xml"), "XML, but no article in JATS")]


def test_of_one_paper_in_several_formats_the_richest_is_read(tmp_path: Path) -> None:
    put(tmp_path, a_html=b"<p>a", a_nxml=JATS % b"", a_pdf=BYTES, a_tar_gz=b"\x1f\x8b")
    put(tmp_path / "other", a_pdf=b"%PDF-1.4 another paper of that name")
    found = find(tmp_path)
    assert names(tmp_path) == ["a.nxml", "a.pdf"]
    assert [Path(path).name for path, _ in found.skipped] == ["a.html", "a.pdf", "a.tar.gz"]
    assert all("because it is JATS" in reason for _, reason in found.skipped)


def test_the_same_doi_is_the_same_paper_whatever_the_files_are_called(tmp_path: Path) -> None:
    put(
        tmp_path,
        one_xml=JATS % DOI,
        two_html=b'<meta content="doi:10.1234/x.5" name="citation_doi"><p>',
        three_pdf=b"%PDF-1.4 <prism:doi>10.1234/x.5</prism:doi>",
        citing_pdf=b"%PDF-1.4 /URI (https://doi.org/10.1234/x.5)",
    )
    assert names(tmp_path) == ["citing.pdf", "one.xml"]


def test_two_files_of_one_format_are_two_papers(tmp_path: Path) -> None:
    """Two versions of a paper may share a DOI; nobody asked to leave one out."""
    put(tmp_path, one_xml=JATS % DOI, two_xml=JATS % (DOI + b"2"))
    assert names(tmp_path) == ["one.xml", "two.xml"]
