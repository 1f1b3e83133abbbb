"""What a frozen set says of itself: the manifest that names it, a card for a person, its files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from memory import disk
from memory.records import Nugget, Paper, Question
from tools.dataset.split import Split

TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"
EXAM, CONTROL, OLD = "exam.jsonl", "control.jsonl", "old.jsonl"
MANIFEST, CARD = "manifest.json", "card.md"
FORMAT = 2


def file_entry(content: str) -> dict[str, Any]:
    """What the manifest says of a file."""
    data = content.encode()
    return {"sha256": hashlib.sha256(data).hexdigest(), "rows": content.count("\n")}


def describe(
    interest: str,
    nuggets: Sequence[Nugget],
    untaught: Sequence[Nugget],
    parts: Split,
    papers: Mapping[str, Paper],
    files: Mapping[str, str],
    replay: int,
    seed: int,
) -> dict[str, Any]:
    """The manifest: no time, no path, so that the same set has the same hash everywhere.

    nuggets: those that are taught. replay: old rows among the training rows.
    """
    paper_of = {nugget.id: nugget.paper for nugget in nuggets}
    asked = {name: part for name, part in parts._asdict().items() if name != "papers"}
    control = {question.nugget for question in parts.control}
    rows = Counter(paper_of[q.nugget] for q in parts.train)
    claims = Counter(paper_of.values())
    used = {
        key: {
            "canonical": papers[key].canonical,
            "title": papers[key].title,
            "licence": papers[key].licence or "unknown",
            "nuggets": claims[key],
            "training_rows": rows[key],
            "split": "validation" if key in parts.papers else "training only",
        }
        for key in sorted(claims)
    }
    return {
        "format": FORMAT,
        "interest": interest,
        "seed": seed,
        "nuggets": sorted(paper_of),
        "questions": {name: [q.id for q in part] for name, part in asked.items()},
        "forms": {name: _forms(asked[name]) for name in asked if name != "unused"},
        "counts": {
            "papers": len(used),
            "validation_papers": len(parts.papers),
            "nuggets": len(paper_of),
            "nuggets_without_training_rows": len(paper_of.keys() - {q.nugget for q in parts.train}),
            "train_rows": len(parts.train) + replay,
            "new_rows": len(parts.train),
            "replay_rows": replay,
            "validation_rows": len(parts.validation),
            "exam_questions": len(parts.exam),
            "control_questions": len(parts.control),
        },
        "papers": used,
        "control_papers": sorted({n.paper for n in untaught if n.id in control}),
        "licences": dict(sorted(Counter(one["licence"] for one in used.values()).items())),
        "files": {name: file_entry(content) for name, content in files.items()},
    }


def _forms(questions: Iterable[Question]) -> list[str]:
    return sorted({question.form for question in questions})


def card(manifest: Mapping[str, Any]) -> str:
    """The dataset in words, for a person."""
    counts = manifest["counts"]
    licences = ", ".join(f"{name}: {n}" for name, n in manifest["licences"].items())
    listed = "\n".join(
        f"- {one['title'] or one['canonical']} ({one['canonical']}; licence {one['licence']}): "
        f"{one['nuggets']} nuggets, {one['training_rows']} rows, {one['split']}"
        for one in manifest["papers"].values()
    )
    return f"""# Training set of the interest “{manifest["interest"]}”

{counts["nuggets"]} accepted nuggets of {counts["papers"]} papers (licences by paper: {licences}).

- `{TRAIN}`: {counts["train_rows"]} rows of text: {counts["new_rows"]} statements and answered
  questions about the nuggets, and {counts["replay_rows"]} rows of old knowledge against forgetting.
- `{VALIDATION}`: {counts["validation_rows"]} rows about {counts["validation_papers"]} papers, drawn
  whole. The facts in them are taught too; their wording is not. The loss on them tells whether
  what is taught carries over to another wording, not whether untaught papers are understood.
- `{EXAM}`: {counts["exam_questions"]} questions, asked before and after, in wordings that neither
  training nor validation contains.
- `{OLD}`: {manifest["files"][OLD]["rows"]} questions about old knowledge, whose wordings are kept
  out of the old rows.
- `{CONTROL}`: {counts["control_questions"]} questions about papers of which nothing is taught: the
  answers to them should stay what they were.

Nuggets without a training row: {counts["nuggets_without_training_rows"]}; rows left out because
they would have given a held-out question away: {counts["left_out_for_secrecy"]}. Each row names its
`source`: a question, which goes back to a quote in a paper by the ids in `{MANIFEST}`, or
`replay`. Seed {manifest["seed"]}.

## Papers

{listed}
"""


def is_there(place: Path, files: Mapping[str, str]) -> bool:
    """Whether the folder holds exactly these contents already."""
    try:
        return all((place / n).read_text("utf-8") == content for n, content in files.items())
    except (OSError, UnicodeDecodeError):
        return False


def write(place: Path, files: Mapping[str, str]) -> None:
    """All files at once or none; read-only afterwards."""
    with disk.folder(place) as draft:
        for name, content in files.items():
            (draft / name).write_text(content, "utf-8")
            (draft / name).chmod(0o444)
