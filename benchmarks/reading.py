"""What the PDF reader makes of papers, beside the publisher's own text of the same papers.

The peers are the bare text of the PDF library underneath (pdfium) and of pypdf; for what is more
than text, what the file says about itself (its metadata and its outline).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.layouts import others
from benchmarks.readers import bare_pages, by_pypdf
from benchmarks.truth import (
    Truth,
    edges,
    entered,
    in_order,
    leaked,
    recall,
    repeated,
    rows_kept,
    runs,
    same,
    signature,
    truth_of,
    whole_rows,
    words,
)
from evals.stats import bootstrap
from memory.records import Passage
from tools.reading import Reading, read

SLACK = 0.02
"""How much less than the bare text of the library a reading may hold."""
ABOUT = """
Papers whose publisher gives the same text as JATS. Recall counts the word triples of each
paragraph, as the data's own figure for the bare text of pdfium does; the peers are counted in the
same run. Titles, DOIs and abstracts are exact where they are equal but for white space and the
shapes of dashes and quotes; two publishers put key words into the abstract, which are cut off
there. Headings are compared in order (longest common subsequence). A heading that the publisher
sets as a title or in bold is no false one. A table's row is whole where one line of the text holds
its words and hardly any other. Rules were developed on every second paper, and the halves are told
apart below; only what parts the rows of tables was looked at on both.
"""


class PaperComparison(NamedTuple):
    """One paper, read and compared."""

    truth: Truth
    reading: Reading
    recall: float
    pdfium: float
    pypdf: float
    headings: float | None
    """Share of the publisher's found in order; None where it has none."""
    outline: float | None
    true_headings: tuple[int, int]
    title: bool
    named: bool
    """Whether the title of the file's metadata is right."""
    doi: bool | None
    abstract: bool | None
    letters: bool | None
    """Whether the abstract has the same letters and digits."""
    references: tuple[int, int]
    heads: tuple[int, int]
    """Running heads of its pages, in passages and at all."""
    cells: tuple[int, int]
    rows: tuple[int, int]
    placed: tuple[int, int]
    """Passages whose beginning stands on the page they name, of those long enough to tell."""

    @property
    def holds(self) -> bool:
        """Whether it holds what the bare text holds."""
        return self.recall >= self.truth.reach - SLACK


def measure(data: Path) -> Part:
    """Everything about text, headings, front matter and tables."""
    folders = sorted(path.parent for path in (data / "papers/pairs").glob("*/paper.pdf"))
    need(data / "papers/pairs/INDEX.json", data / "papers/other")
    with ThreadPoolExecutor() as pool:
        readings = list(pool.map(lambda folder: read(folder / "paper.pdf", folder.name), folders))
    seen = [_compare(folder, got) for folder, got in zip(folders, readings, strict=True)]
    return Part.of(
        "reading", "Reading: text, headings, front matter", ABOUT, ("pypdfium2", "pypdf"),
        figures=tuple(_figures(seen)),
        tables=(_halves(seen), _papers(seen), others(data / "papers/other")),
        plots=(_recalls(seen), _rights(seen)),
    )  # fmt: skip


def _compare(folder: Path, reading: Reading) -> PaperComparison:
    truth, document = truth_of(folder), reading.document
    pages = bare_pages(folder / "paper.pdf")
    pypdf, outline, named = by_pypdf(folder / "paper.pdf")
    body = [p for p in reading.passages if p.section[:1] and not _abstract(p)]
    found = list(entered(reading.passages))
    said = "\n".join(passage.text for passage in reading.passages)
    right = truth.styled | set(truth.headings)
    in_body = list(entered(body))
    wanted = len(truth.headings)
    return PaperComparison(
        truth, reading,
        recall(truth.paragraphs, document.text),
        recall(truth.paragraphs, re.sub(r"[\x02\ufffe]\s*", "", "\n".join(pages))),
        recall(truth.paragraphs, pypdf),
        in_order(truth.headings, found) / wanted if wanted else None,
        in_order(truth.headings, outline) / wanted if wanted else None,
        (sum(name in right for name in in_body), len(in_body)),
        same(truth.title, document.title),
        same(truth.title, named),
        truth.doi.lower() == document.doi.lower() if truth.doi else None,
        _any(truth.abstracts, lambda text: same(text, document.abstract)),
        _any(truth.abstracts, lambda text: "".join(words(text)) == _letters(document.abstract)),
        leaked(truth.references, truth.text, said),
        _heads(pages, reading.passages),
        rows_kept(truth.tables, document.text),
        whole_rows(truth.tables, document.text),
        _placed(pages, reading.passages),
    )  # fmt: skip


def _letters(text: str) -> str:
    return "".join(words(text))


def _any(texts: Sequence[str], right: Callable[[str], bool]) -> bool | None:
    return any(map(right, texts)) if texts else None


def _abstract(passage: Passage) -> bool:
    return passage.section[0].lower() in ("abstract", "summary")


def _heads(pages: Sequence[str], passages: Iterable[Passage]) -> tuple[int, int]:
    heads = repeated(pages)
    printed = sum(line in heads for page in pages for line in edges(page))
    said = [signature(passage.text) for passage in passages]
    alone = sum(text.replace("#", "").strip() == "" for text in said)
    return alone + sum(text.count(head) for head in heads for text in said), printed


def _placed(pages: Sequence[str], passages: Iterable[Passage]) -> tuple[int, int]:
    printed = [runs(words(page)) for page in pages]
    starts = [(p.page, tuple(words(p.text)[:3])) for p in passages]
    known = [(page, run) for page, run in starts if any(run in there for there in printed)]
    return sum(run in printed[page - 1] for page, run in known), len(known)


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def _figures(seen: Sequence[PaperComparison]) -> Iterable[Figure]:
    yield _average("trigram recall", [one.recall for one in seen], 0.97)
    held = sum(one.holds for one in seen)
    note = f"not less than the bare text of pdfium by more than {SLACK}"
    yield Figure.share("papers that hold the library's recall", held, len(seen), aim=1, note=note)
    yield _average("headings in order", [one.headings for one in seen], 0.9)
    yield _share("headings that are headings", [one.true_headings for one in seen])
    yield _exact("title exact", [one.title for one in seen])
    yield _exact("DOI exact", [one.doi for one in seen])
    yield _exact("abstract exact", [one.abstract for one in seen])
    letters = [one.letters for one in seen if one.letters is not None]
    yield Figure.share("abstract: same letters and digits", sum(letters), len(letters))
    yield _leak("references in passages", [one.references for one in seen], "word triples")
    yield _leak("running heads in passages", [one.heads for one in seen], "lines of the pages")
    yield _share("table cells in row order", [one.cells for one in seen])
    yield _share("table rows whole on one line", [one.rows for one in seen])
    offsets = [
        one.reading.document.text[p.start : p.end] == p.text
        for one in seen for p in one.reading.passages
    ]  # fmt: skip
    yield Figure.share("passages at their offsets", sum(offsets), len(offsets), aim=1)
    yield _share("passages on the page they name", [one.placed for one in seen])


def _average(name: str, values: Sequence[float | None], aim: float) -> Figure:
    known = [value for value in values if value is not None]
    low, high = bootstrap(known)
    return Figure(name=name, value=_mean(known), aim=aim, low=low, high=high, n=len(known))


def _exact(name: str, values: Sequence[bool | None]) -> Figure:
    known = [value for value in values if value is not None]
    return Figure.share(name, sum(known), len(known), aim=1)


def _share(name: str, pairs: Sequence[tuple[int, int]]) -> Figure:
    return Figure.share(name, sum(k for k, _ in pairs), sum(n for _, n in pairs))


def _leak(name: str, pairs: Sequence[tuple[int, int]], note: str) -> Figure:
    return _share(name, pairs).model_copy(update={"better": "lower", "aim": 0.01, "note": note})


def _halves(seen: Sequence[PaperComparison]) -> Table:
    def row(name: str, half: Sequence[PaperComparison]) -> tuple[str | int | float, ...]:
        whole = [sum(part) for part in zip(*(one.rows for one in half), strict=True)]
        return (
            name, len(half), _mean(one.recall for one in half),
            _mean(one.headings for one in half), _mean(one.title for one in half),
            _mean(one.doi for one in half), _mean(one.abstract for one in half),
            whole[0] / whole[1],
        )  # fmt: skip

    naive = (
        "the file's word, pdfium's text", len(seen), _mean(one.pdfium for one in seen),
        _mean(one.outline for one in seen), _mean(one.named for one in seen), "", "", "",
    )  # fmt: skip
    return Table(
        title="The half the rules were developed on, the other, and the file's own metadata",
        columns=("", "papers", "recall", "headings", "title", "DOI", "abstract", "rows whole"),
        rows=(row("developed on", seen[::2]), row("held out", seen[1::2]), naive),
    )


def _papers(seen: Sequence[PaperComparison]) -> Table:
    return Table(
        title="Paper by paper",
        columns=(
            "paper", "pages", "recall", "pdfium, as given", "pdfium, here", "pypdf", "headings",
            "title", "DOI", "abstract", "rows whole",
        ),
        rows=tuple(
            (
                one.truth.name, one.reading.pages, one.recall, one.truth.reach, one.pdfium,
                one.pypdf, "" if one.headings is None else one.headings,
                *map(_mark, (one.title, one.doi, one.abstract)),
                f"{one.rows[0]}/{one.rows[1]}" if one.rows[1] else "",
            )
            for one in seen
        ),
    )  # fmt: skip


def _mark(right: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[right]


def _recalls(seen: Sequence[PaperComparison]) -> Plot:
    return Plot(
        name="recall", title="Word triples of the publisher's paragraphs that are found",
        y="share", labels=tuple(one.truth.name for one in seen), aim=0.97,
        bars={
            "Goldpan": tuple(one.recall for one in seen),
            "pdfium, bare": tuple(one.pdfium for one in seen),
            "pypdf, bare": tuple(one.pypdf for one in seen),
        },
    )  # fmt: skip


def _rights(seen: Sequence[PaperComparison]) -> Plot:
    ours = (_mean(one.headings for one in seen), _mean(one.title for one in seen))
    theirs = (_mean(one.outline for one in seen), _mean(one.named for one in seen))
    return Plot(
        name="structure", title="Headings in order, and titles exact", y="share",
        labels=("headings", "title"),
        bars={"Goldpan": ours, "the file's outline and metadata": theirs},
    )  # fmt: skip
