"""Freeze a training set: files that never change, named by the hash of their manifest.

Only nuggets that a person accepted and questions that were vetted get in; what is held out stays
out, to the letter. Writing and vetting the questions is left to others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from memory.disk import as_trouble
from memory.errors import BadInput, NothingToDo
from memory.records import Dataset, Nugget, Paper, Purpose, Question
from tools.dataset.leaks import leaks
from tools.dataset.manifest import (
    CARD,
    CONTROL,
    EXAM,
    MANIFEST,
    OLD,
    TRAIN,
    VALIDATION,
    card,
    describe,
    file_entry,
    is_there,
    write,
)
from tools.dataset.rows import REPLAY, HeldOut, lines, pick, row, shuffled
from tools.dataset.split import Split, split

__all__ = ["freeze", "leaks"]


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
    untaught: Sequence[Nugget] = (),
    retention: Sequence[Question] = (),
) -> Dataset:
    """Write the training set under `folder/<hash>` and return its record.

    questions: about the nuggets, and exam questions about the untaught.
    papers: by id; every nugget's paper is among them.
    replay: texts the target knows already; replay_ratio of them per training row are mixed in.
    untaught: nuggets of other papers, of which nothing is taught: the control.
    retention: questions about old knowledge that will be examined.
    The same input gives the same files, found again rather than written. Raises BadInput when a
    nugget is not accepted, a training question not vetted or the control not of other papers;
    NothingToDo when no row is left. A row that would give a held-out question away is left out,
    and counted.
    """
    check(nuggets, questions, papers, untaught)
    ordered = sorted({q.id: q for q in questions}.values(), key=lambda q: q.id)
    held_out = HeldOut([*(q for q in ordered if q.held_out), *retention])
    kept = [q for q in ordered if q.held_out or not held_out.betrayed_by(q)]
    parts = split(nuggets, kept, seed, validation_share)
    if not parts.train:
        raise NothingToDo(
            "No vetted training question is left, so there is nothing to train on.",
            "Accept more nuggets: goldpan review.",
        )
    old = pick(replay, round(replay_ratio * len(parts.train)), held_out, seed)
    files = contents(parts, old, retention, seed)
    manifest = describe(interest, nuggets, untaught, parts, papers, files, len(old), seed)
    left_out = sum(not q.held_out for q in ordered) - len(parts.train)
    manifest["counts"]["left_out_for_secrecy"] = left_out
    files[CARD] = card(manifest)
    manifest["files"][CARD] = file_entry(files[CARD])
    files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    sha256 = hashlib.sha256(files[MANIFEST].encode()).hexdigest()
    place = folder / sha256[:20]
    if not is_there(place, files):
        with as_trouble(place):
            write(place, files)
    return Dataset(
        manifest_sha256=sha256,
        path=str(place),
        interest=interest,
        nuggets=tuple(manifest["nuggets"]),
        train=tuple(q.id for q in parts.train),
        validation=tuple(q.id for q in parts.validation),
        held_out=tuple(q.id for q in (*parts.exam, *parts.unused)),
        control=tuple(q.id for q in parts.control),
        replay=len(old),
        counts=manifest["counts"],
        licences=manifest["licences"],
    )


def contents(
    parts: Split, old: Sequence[str], retention: Sequence[Question], seed: int
) -> dict[str, str]:
    """Rows to train and to watch, and the question papers of the examination, by file."""
    replayed = [{"text": one, "source": REPLAY} for one in old]
    taught = [row(question) for question in parts.train]
    return {
        TRAIN: lines(shuffled([*taught, *replayed], seed)),
        VALIDATION: lines(row(question) for question in parts.validation),
        EXAM: records(parts.exam),
        CONTROL: records(parts.control),
        OLD: records(retention),
    }


def records(questions: Iterable[Question]) -> str:
    """The questions as JSON lines."""
    return lines(question.model_dump(mode="json") for question in questions)


def check(
    nuggets: Sequence[Nugget],
    questions: Iterable[Question],
    papers: Mapping[str, Paper],
    untaught: Sequence[Nugget] = (),
) -> None:
    """BadInput unless everything in it may be taught."""
    for nugget in nuggets:
        if not nugget.teachable:
            raise BadInput(f"Nugget {nugget.id} is {nugget.status.value}; nobody accepted it.")
        if nugget.paper not in papers:
            raise BadInput(f"Nugget {nugget.id} is of paper {nugget.paper}, which is not given.")
    taught, papers_taught = {n.id for n in nuggets}, {n.paper for n in nuggets}
    control = {nugget.id for nugget in untaught}
    for nugget in untaught:
        if nugget.paper in papers_taught:
            raise BadInput(f"Nugget {nugget.id} is of a taught paper and can be no control.")
    for question in questions:
        examines = question.nugget in control and question.purpose is Purpose.EXAM
        if question.nugget not in taught and not examines:
            raise BadInput(f"Question {question.id} is not about any of the accepted nuggets.")
        if question.purpose is Purpose.TRAIN and not (question.vetted and not question.rejected):
            raise BadInput(f"Training question {question.id} has not passed vetting.")
