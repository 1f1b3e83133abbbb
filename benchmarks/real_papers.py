"""Real papers, the whole way: reading → extraction → merging → probing, paper by paper.

    python benchmarks/real_papers.py [FOLDER] [--target MODEL] [--limit N] [--json]

FOLDER holds one folder a paper with paper.pdf and the publisher's text, truth.txt. The graph is the
product's own; only the reader is wrapped, to note what each paper took. Without --target the demo's
sample target is used, and built first where it is not there yet.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import sys
import tempfile
import unicodedata
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from agent import report, runs
from agent.workspace import Workspace
from memory.records import Document, Interest, Nugget, Paper, PaperStatus
from tools.reading import Reading
from tools.threads import calm

ROOT = Path(__file__).parents[1]
PAIRS = ROOT.parent / "shared" / "data" / "papers" / "pairs"
FORMS = {"ﬁ": "fi", "ﬂ": "fl", "−": "-", "–": "-", "—": "-", "‐": "-", "μ": "µ"}


@dataclass
class Row:
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
class Result:
    """All papers, and the run as a whole."""

    rows: list[Row] = field(default_factory=list)
    counts: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    """Resident memory of this process, embedder and target included."""


def letters(text: str) -> str:
    """Letters and digits only: two typesettings of a sentence differ in all the rest."""
    text = unicodedata.normalize("NFKC", "".join(FORMS.get(c, c) for c in text))
    return re.sub(r"[\W_]+", "", text).casefold()


def measure(folders: list[Path], target: Path, home: Path) -> Result:
    """Run the discovery graph over the papers of these folders in a workspace of its own."""
    papers = home / "papers"
    papers.mkdir(parents=True)
    for folder in folders:
        (papers / f"{folder.name}.pdf").symlink_to((folder / "paper.pdf").resolve())
    (home / "goldpan.toml").write_text(
        f'[roles]\ntarget = "bench"\n[models.bench]\npath = "{target.resolve()}"\n'
    )
    with Workspace.open(home, own="benchmark") as space:
        return _measure(space, papers, {folder.name: folder / "truth.txt" for folder in folders})


def _measure(space: Workspace, papers: Path, truths: dict[str, Path]) -> Result:
    context = space.context()
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
    return Result(rows, report.found(space.store, run), run.seconds, peak)


def _row(space: Workspace, paper: Paper, reading: Reading | None, truth: Path) -> Row:
    row = Row(Path(paper.url).stem, outcome=paper.reason or "read")
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


def told(result: Result) -> str:
    """The figures as a table."""
    lines = [f"{'paper':<26} {'pages':>5} {'pages/s':>8} {'nuggets':>8} {'located':>8} "
             f"{'in truth':>8} {'peak MB':>8}"]  # fmt: skip
    lines += [
        f"{r.name:<26} {r.pages:>5} {r.pages_per_s:>8.1f} {r.nuggets:>8} {r.located:>8.3f} "
        f"{r.in_truth:>8.3f} {r.peak_mb:>8.0f}  {'' if r.outcome == 'read' else r.outcome}"
        for r in result.rows
    ]
    read = [row for row in result.rows if row.nuggets]
    total = sum(row.nuggets for row in read) or 1
    share = sum(row.in_truth * row.nuggets for row in read) / total
    located = sum(row.located * row.nuggets for row in read) / total
    lines.append(
        f"all: {total} nuggets, located {located:.4f}, in the publisher's text {share:.4f}"
    )
    lines.append(f"counts: {json.dumps(result.counts)}")
    lines.append(f"seconds by stage: {json.dumps(result.seconds)}; peak {result.peak_mb:.0f} MB")
    lines.append(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        + ", ".join(
            f"{name} {metadata.version(name)}" for name in ("pypdfium2", "torch", "chromadb")
        )
    )
    return "\n".join(lines)


def sample_target() -> Path:
    """The demo's model, built where it is not there yet."""
    from agent.demo import target

    folder = ROOT / "goldpan-demo" / "target"
    if not (folder / "config.json").exists():
        print("building the sample target, about a minute and a half ...", file=sys.stderr)
        target.build(folder)
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=PAIRS)
    parser.add_argument("--target", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    calm()
    folders = sorted(path.parent for path in given.folder.glob("*/paper.pdf"))[: given.limit]
    if not folders:
        sys.exit(f"There is no */paper.pdf in {given.folder}.")
    with tempfile.TemporaryDirectory() as home:
        result = measure(folders, given.target or sample_target(), Path(home) / "home")
    plain = {**result.__dict__, "rows": [row.__dict__ for row in result.rows]}
    print(json.dumps(plain, indent=1) if given.json else told(result))


if __name__ == "__main__":
    main()
