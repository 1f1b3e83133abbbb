"""Real papers, the whole way: reading → extraction → grounding → merging, paper by paper.

The graph is the product's own; only the reader is wrapped, to note what each paper took.
"""

from __future__ import annotations

import re
import resource
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from agent.services import report, runs
from agent.workspace import Workspace
from benchmarks.figures import Figure, Part, Plot, Table, need
from memory.records import Document, Interest, Nugget, Paper, PaperStatus
from tools.reading import Reading

FORMS = {"ﬁ": "fi", "ﬂ": "fl", "−": "-", "–": "-", "—": "-", "‐": "-", "μ": "µ"}


@dataclass
class PaperRow:
    """One paper."""

    name: str
    pages: int = 0
    pages_per_s: float = 0.0
    nuggets: int = 0
    located: float = 0.0
    """Share of quotes that stand at their offsets in the stored text. Anything but 1 is a bug."""
    in_truth: float = 0.0
    """Share of quotes found in the publisher's text, white space and dashes apart."""
    peak_mb: float = 0.0
    """Resident memory of the reading process."""
    outcome: str = "read"


@dataclass
class RealPapers:
    """All papers, and the run as a whole."""

    rows: list[PaperRow] = field(default_factory=list)
    counts: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    """Resident memory of this process, embedder and target included."""


def letters(text: str) -> str:
    """Letters and digits only: two typesettings of a sentence differ in all the rest."""
    text = unicodedata.normalize("NFKC", "".join(FORMS.get(c, c) for c in text))
    return re.sub(r"[\W_]+", "", text).casefold()


def walk(folders: list[Path], home: Path, target: Path | None = None) -> RealPapers:
    """Run the discovery graph over the papers of these folders in a workspace of its own.

    folders: one a paper, with paper.pdf and the publisher's text, truth.txt. Without a target
    nothing is probed.
    """
    papers = home / "papers"
    papers.mkdir(parents=True)
    for folder in folders:
        (papers / f"{folder.name}.pdf").symlink_to((folder / "paper.pdf").resolve())
    if target is not None:
        (home / "goldpan.toml").write_text(
            f'[roles]\ntarget = "bench"\n[models.bench]\npath = "{target.resolve()}"\n'
        )
    with Workspace.open(home, own="benchmark") as space:
        return _walk(space, papers, {folder.name: folder / "truth.txt" for folder in folders})


def _walk(space: Workspace, papers: Path, truths: dict[str, Path]) -> RealPapers:
    context = space.context
    readings: dict[str, Reading] = {}
    read = context.read

    def noting(path: Path, paper: str) -> Reading:
        readings[paper] = read(path, paper)
        return readings[paper]

    context.read = noting
    interest = Interest(name="bench", topic="bench", sources=(f"folder:{papers}",))
    space.store.add(interest)
    run = runs.drive(space, context, runs.start(space, "discover", interest))
    rows = [
        _row(space, paper, readings.get(paper.id), truths[Path(paper.url).stem])
        for paper in space.store.all(Paper)
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return RealPapers(rows, report.found(space.store, run), run.seconds, peak)


def _row(space: Workspace, paper: Paper, reading: Reading | None, truth: Path) -> PaperRow:
    row = PaperRow(Path(paper.url).stem, outcome=paper.reason or "read")
    if paper.status is not PaperStatus.READ or reading is None:
        return row
    nuggets = space.store.all(Nugget, paper=paper.id)
    [document] = space.store.all(Document, paper=paper.id)
    said = letters(truth.read_text(encoding="utf-8"))
    row.pages, row.peak_mb, row.nuggets = reading.pages, reading.peak_mb, len(nuggets)
    row.pages_per_s = reading.pages / max(reading.seconds, 1e-6)
    if nuggets:
        here = sum(document.text[n.start : n.end] == n.quote for n in nuggets)
        row.located = here / len(nuggets)
        row.in_truth = sum(letters(n.quote) in said for n in nuggets) / len(nuggets)
    return row


ABOUT = """
Papers of several publishers, one and two columns, go through the product's own graph: read from
PDF, mined by the offline teacher, grounded, merged. *Located*: the quote stands at its offsets in
the stored text. *In the publisher's text*: letters and digits of the quote stand so in the
publisher's XML, which the reader never saw.
"""


def measure(data: Path) -> Part:
    """All papers that come with the publisher's text."""
    pairs = data / "papers" / "pairs"
    need(pairs)
    folders = sorted(path.parent for path in pairs.glob("*/paper.pdf"))
    with tempfile.TemporaryDirectory() as home:
        result = walk(folders, Path(home) / "home")
    mined = [row for row in result.rows if row.nuggets]
    total = sum(row.nuggets for row in mined)
    located = round(sum(row.located * row.nuggets for row in mined))
    said = round(sum(row.in_truth * row.nuggets for row in mined))
    merged = result.counts.get("merged", 0)
    return Part.of(
        "real_papers", "Real papers, the whole way", ABOUT, ("pypdfium2", "torch", "chromadb"),
        figures=(
            Figure(name="papers read", value=sum(row.outcome == "read" for row in result.rows),
                   aim=len(folders), n=len(folders)),
            Figure.share("quotes located in the stored text", located, total, aim=1),
            Figure.share("quotes in the publisher's text", said, total),
            Figure(name="nuggets merged into another", value=int(str(merged)), n=total),
            Figure(name="resident memory at its highest", value=result.peak_mb, unit="MB"),
        ),
        tables=(
            Table(
                title="By paper",
                columns=("paper", "pages", "nuggets", "located", "in the publisher's text",
                         "reader's MB", "outcome"),
                rows=tuple(
                    (r.name, r.pages, r.nuggets, r.located if r.nuggets else "",
                     r.in_truth if r.nuggets else "", round(r.peak_mb), r.outcome)
                    for r in result.rows
                ),
            ),
            Table(title="Seconds by stage", columns=("stage", "seconds"),
                  rows=tuple(result.seconds.items())),
        ),
        plots=(
            Plot(name="nuggets", title="Nuggets by paper", y="nuggets",
                 labels=tuple(row.name for row in result.rows),
                 bars={"nuggets": tuple(float(row.nuggets) for row in result.rows)}),
        ),
    )  # fmt: skip
