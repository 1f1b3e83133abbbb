"""The report as one self-contained HTML page: plots as inline SVG, no script, nothing fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from agent.services import report
from agent.steps import review
from memory.records import (
    Event,
    Interest,
    ModelVersion,
    Nugget,
    NuggetStatus,
    Run,
    TrainingSpec,
)

if TYPE_CHECKING:
    from agent.workspace import Workspace


def write(space: Workspace, folder: Path, discover: Run, teach: Run | None) -> tuple[Path, Path]:
    """report.html and summary.json in a folder; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    told = report.summary(space, discover, teach)
    paths = folder / "report.html", folder / "summary.json"
    texts = page(space, discover, teach, told), json.dumps(told, indent=2, ensure_ascii=False)
    for path, text in zip(paths, texts, strict=True):
        part = path.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return paths


def page(space: Workspace, discover: Run, teach: Run | None, told: dict[str, Any]) -> str:
    """Render the page. Text of papers is escaped: it is data, whatever it says."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("agent", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    version = report.candidate(space, teach) if teach else None
    papers = report.papers_of(space.store, discover)
    nuggets = space.store.all(Nugget, paper=[paper.id for paper in papers])
    return templates.get_template("report.html").render(
        interest=space.store.get(Interest, discover.interest),
        told=told,
        papers=sorted(papers, key=lambda paper: paper.url),
        items=review.queue(space.store, interest=discover.interest, status=list(NuggetStatus)),
        contradictions=report.contradictions(space.store, nuggets),
        version=version,
        lineage=space.store.all(ModelVersion, name=version.name) if version else [],
        plots=_plots(space, version, told),
        exam=report.exam(space.store, version) if version else [],
        log=space.store.all(Event, run=[run.id for run in (discover, teach) if run]),
    )


def _plots(space: Workspace, version: ModelVersion | None, told: dict[str, Any]) -> dict[str, str]:
    """SVG texts by name."""
    from evals import plots

    drawn = {"verdicts": plots.verdicts(told["verdicts"])}
    if version:
        spec = space.store.get(TrainingSpec, version.spec)
        drawn["before_after"] = plots.before_after(version.scores)
        drawn["loss"] = plots.loss_curve(spec.output)
    return drawn
