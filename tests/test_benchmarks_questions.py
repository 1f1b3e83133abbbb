"""What the benchmark of questions leans on: its faulty questions and its planted shortcuts."""

from __future__ import annotations

import pytest

from benchmarks.choices import PLANTED, naive, planted
from benchmarks.defects import MAKERS, cases
from memory.records import Nugget, Purpose
from tools.questions import REASONS, vet
from tools.questions.guessing import guess
from tools.questions.sets import sheets_of
from tools.teachers.offline import OfflineTeacher

pytestmark = pytest.mark.nightly

NUGGETS = [
    Nugget(paper=f"p{i}", passage="x", page=1, claim=claim, quote=claim, start=0, end=len(claim))
    for i in range(12)
    for claim in [
        f"The melting point of stone{i} in boards that were coated twice and dried over one whole "
        f"winter was {401 + 22 * i} kelvin."
    ]
]
WRITTEN = [q for nugget in NUGGETS for q in OfflineTeacher().questions(nugget, NUGGETS)]


def test_the_sound_pass_and_of_the_faulty_none_does() -> None:
    by_id = {nugget.id: nugget for nugget in NUGGETS}
    asked = [q for q in WRITTEN if q.options and q.purpose is Purpose.EXAM]
    assert not [q.rejected for q in vet(asked, NUGGETS) if q.rejected]
    found = list(cases([(q, by_id[q.nugget]) for q in asked], 2))
    assert {case.reason for case in found} == set(MAKERS) < set(REASONS)
    verdicts = {(c.reason, c.way): vet(c.questions, c.nuggets)[-1].rejected for c in found}
    assert {(reason, way): reason for reason, way in verdicts} == verdicts


def test_a_planted_shortcut_is_one_and_the_same_seed_gives_the_same_sheets() -> None:
    sound = [
        sheet._replace(nugget=f"{sheet.nugget}{i}")
        for sheet in sheets_of(WRITTEN).values()
        for i in range(10)
    ]
    for way in PLANTED:
        made, whose = planted(sound, way, 1.0, 60, seed=1)
        assert (made, whose) == planted(sound, way, 1.0, 60, seed=1)
        assert len(whose) == 60
        assert not guess(made).within_noise, way


def test_naive_choices_keep_the_key_and_have_it_between_the_wrong_ones() -> None:
    written = list(sheets_of(WRITTEN).values())
    for sheet, plain in zip(written, naive(written, NUGGETS), strict=True):
        assert plain.options[plain.key] == sheet.options[sheet.key]
        values = sorted(float(option.split(" ")[0]) for option in plain.options)
        assert values.index(float(plain.options[plain.key].split(" ")[0])) == 1
