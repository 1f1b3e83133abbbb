"""Which question goes where: training, validation, examination, control."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from memory.records import Nugget, Purpose, Question


class Split(NamedTuple):
    """A question is in one place only."""

    train: list[Question]
    validation: list[Question]
    exam: list[Question]
    """About what is taught, in wordings and with options that no training row has."""
    control: list[Question]
    """Exam questions about papers of which nothing is taught: what rises there, rises by itself."""
    unused: list[Question]
    """Held-out questions of the papers that are not in the validation split."""
    papers: frozenset[str]
    """Ids of the papers in the validation split."""


def split(
    taught: Sequence[Nugget], questions: Sequence[Question], seed: int, share: float
) -> Split:
    """The parts. A question about a nugget that is not taught can only be part of the control.

    Validation papers are drawn whole: two nuggets of one paper share words. Their facts are taught
    like all others, else they would never be learnt; what validation holds back is their probe
    wording. So its loss says whether taught facts carry over to another wording.
    """
    paper_of = {nugget.id: nugget.paper for nugget in taught}
    about = [q for q in questions if q.nugget in paper_of]
    probes = [q for q in about if q.purpose is Purpose.PROBE and q.vetted]
    candidates = sorted({paper_of[q.nugget] for q in probes})
    random.Random(f"validation {seed}").shuffle(candidates)  # noqa: S311
    size = max(1, round(share * len(set(paper_of.values())))) if share > 0 else 0
    papers = frozenset(candidates[:size])
    exams = [q for q in questions if q.purpose is Purpose.EXAM and q.vetted]
    return Split(
        train=[q for q in about if q.purpose is Purpose.TRAIN],
        validation=[q for q in probes if paper_of[q.nugget] in papers],
        exam=[q for q in exams if q.nugget in paper_of],
        control=[q for q in exams if q.nugget not in paper_of],
        unused=[q for q in probes if paper_of[q.nugget] not in papers],
        papers=papers,
    )
