"""Mark-up that lies, leaks or explodes is told for what it is."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.errors import Unreadable
from tests.tools.markup import JATS, LONG, PAGE, TEX, packed, put
from tools.reading import USUAL, read
from tools.reading.extract import Refused
from tools.reading.formats import kind_of
from tools.reading.markup import jats, latex, sources, web


def outcome(path: Path) -> str:
    """`text`, or the code of the reason; `not told` for an error of our own."""
    try:
        read(path, "p", USUAL._replace(seconds=20, memory_mb=512))
    except Unreadable as trouble:
        told = trouble.what.startswith(path.name) and trouble.fix
        return trouble.reason if told and "failed with" not in trouble.what else "not told"
    return "text"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("none.xml", b"", "empty"),
        ("tei.xml", b"<TEI><text><p>Another kind of XML.</p></text></TEI>", "not_a_paper"),
        ("none.nxml", b"<article><front/></article>", "empty"),
        ("notes.txt", b"Just some notes", "not_a_paper"),
        ("login.html", b"<html><body><p>Please log in.</p></body></html>", "not_a_paper"),
        ("login.pdf", PAGE.encode(), "not_a_pdf"),
        ("data.zip", b"PK\x03\x04 and no more", "damaged"),
        ("data.gz", gzip.compress(b"a,b\n1,2", mtime=0), "not_a_paper"),
        ("cut.gz", gzip.compress(TEX["main.tex"].encode())[:200], "damaged"),
        ("none.tex", b"\\documentclass{article}\\begin{document}\\end{document}", "empty"),
    ],
)  # fmt: skip
def test_what_is_no_paper_is_told_for_what_it_is(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    assert outcome(put(tmp_path, name, data)) == reason


def test_a_broken_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = JATS[: JATS.index("<back>")]
    reading = read(put(tmp_path, "cut.xml", cut), "p")
    assert reading.passages[-1].section == ("1 Results", "Shade")
    assert "broken XML" in reading.document.warnings[0]


def test_entities_neither_multiply_nor_fetch(tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.txt", "the secret")
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE article [<!ENTITY a0 "ha">{levels}<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    tight = USUAL._replace(memory_mb=128, seconds=5)
    for place, text in (
        ("<p>Before &s; &amp; after.</p>", "Before & after."),
        ("<p>Before &a9; and after.</p>", "Before"),
        ("<p>Before.</p><p id='&a9;'>And after.</p>", "Before."),
    ):
        path = put(tmp_path, "bomb.xml", f"{bomb}<article><body>{place}</body></article>")
        assert read(path, "p", tight).document.text == text


def test_a_bomb_of_any_kind_is_given_up(tmp_path: Path) -> None:
    letters = "ABCDEFGHIJKLMNOP"
    commands = "".join(f"\\def\\{a}{{\\{b}\\{b}\\{b}\\{b}}}" for a, b in pairwise(letters + "Q"))
    tex = f"\\documentclass{{a}}\\def\\Q{{ha}}{commands}\\begin{{document}}\\A\\end{{document}}"
    assert outcome(put(tmp_path, "macros.tex", tex)) == "damaged"
    own = "\\documentclass{a}\\def\\A{\\A\\A}\\begin{document}\\A\\input{own}\\end{document}"
    assert outcome(put(tmp_path, "own.tex", own)) in ("damaged", "empty", "too_large")
    assert outcome(put(tmp_path, "zeros.gz", gzip.compress(bytes(120 * 2**20)))) == "too_large"
    many = packed(dict.fromkeys(map(str, range(sources.MEMBERS + 1)), ""))
    assert outcome(put(tmp_path, "many.tar.gz", many)) == "too_large"


@pytest.mark.parametrize(
    ("name", "opening", "closing"),
    [("deep.html", "<div>", ""), ("deep.xml", "<sec>", "</sec>"), ("deep.tex", "{\\bf ", "}")],
)
def test_deep_nesting_does_no_harm(tmp_path: Path, name: str, opening: str, closing: str) -> None:
    before = {
        "deep.html": "<html><body>",
        "deep.xml": "<article><body>",
        "deep.tex": "\\documentclass{a}\\begin{document}",
    }[name]
    data = before + opening * 50_000 + LONG + closing * 50_000
    assert outcome(put(tmp_path, name, data)) in ("text", "damaged", "empty", "not_a_paper")


def test_an_archive_reaches_nothing_outside_itself(tmp_path: Path) -> None:
    put(tmp_path, "secret.tex", "the secret")
    main = rf"\documentclass{{a}}\begin{{document}}\section{{A}}{LONG}"
    for wanted in ("secret", "../secret", str(tmp_path / "secret"), "link", "sub/../../secret"):
        main += rf"\input{{{wanted}}}"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("link.tex")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.tex")
        archive.addfile(link)
        for name, text in (("../secret.tex", "the secret"), ("main.tex", main)):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    reading = read(put(tmp_path / "in", "paper.tar.gz", made.getvalue()), "p")
    assert "secret" not in reading.document.text
    plain = put(tmp_path / "in", "paper.tex", main)
    (tmp_path / "in" / "link.tex").symlink_to(tmp_path / "secret.tex")
    assert "secret" not in read(plain, "p").document.text


def test_a_file_is_told_by_what_it_holds() -> None:
    assert kind_of(PAGE.encode()) == "html"
    assert kind_of(b"\xef\xbb\xbf" + JATS.encode()) == "xml"
    assert kind_of(JATS.replace("1.0", "1.0").encode("utf-16")) == "xml"
    assert kind_of(TEX["main.tex"].encode()) == "latex"
    assert kind_of(packed(TEX)) == kind_of(packed(TEX, "w")) == "packed"
    assert kind_of(b"%PDF-1.4") == "pdf"
    assert kind_of(b"MZ\x90") == ""


PIECES = [
    b"<p>", b"</p>", b"<sec>", b"<table>", b"<tr><td>", b"<math>", b"<msup>", b"<figure>", b"&a;",
    b"<!DOCTYPE x [<!ENTITY a '&a;'>]>", b"{", b"}", b"$", b"$$", b"\\", b"%", b"\\begin{",
    b"\\end{", b"\\def\\a#1{\\a}", b"\\a", b"\\input{x}", b"\\frac", b"\\SI", b"\\verb", b"\\item[",
    b"\\caption", b"\\newcommand{\\x}[9]{#9}", b"\\x", b"\0", b"\\left", b"\\bibitem", b"\xff",
    b"\\[", b"\\begin{table}", b"\\begin{tabular}",
    b"\\footnote", b"\\author", b"\\cite", b"\\ref", b"\\'",
]  # fmt: skip
SEEDS = [JATS.encode(), PAGE.encode(), *(text.encode() for text in TEX.values()), packed(TEX, "w")]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A paper of any format with pieces of mark-up put in and stretches cut out."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 60))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)))
        data = data[:at] + piece + data[at + cut :]
    return data


@settings(max_examples=250)
@given(st.one_of(st.binary(max_size=300), spoiled()))
def test_any_bytes_give_a_paper_or_a_reason(data: bytes) -> None:
    """In this very process: an error of our own would show as itself."""
    readers = (jats.read, web.read, lambda data: latex.understand(sources.of_archive(data)))
    for reader in readers:
        try:
            answer = reader(data)
        except (Refused, RecursionError):
            continue
        text = answer["text"]
        assert all(text[start:end].strip() for _, _, start, end in answer["passages"])
        json.dumps(answer).encode()
