"""The benchmark page says what was measured, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.__main__ import ASKED_FOR, DOCS, PARTS, missing, results
from benchmarks.figures import Figure, Part, Plot, Table
from benchmarks.imports import ROOT
from benchmarks.page import HEADLINES, headlines, lines, markdown, placed, svg

PART = Part.of(
    "sample", "A sample", "What for.", ("numpy",),
    figures=(
        Figure(name="recall", value=0.97123, aim=0.97, n=26),
        Figure.share("located", 8, 10, aim=0.9),
        Figure(name="wait", value=12345.6, unit="ms", aim=500, better="lower"),
    ),
    tables=(Table(title="By | bar", columns=("who", "what"), rows=(("a|b", 1.5),)),),
    plots=(
        Plot(name="growth", title="Growth", lines={"p50": ((1, 2), (10, 3))}, log_x=True),
        Plot(name="shares", title="Shares", labels=("a", "b"), bars={"x": (1, 2), "y": (2, 1)}),
    ),
)  # fmt: skip


def test_the_page_in_docs_is_what_the_results_give() -> None:
    """A figure typed by hand, or a page not written again, would differ."""
    page = (DOCS / "benchmarks.md").read_text("utf-8")
    assert page == markdown(results(DOCS), missing(results(DOCS)))
    for part in results(DOCS):
        for plot in part.plots:
            assert (DOCS / "benchmarks" / f"{part.name}-{plot.name}.svg").exists()


def test_the_figures_of_the_readme_are_the_results() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert placed(readme, headlines(results(DOCS))) == readme
    assert headlines(results(DOCS)).count("\n| ") == len(HEADLINES) + 1


def test_every_benchmark_is_on_the_page() -> None:
    modules = (ROOT / "benchmarks").glob("*.py")
    scripts = {path.stem for path in modules if "\ndef measure(data: " in path.read_text("utf-8")}
    assert scripts == {*PARTS, *ASKED_FOR}
    assert set(PARTS) == {part.name for part in results(DOCS)} - set(ASKED_FOR)


def test_what_was_not_measured_is_named_with_what_it_needs() -> None:
    page = markdown([PART], missing([PART]))
    assert all(f"PARTS={name}` needs {needs}" in page for name, needs in ASKED_FOR.items())


def test_a_missed_aim_is_shown_as_missed() -> None:
    assert [figure.met for figure in PART.figures] == [True, False, False]
    page = markdown([PART], {})
    assert "| recall | 0.971 | ≥ 0.970 | met | 26 |" in page
    assert "| located | 0.800 (0.490 to 0.943) | ≥ 0.900 | **missed** | 10 |" in page
    assert "12 346 ms" in page
    assert sum("MISSED" in line for line in lines(PART)) == 2


def test_a_cell_cannot_break_its_table() -> None:
    assert "| a\\|b | 1.500 |" in markdown([PART], {})


def test_the_same_results_give_the_same_plot() -> None:
    """Else each run would change every file in docs."""
    for plot in PART.plots:
        assert svg(plot) == svg(plot)
        assert plot.title in svg(plot)


def test_results_survive_their_file() -> None:
    assert Part.model_validate_json(PART.model_dump_json(exclude_none=True)) == PART


def test_without_the_data_it_says_what_is_missing(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "benchmarks", "real_papers", "--docs", str(tmp_path)]
    done = subprocess.run(
        [*asked, "--data", str(tmp_path / "none")], cwd=ROOT, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "none/papers" in done.stderr
    assert "--data" in done.stderr
    assert "Not measured: real_papers" in done.stderr
