"""Freeze a training set: files that never change, named by the hash of their manifest.

Only nuggets that a person accepted and questions that were vetted get in; what is held out stays
out, to the letter. Writing and vetting the questions is left to others.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from memory.disk import told
from memory.errors import BadInput, NothingToDo
from memory.records import GAP, Dataset, Nugget, Paper, Purpose, Question, QuestionKind

TRAIN, VALIDATION, EXAM = "train.jsonl", "validation.jsonl", "exam.jsonl"
MANIFEST, CARD = "manifest.json", "card.md"
FORMAT = 1


class Split(NamedTuple):
    """Which question goes where. A question is in one place only."""

    train: list[Question]
    validation: list[Question]
    exam: list[Question]
    unused: list[Question]
    """Held-out questions of the papers that are not in the validation split."""
    papers: frozenset[str]
    """Ids of the papers in the validation split."""


def freeze(
    folder: Path,
    interest: str,
    nuggets: Sequence[Nugget],
    questions: Sequence[Question],
    papers: Mapping[str, Paper],
    replay: Sequence[str],
    seed: int = 0,
    validation_share: float = 0.1,
    replay_ratio: float = 1.0,
) -> Dataset:
    """Write the training set under `folder/<hash>` and return its record.

    papers: by id; every nugget's paper is among them.
    replay: texts the target knows already; replay_ratio of them per training row are mixed in.
    The same input gives the same files, found again rather than written. Raises BadInput when a
    nugget is not accepted or a training question not vetted; NothingToDo when no row is left.
    A row that holds the text of a held-out question is left out, and counted.
    """
    check(nuggets, questions, papers)
    ordered = sorted({q.id: q for q in questions}.values(), key=lambda q: q.id)
    secret = [plain(text(question)) for question in ordered if question.held_out]
    parts = split(nuggets, keep_secret(ordered, secret), seed, validation_share)
    taught = [text(question) for question in parts.train]
    if not taught:
        raise NothingToDo(
            "No vetted training question is left, so there is nothing to train on.",
            "Accept more nuggets: goldpan review.",
        )
    old = pick(replay, round(replay_ratio * len(taught)), secret, seed)
    rows = shuffled([*taught, *old], seed)
    files = {
        TRAIN: lines({"text": row} for row in rows),
        VALIDATION: lines({"text": text(question)} for question in parts.validation),
        EXAM: lines(question.model_dump(mode="json") for question in parts.exam),
    }
    manifest = describe(interest, nuggets, parts, papers, files, len(old), seed)
    left_out = sum(not q.held_out for q in ordered) - len(parts.train)
    manifest["counts"]["left_out_for_secrecy"] = left_out
    files[CARD] = card(manifest)
    manifest["files"][CARD] = file_entry(files[CARD])
    files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    sha256 = hashlib.sha256(files[MANIFEST].encode()).hexdigest()
    place = folder / sha256[:20]
    if not whole(place, files):
        with told(place):
            write(place, files)
    return Dataset(
        manifest_sha256=sha256,
        path=str(place),
        interest=interest,
        nuggets=tuple(manifest["nuggets"]),
        train=tuple(q.id for q in parts.train),
        validation=tuple(q.id for q in parts.validation),
        held_out=tuple(q.id for q in (*parts.exam, *parts.unused)),
        replay=len(old),
        counts=manifest["counts"],
        licences=manifest["licences"],
    )


def check(
    nuggets: Sequence[Nugget], questions: Iterable[Question], papers: Mapping[str, Paper]
) -> None:
    """BadInput unless everything in it may be taught."""
    for nugget in nuggets:
        if not nugget.teachable:
            raise BadInput(f"Nugget {nugget.id} is {nugget.status.value}; nobody accepted it.")
        if nugget.paper not in papers:
            raise BadInput(f"Nugget {nugget.id} is of paper {nugget.paper}, which is not given.")
    known = {nugget.id for nugget in nuggets}
    for question in questions:
        if question.nugget not in known:
            raise BadInput(f"Question {question.id} is not about any of the accepted nuggets.")
        if question.purpose is Purpose.TRAIN and not (question.vetted and not question.rejected):
            raise BadInput(f"Training question {question.id} has not passed vetting.")


def split(
    nuggets: Sequence[Nugget], questions: Sequence[Question], seed: int, share: float
) -> Split:
    """Training, validation and exam questions.

    Validation papers are drawn whole: two nuggets of one paper share words. Their facts are taught
    like all others, else they would never be learnt; what validation holds back is their probe
    wording. So its loss says whether taught facts carry over to another wording.
    """
    paper_of = {nugget.id: nugget.paper for nugget in nuggets}
    probes = [q for q in questions if q.purpose is Purpose.PROBE and q.vetted]
    candidates = sorted({paper_of[q.nugget] for q in probes})
    random.Random(f"validation {seed}").shuffle(candidates)  # noqa: S311
    size = max(1, round(share * len(set(paper_of.values())))) if share > 0 else 0
    papers = frozenset(candidates[:size])
    return Split(
        train=[q for q in questions if q.purpose is Purpose.TRAIN],
        validation=[q for q in probes if paper_of[q.nugget] in papers],
        exam=[q for q in questions if q.purpose is Purpose.EXAM and q.vetted],
        unused=[q for q in probes if paper_of[q.nugget] not in papers],
        papers=papers,
    )


def text(question: Question) -> str:
    """The whole text with its answer in place: what is trained on, or must not be."""
    stem = question.stem.rstrip()
    if question.kind is QuestionKind.STATEMENT or not question.answer:
        return stem
    if GAP in stem and not stem.endswith(":"):
        return stem.replace(GAP, question.answer, 1)
    return f"{stem} {question.answer}"


def plain(words: str) -> str:
    """Lower case, single spaces, no full stop: the form in which texts are compared."""
    return " ".join(words.lower().split()).rstrip(".!? ")


def keep_secret(questions: Iterable[Question], secret: Sequence[str]) -> list[Question]:
    """Without the training questions whose row would give a held-out text away."""
    return [q for q in questions if q.held_out or not _tells(plain(text(q)), secret)]


def pick(replay: Sequence[str], wanted: int, secret: Sequence[str], seed: int) -> list[str]:
    """So many old texts, each used before any is used again; none that gives a secret away."""
    allowed = [t for t in dict.fromkeys(replay) if t.strip() and not _tells(plain(t), secret)]
    chosen: list[str] = []
    chance = random.Random(f"replay {seed}")  # noqa: S311
    while allowed and len(chosen) < wanted:
        chosen += chance.sample(allowed, min(len(allowed), wanted - len(chosen)))
    return chosen


def _tells(row: str, secret: Sequence[str]) -> bool:
    return any(held in row for held in secret)


def shuffled(rows: Sequence[str], seed: int) -> list[str]:
    """The rows in a seeded order."""
    return random.Random(f"rows {seed}").sample(list(rows), len(rows))  # noqa: S311


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def file_entry(content: str) -> dict[str, Any]:
    """What the manifest says of a file."""
    data = content.encode()
    return {"sha256": hashlib.sha256(data).hexdigest(), "rows": content.count("\n")}


def describe(
    interest: str,
    nuggets: Sequence[Nugget],
    parts: Split,
    papers: Mapping[str, Paper],
    files: Mapping[str, str],
    replay: int,
    seed: int,
) -> dict[str, Any]:
    """The manifest: no time, no path, so that the same set has the same hash everywhere."""
    paper_of = {nugget.id: nugget.paper for nugget in nuggets}
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
        "questions": {
            "train": [q.id for q in parts.train],
            "validation": [q.id for q in parts.validation],
            "exam": [q.id for q in parts.exam],
            "unused": [q.id for q in parts.unused],
        },
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
        },
        "papers": used,
        "licences": dict(sorted(Counter(one["licence"] for one in used.values()).items())),
        "files": {name: file_entry(content) for name, content in files.items()},
    }


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

Nuggets without a training row: {counts["nuggets_without_training_rows"]}; rows left out because
they would have given a held-out text away: {counts["left_out_for_secrecy"]}. Every text here goes
back to a quote in a paper, by the ids in `{MANIFEST}`. Seed {manifest["seed"]}.

## Papers

{listed}
"""


def whole(place: Path, files: Mapping[str, str]) -> bool:
    """Whether the folder holds exactly these contents already."""
    try:
        return all((place / n).read_text("utf-8") == content for n, content in files.items())
    except (OSError, UnicodeDecodeError):
        return False


def write(place: Path, files: Mapping[str, str]) -> None:
    """All files at once or none; read-only afterwards."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=place.parent))
    try:
        for name, content in files.items():
            (draft / name).write_text(content, "utf-8")
            (draft / name).chmod(0o444)
        draft.chmod(0o755)
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
