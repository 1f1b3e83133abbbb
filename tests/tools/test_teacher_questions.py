from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.records import GAP, Nugget, Purpose, Question, QuestionKind
from tools.questions import vet, whole
from tools.questions.chance import even
from tools.teachers.offline import OfflineTeacher, frames

TEACHER = OfflineTeacher()


def said(claim: str) -> Nugget:
    return Nugget(
        paper=claim, passage="x", page=1, claim=claim, quote=claim, start=0, end=len(claim)
    )


CLAIMS = (
    "The melting point of brellium is 412 kelvin.",
    "The melting point of mardine is about 318 kelvin.",
    "The colour of osk resin is honey yellow.",
    "The colour of fen tar is slate blue.",
    "The colour of marl dust is bone white.",
    "The colour of pale quartz is smoke grey.",
    "Vellite has a density of 3.2 grams per cubic centimetre.",
    "Stennite was first described by Ilva Marrow.",
    "Velm gas was first described by Mira Tolland.",
    "Pale quartz was first described by Jonas Hale.",
    "Sorrel moss was first described by Petra Voss.",
    "The grey lemming is found in the Harrow valley.",
    "The reed warbler is found in the Lund marshes.",
    "The silver newt is found in the Ostrava caves.",
    "The black stoat is found in the Tarn hills.",
    "The tarnid moth has seven wing spots.",
    "Osk resin inhibits the growth of mould.",
    "Osk resin does not dissolve in water.",
    "The osk tree was introduced to Harrow in 1874.",
    "In spring, the osk tree loses 23.4 % of its leaves.",
    "Treatment with osk oil significantly reduced mould in damp wood (p < 0.05).",
)
POOL = [said(claim) for claim in CLAIMS]
WRITTEN = {nugget.claim: TEACHER.questions(nugget, POOL) for nugget in POOL}
ALL = [question for made in WRITTEN.values() for question in made]


def stems(claim: str, purpose: Purpose) -> list[str]:
    return [
        f"{q.stem} {q.answer}".strip() if q.kind is QuestionKind.SHORT else q.stem
        for q in WRITTEN[claim]
        if q.purpose is purpose
    ]


def test_no_form_serves_two_purposes() -> None:
    """A held-out wording that was trained on would measure memory of the wording."""
    names = {
        purpose: {form for table in tables for form, _ in table}
        for purpose, tables in frames.TABLES.items()
    }
    assert all(not a & b for a, b in combinations(names.values(), 2))
    used = {(q.form, q.purpose.value) for q in ALL}
    assert all(form in names[purpose] for form, purpose in used)


def test_a_value_is_taught_probed_and_examined_in_different_orders() -> None:
    claim = CLAIMS[0]
    assert {
        "The melting point of brellium is 412 kelvin.",
        "412 kelvin is the melting point of brellium.",
        "Brellium has a melting point of 412 kelvin.",
        "Brellium's melting point is 412 kelvin.",
        "Question: What is the melting point of brellium?\nAnswer: 412 kelvin",
        "Complete: The melting point of brellium is ____.\nAnswer: 412 kelvin",
    } <= set(stems(claim, Purpose.TRAIN))
    assert "Studies agree that the melting point of brellium is" in stems(claim, Purpose.PROBE)
    assert "Scientists have learned that brellium has a melting point of" in stems(
        claim, Purpose.EXAM
    )


@pytest.mark.parametrize(
    ("claim", "statement", "question"),
    [
        (
            "Stennite was first described by Ilva Marrow.",
            "Ilva Marrow first described Stennite.",
            "Question: Who first described Stennite?\nAnswer: Ilva Marrow",
        ),
        (
            "The grey lemming is found in the Harrow valley.",
            "It is in the Harrow valley that the grey lemming is found.",
            "Question: Where is the grey lemming found?\nAnswer: Harrow valley",
        ),
        (
            "Osk resin inhibits the growth of mould.",
            "The growth of mould is inhibited by osk resin.",
            "Complete: Osk resin inhibits the growth of ____.\nAnswer: mould",
        ),
        (
            "The tarnid moth has seven wing spots.",
            "Remember: the tarnid moth has seven wing spots.",
            "Question: How many wing spots does the tarnid moth have?\nAnswer: seven",
        ),
    ],
)
def test_sentences_are_turned_and_asked_as_their_syntax_allows(
    claim: str, statement: str, question: str
) -> None:
    assert {statement, question} <= set(stems(claim, Purpose.TRAIN))


def test_every_fact_is_taught_in_at_least_six_statements_and_a_question() -> None:
    for made in WRITTEN.values():
        kinds = Counter(q.kind for q in made if q.purpose is Purpose.TRAIN)
        assert kinds[QuestionKind.STATEMENT] + kinds[QuestionKind.PARAPHRASE] >= 6
        assert kinds[QuestionKind.STATEMENT] >= 1
        assert kinds[QuestionKind.SHORT] >= 1


def test_probes_and_examinations_are_choices_of_four_with_one_key() -> None:
    for made in WRITTEN.values():
        counts = Counter(q.purpose for q in made if q.kind is QuestionKind.MCQ)
        assert counts[Purpose.TRAIN] == 0
        assert (counts[Purpose.PROBE], counts[Purpose.EXAM] >= 2) in {(3, True), (0, False)}
    for question in ALL:
        if question.kind is QuestionKind.MCQ:
            assert len({option.lower() for option in question.options}) == 4
            assert question.options.count(question.answer) == 1


def test_a_choice_is_read_into_the_one_gap_or_behind_the_stem() -> None:
    for question in ALL:
        if question.kind is QuestionKind.MCQ:
            assert question.stem.count(GAP) <= 1
            assert question.stem.endswith(".") == (GAP in question.stem)


def test_wrong_options_are_of_the_answers_type() -> None:
    by_claim = {
        claim: next((q for q in made if q.options), None) for claim, made in WRITTEN.items()
    }
    units = r"\d+ kelvin"
    value = by_claim[CLAIMS[0]]
    assert value is not None
    assert all(re.fullmatch(units, option) for option in value.options)
    person = by_claim["Stennite was first described by Ilva Marrow."]
    assert person is not None
    assert set(person.options) == {"Ilva Marrow", "Mira Tolland", "Jonas Hale", "Petra Voss"}
    colour = by_claim["The colour of osk resin is honey yellow."]
    assert colour is not None
    assert set(colour.options) == {"honey yellow", "slate blue", "bone white", "smoke grey"}


def test_what_is_not_so_is_not_asked_as_a_choice() -> None:
    """What resin does not dissolve in is many things: another option may be as right."""
    assert not any(q.options for q in WRITTEN["Osk resin does not dissolve in water."])


def test_a_p_value_stays_in_the_claim_and_leaves_its_rewordings() -> None:
    rewordings = [q.stem for q in WRITTEN[CLAIMS[-1]] if q.form != "claim"]
    assert rewordings
    assert not any("0.05" in stem for stem in rewordings)


def test_all_that_is_written_here_passes_vetting() -> None:
    assert [q.rejected for q in vet(ALL, POOL)] == [""] * len(ALL)


def test_no_held_out_text_is_a_training_text() -> None:
    trained = {whole(q) for q in ALL if not q.held_out}
    assert not trained & {whole(q) for q in ALL if q.held_out}


def test_the_same_nugget_and_pool_give_the_same_questions_whatever_the_order() -> None:
    again = [q for nugget in POOL for q in TEACHER.questions(nugget, POOL[::-1])]
    assert again == ALL


def test_keys_stand_at_every_place_about_equally_often() -> None:
    """A model that always favours one place must not look as if it knew."""
    numbers = [said(f"The melting point of stone{i} is {300 + 7 * i} kelvin.") for i in range(80)]
    made = [q for nugget in numbers for q in TEACHER.questions(nugget, numbers) if q.options]
    counts = Counter(q.key for q in made)
    assert min(counts.values()) > 0.2 * len(made)
    assert max(counts.values()) < 0.3 * len(made)


def test_over_one_nugget_the_key_stands_at_as_many_places_as_it_can() -> None:
    """What favours a place then favours no nugget."""
    for made in WRITTEN.values():
        places = [q.key for q in made if q.options]
        assert len(set(places[:4])) == len(places[:4])


@pytest.mark.parametrize("options", [2, 3, 5, 10])
def test_a_choice_has_as_many_options_as_were_asked_for(options: int) -> None:
    numbers = [said(f"The melting point of stone{i} is {401 + 2 * i} kelvin.") for i in range(20)]
    made = [q for n in numbers for q in OfflineTeacher(options).questions(n, numbers) if q.options]
    assert {len(set(q.options)) for q in made} == {options}
    assert not [q.rejected for q in vet(made, numbers) if q.rejected]


def test_a_choice_has_fewer_options_rather_than_a_padded_one() -> None:
    """Four colours are known; six more would have to be something else."""
    teacher = OfflineTeacher(10)
    made = [q for n in POOL for q in teacher.questions(n, POOL) if "colour" in n.claim]
    assert {len(q.options) for q in made if q.options} == {4}
    with pytest.raises(ValueError, match="11 options"):
        OfflineTeacher(11)


def test_the_right_value_is_as_often_the_least_as_the_greatest() -> None:
    """Values made on both sides of the right one have it in their middle."""
    numbers = [said(f"The melting point of stone{i} is {317 + 7 * i} kelvin.") for i in range(120)]
    made = {n.id: next(q for q in TEACHER.questions(n, [n]) if q.options) for n in numbers}
    ranks = Counter(
        sorted(q.options, key=lambda o: int(o.split(" ")[0])).index(q.answer) for q in made.values()
    )
    assert even([(rank, 4) for rank in ranks.elements()]) > 0.01
    assert len(ranks) == 4


VALUES = st.one_of(
    st.integers(2, 99_999).map(str),
    st.floats(0.1, 999, allow_nan=False).map(lambda x: f"{x:.1f}"),
    st.integers(1000, 900_000).map(lambda n: f"{n:,}"),
)


@settings(deadline=None)
@given(VALUES, st.sampled_from(["kelvin", "%", "mg/L", "days", "grams"]))
def test_made_up_values_keep_format_and_unit_and_are_never_the_answer(
    value: str, unit: str
) -> None:
    nugget = said(f"The content of brellium is {value} {unit}.")
    mcqs = [q for q in TEACHER.questions(nugget, [nugget]) if q.options]
    for question in mcqs:
        assert question.options.count(question.answer) == 1
        shapes = {re.sub(r"\d+", "9", option.replace(",", "")) for option in question.options}
        assert len(shapes) == 1
        spelled = {
            float(re.sub(r"[^\d.]", "", option.split(" ")[0])) for option in question.options
        }
        assert len(spelled) == 4
    assert not [q.rejected for q in vet(mcqs, [nugget]) if q.rejected]


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=120))
def test_any_claim_gives_questions_without_a_crash(claim: str) -> None:
    made: list[Question] = TEACHER.questions(said(claim), POOL)
    assert all(q.nugget == said(claim).id for q in made)
