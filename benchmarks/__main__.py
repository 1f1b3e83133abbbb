"""Run the benchmarks and write docs/benchmarks.md with its plots.

    python -m benchmarks [PART ...] [--data FOLDER] [--docs FOLDER]

Each part runs in a process of its own, so that one cannot slow or fell another; its results are
kept as soon as it ends, and the page is written anew from all results there are.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import page
from benchmarks.figures import DATA, Missing, Part, machine

PARTS = (
    "reading", "reading_speed", "reading_markup", "extracting", "replies", "wire", "faults",
    "plugs", "real_papers", "merging", "memory", "scoring", "probing", "probing_words", "questions",
    "teaching",
)  # fmt: skip
"""In the order of the flow, which is the order of the page."""
ASKED_FOR = {
    "probing_served": "three minutes",
    "teaching_recipes": "an hour",
    "gpu_scoring": "a CUDA device",
    "gpu_planted": "a CUDA device",
    "gpu_training": "a CUDA device",
}
"""Measured only when they are named, and what each needs."""
DOCS = Path(__file__).parents[1] / "docs"


def measured(name: str, data: Path) -> Part:
    """One part, measured in this process."""
    from tools.threads import quieten

    quieten()
    before, started = machine(), time.perf_counter()
    part: Part = importlib.import_module(f"benchmarks.{name}").measure(data)
    took = round(time.perf_counter() - started, 1)
    return part.model_copy(update={"name": name, "seconds": took, "machine": before})


def results(docs: Path) -> list[Part]:
    """What is known so far, in the order of the parts."""
    kept = [docs / "benchmarks" / f"{name}.json" for name in (*PARTS, *ASKED_FOR)]
    return [Part.model_validate_json(path.read_text("utf-8")) for path in kept if path.exists()]


def missing(parts: Sequence[Part]) -> dict[str, str]:
    """Parts that nobody has measured yet, and what they need."""
    known = {part.name for part in parts}
    return {name: needs for name, needs in ASKED_FOR.items() if name not in known}


def write(docs: Path) -> None:
    """The page, its plots and the README's figures, from the results."""
    parts = results(docs)
    for part in parts:
        for plot in part.plots:
            drawn = docs / "benchmarks" / f"{part.name}-{plot.name}.svg"
            drawn.write_text(page.svg(plot), "utf-8")
    (docs / "benchmarks.md").write_text(page.markdown(parts, missing(parts)), "utf-8")
    if (readme := docs.parent / "README.md").exists():
        text = readme.read_text("utf-8")
        readme.write_text(page.placed(text, page.headlines(parts)), "utf-8")


def run(name: str, data: Path, docs: Path) -> int:
    """One part in a process of its own. Its exit status."""
    command = [sys.executable, "-m", "benchmarks", "--one", name, "--data", str(data)]
    return subprocess.run([*command, "--docs", str(docs)], check=False).returncode


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    every = (*PARTS, *ASKED_FOR)
    told = f"{', '.join(PARTS)}; only when named: {', '.join(ASKED_FOR)}"
    parser.add_argument("parts", nargs="*", metavar="PART", help=told)
    parser.add_argument("--data", type=Path, default=DATA, help="the labelled data")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the page is written")
    parser.add_argument("--one", choices=every, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.parts) - set(every):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    if given.one:
        try:
            part = measured(given.one, given.data)
        except Missing as fault:
            sys.exit(f"{given.one}: {fault}")
        kept = given.docs / "benchmarks" / f"{part.name}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(part.model_dump_json(indent=1, exclude_none=True) + "\n", "utf-8")
        print("\n".join(page.lines(part)), flush=True)
        return
    failed = [name for name in given.parts or PARTS if run(name, given.data, given.docs)]
    write(given.docs)
    print(f"Written: {given.docs / 'benchmarks.md'}")
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}. The page keeps what was known of them.")


if __name__ == "__main__":
    main()
