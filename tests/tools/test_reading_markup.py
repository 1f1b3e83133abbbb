"""JATS, HTML and LaTeX are read as the same kind of paper that a PDF gives."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from benchmarks.truth import recall, same, truth_of
from tests.tools.markup import JATS, LONG, PAGE, TEX, packed, put
from tools.reading import Reading, read
from tools.reading.markup import jats, latex, web
from tools.reading.markup.maths import mathml
from tools.reading.markup.tex import formula, plain_tex
from tools.reading.passages import LONGEST


def check_places(reading: Reading) -> None:
    last = 0
    for passage in reading.passages:
        assert reading.document.text[passage.start : passage.end] == passage.text
        assert last <= passage.start < passage.end <= passage.start + LONGEST
        assert passage.page == 1
        last = passage.end
    assert reading.document.page_starts == (0,)
    assert reading.pages == 1


def said(reading: Reading) -> dict[tuple[str, ...], str]:
    """The passages by their section."""
    check_places(reading)
    sections: dict[tuple[str, ...], str] = {}
    for passage in reading.passages:
        sections[passage.section] = f"{sections.get(passage.section, '')} {passage.text}".strip()
    return sections


def test_jats_is_read_with_its_front_matter_sections_captions_and_tables(tmp_path: Path) -> None:
    reading = read(put(tmp_path, "paper.nxml", JATS), "p")
    document, sections = reading.document, said(reading)
    assert (document.title, document.doi) == ("Moss on walls", "10.1234/moss.5")
    assert document.authors == ("Ada Fell",)
    assert document.abstract == "Background Moss is old.\nResults It grew by 12 mm."
    assert document.made_by == "jats-1"
    assert sections["Abstract", "Results"] == "It grew by 12 mm."
    assert sections[("1 Results",)] == (
        "Growth was 12 mm[3] in 10⁵ plots of H2O and obeys c = a²/b (1) where a is the area."
    )
    assert sections[("Figure 2",)] == "Figure 2. Growth. In shade."
    assert sections[("Table 1",)] == "Table 1. Cover.\nYear | Cover\n1 | 12%"
    assert sections["1 Results", "Shade"].startswith("The moss")
    assert sections[("Acknowledgements",)] == "We thank the wall."
    assert "Walls of old" not in document.text
    assert {"references", "notes", "tables", "front matter"} == set(document.set_aside)


def test_an_article_is_found_in_a_harvesters_envelope_and_its_reviews_are_left() -> None:
    article = JATS[JATS.index("<article") :].replace("<article ", '<article xmlns="http://jats" ')
    review = "<sub-article><body><p>The reviewer disagrees.</p></body></sub-article></article>"
    envelope = f"<record><metadata>{article.replace('</article>', review)}</metadata></record>"
    answer = jats.read(envelope.encode())
    assert answer["title"] == "Moss on walls"
    assert "reviewer" not in answer["text"]


def test_a_web_page_is_read_without_its_menus(tmp_path: Path) -> None:
    reading = read(put(tmp_path, "page.html", PAGE), "p")
    document, sections = reading.document, said(reading)
    assert (document.title, document.authors) == ("Deep moss", ("Ada Fell",))
    assert document.abstract == "Moss grew by 12 mm."
    assert document.made_by == "html-1"
    assert sections[("1 Introduction",)] == "Moss is old [1] and obeys c = 2 where c is the cover."
    assert ("1 Introduction", "Shade") in sections
    assert sections[("Table 1",)] == "Table 1: Cover.\nYear | Cover"
    for absent in ("Login", "Walls of old", "Made by a tool", "no"):
        assert f"{absent}\n" not in document.text + "\n"
    assert document.set_aside["references"] > 0
    assert document.set_aside["notes"] == len("On walls.")


def test_a_part_of_a_page_that_is_saved_alone_is_read(tmp_path: Path) -> None:
    part = PAGE[PAGE.index("<article") : PAGE.index("</article>")]
    reading = read(put(tmp_path, "part.html", f"<!-- saved -->\n{part}</article>"), "p")
    assert (reading.document.title, len(reading.passages)) == ("Deep moss", 4)


def test_what_a_journal_says_in_the_head_of_its_page_is_believed() -> None:
    head = (
        '<meta name="citation_title" content="Moss">'
        '<meta name="citation_author" content="Fell, Ada">'
        '<meta name="citation_doi" content="https://doi.org/10.1234/moss.5">'
    )
    body = (
        '<div class="cookie-banner"><p>We use cookies.</p></div><main><h1>Moss</h1><p>Ada Fell</p>'
        '<h2>Abstract</h2><p>It grew.</p><h2>Results</h2><p>By 12 mm.<sup><a href="#r1">1</a>,'
        '<a href="#r2">2</a></sup></p><section class="tw"><h4>Table 1.</h4><div class="caption">'
        "<p>Growth.</p></div><table><tr><td>1</td><td>2</td></tr></table></section>"
        "<h2>Rights and permissions</h2><p>All mine.</p><h2>References</h2><p>Holm.</p></main>"
    )
    answer = web.read(f"<html><head>{head}</head><body>{body}</body></html>".encode())
    text = answer["text"]
    assert (answer["title"], answer["authors"]) == ("Moss", ["Ada Fell"])
    assert answer["doi"] == "10.1234/moss.5"
    assert [(section, text[start:end]) for section, _, start, end in answer["passages"]] == [
        (("Abstract",), "It grew."),
        (("Results",), "By 12 mm.[1,2]"),
        (("Table 1",), "Table 1. Growth.\n1 | 2"),
    ]


@pytest.mark.parametrize("name", ["paper.tar.gz", "paper.zip", "paper", "main.tex"])
def test_latex_is_read_from_a_file_or_an_archive(tmp_path: Path, name: str) -> None:
    if name == "main.tex":
        for part, text in TEX.items():
            put(tmp_path, part, text)
    elif name == "paper.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for part, text in TEX.items():
                archive.writestr(part, text)
    else:
        put(tmp_path, name, packed(TEX))
    reading = read(tmp_path / name, "p")
    document, sections = reading.document, said(reading)
    assert (document.title, document.authors) == ("Deep moss", ("Ada Fell", "Bo Hölm"))
    assert document.abstract == "Moss grew by 12 % each year."
    assert document.made_by == "latex-1"
    assert sections[("Introduction",)] == (
        "MossNet is old [1]. We saw a growth of Bryum by 12 mm in 10⁻⁵ plots"
        " (see Figure 1 and (1)), so that c = (a + b)/2 where α ≠ 0."
    )
    assert sections["Results", "Shade"].startswith("The moss")
    assert sections[("Figure 1",)] == "Figure 1. Growth in shade."
    assert "Year | Cover\n1 | 12%" in document.text
    assert "Walls of old" not in document.text
    assert {"references", "notes", "tables"} <= set(document.set_aside)


def test_a_single_packed_file_is_read_too(tmp_path: Path) -> None:
    source = TEX["main.tex"].replace(r"\include{parts/results}", LONG)
    reading = read(put(tmp_path, "2101.00001.gz", gzip.compress(source.encode())), "p")
    assert reading.document.title == "Deep moss"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"$x_i^2 \leq \sqrt{2\pi}$", "x_i² ≤ √2π"),
        (r"$-1 < x-y$ and $10^{-5}$", "−1 < x − y and 10⁻⁵"),
        (r"H$_2$O, 5$\times$10$^5$", "H2O, 5×10⁵"),
        (r"\SI{5}{\kilo\gram\per\metre\squared} at \SI{20}{\celsius}", "5 kg/m² at 20 °C"),
        (r"\SI{1e-3}{\molar} and \SIrange{2}{3}{\um}", "1×10⁻³ M and 2 to 3 µm"),
        (r"\'Etude na\"ive, stra\ss e, \v{C}apek", "Étude naïve, straße, Čapek"),
        (r"``so''---he said, pp.~3--5 \& 7\%", "“so”—he said, pp. 3–5 & 7%"),
        (r"\href{http://a.b}{here}, \url{a_b}, \verb|x_y|", "here, a_b, x_y"),
        (r"\textcolor{red}{kept} \unknown{kept}{too}", "kept kepttoo"),
        (r"as shown~\cite{gone}.", "as shown."),
        (r"$\text{if } n \in \mathbb{N}$", "if n ∈ ℕ"),
    ],
)
def test_tex_becomes_what_a_person_reads(source: str, text: str) -> None:
    assert plain_tex(source) == text


def test_latex_of_several_styles_names_authors_figures_and_thanks() -> None:
    source = rf"""\documentclass{{x}}\begin{{document}}
\author{{\IEEEauthorblockN{{1\textsuperscript{{st}} Ada Fell}} \IEEEauthorblockA{{City}}
\and Bo Holm$^\dagger$ \\ Dept \\ \texttt{{a@b.c}}}}
\begin{{keyword}}moss \sep wall\end{{keyword}}
{LONG} See Figure~\ref{{f}}, $a$$b$, a line \\[2pt] break.
\begin{{figure*}}\label{{f}}\begin{{subfigure}}{{1cm}}\caption{{Left}}\end{{subfigure}}
\caption{{Both.}}\end{{figure*}}
\begin{{acknowledgments}}We thank walls.\end{{acknowledgments}}\end{{document}}"""
    answer = latex.understand(source)
    text = answer["text"]
    told = [(section, text[start:end]) for section, _, start, end in answer["passages"]]
    assert answer["authors"] == ["Ada Fell", "Bo Holm"]
    assert told == [
        ((), LONG + "See Figure 1, ab, a line break."),
        (("Figure 1",), "Figure 1. Both. Left"),
        (("Acknowledgements",), "We thank walls."),
    ]


def test_a_formula_keeps_its_grouping() -> None:
    assert formula(r"\frac{a+b}{c} = \binom{n}{k}") == "(a + b)/c = (n choose k)"


def test_real_papers_in_jats_are_read_whole(shared: Path) -> None:
    """A sample; the benchmark reads them all."""
    for path in sorted((shared / "papers/pairs").glob("*/truth.xml"))[:12:3]:
        truth = truth_of(path.parent)
        answer = jats.read(path.read_bytes())
        assert recall(truth.paragraphs, answer["text"]) >= 0.98, path
        assert same(truth.title, answer["title"])
        assert answer["doi"] == truth.doi


def test_papers_that_come_as_jats_alone_are_read(shared: Path) -> None:
    for path in sorted((shared / "papers/jats_only").glob("*.nxml")):
        reading = read(path, "p")
        check_places(reading)
        assert len(reading.passages) > 40
        assert reading.document.doi.startswith("10.")
        assert not reading.document.warnings


def test_mathml_of_any_shape_is_a_line() -> None:
    bare = (
        "<math><msubsup><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></msubsup>"
    )
    shown = bare + "<mfenced><mi>a</mi><mi>b</mi></mfenced><mfrac><mi>a</mi></mfrac></math>"
    assert mathml(etree.fromstring(shown)) == "∑_(i = 1)^n(a, b)a"
