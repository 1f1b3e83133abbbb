"""What is taught is accepted, vetted and frozen; what is held out stays out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.errors import BadInput, NothingToDo
from memory.records import GAP, Nugget, NuggetStatus, Paper, Purpose, Question, QuestionKind
from tools.dataset import freeze, leaks
from tools.dataset.rows import comparable, row, row_text, text

OLD = [f"The old stone {i} is heavy." for i in range(50)]
TEACHABLE = (NuggetStatus.ACCEPTED, NuggetStatus.EDITED)


def paper(i: int) -> Paper:
    licence = "CC-BY-4.0" if i % 2 else ""
    return Paper(canonical=f"10.1/{i}", title=f"Paper {i}", licence=licence)


def nugget(i: int, status: NuggetStatus = NuggetStatus.ACCEPTED) -> Nugget:
    return Nugget(
        paper=paper(i // 2).id, passage="p", page=1, claim=f"Lamp {i} burns {i} hours.",
        quote=f"Lamp {i} burns {i} hours.", start=i, end=i + 9, status=status,
    )  # fmt: skip


def asked(i: int, purpose: Purpose, *, vetted: bool = True) -> list[Question]:
    """The questions of one purpose about nugget i."""
    hours = f"{i} hours"
    options = (hours, "90 hours", "91 hours")
    told = {"nugget": nugget(i).id, "purpose": purpose, "vetted": vetted}
    mcq = {**told, "kind": QuestionKind.MCQ, "options": options, "answer": hours}
    if purpose is Purpose.PROBE:
        return [Question(**mcq, form="probe", stem=f"As for lamp {i}, it burns {GAP}.")]
    if purpose is Purpose.EXAM:
        return [Question(**mcq, form="exam", stem=f"One may say that lamp {i} burns {GAP}.")]
    statement = Question(
        **told, kind=QuestionKind.STATEMENT, form="claim", stem=f"Lamp {i} burns {hours}."
    )
    stem = f"Question: How long does lamp {i} burn?\nAnswer:"
    short = Question(**told, kind=QuestionKind.SHORT, form="how", stem=stem, answer=hours)
    return [statement, short]


def world(size: int) -> tuple[list[Nugget], list[Question], dict[str, Paper]]:
    nuggets = [nugget(i) for i in range(size)]
    questions = [q for i in range(size) for purpose in Purpose for q in asked(i, purpose)]
    papers = {paper(i).id: paper(i) for i in range(size)}
    return nuggets, questions, papers


def rows(folder: str | Path, name: str = "train.jsonl") -> list[str]:
    return [row_text(json.loads(line)) for line in (Path(folder) / name).read_text().splitlines()]


def test_a_frozen_set_is_found_again_and_its_files_match_its_manifest(tmp_path: Path) -> None:
    nuggets, questions, papers = world(8)
    first = freeze(tmp_path, "lamps", nuggets, questions, papers, OLD)
    again = freeze(tmp_path, "lamps", nuggets[::-1], questions[::-1], papers, OLD)
    assert again == first
    assert len(list(tmp_path.iterdir())) == 1
    manifest = (Path(first.path) / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == first.manifest_sha256
    for name, entry in json.loads(manifest)["files"].items():
        file = Path(first.path) / name
        assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]
        assert not file.stat().st_mode & 0o222


def test_a_damaged_set_is_written_again(tmp_path: Path) -> None:
    nuggets, questions, papers = world(4)
    first = freeze(tmp_path, "lamps", nuggets, questions, papers, OLD)
    (Path(first.path) / "train.jsonl").chmod(0o644)
    (Path(first.path) / "train.jsonl").write_text("half of a r")
    assert freeze(tmp_path, "lamps", nuggets, questions, papers, OLD) == first
    assert len(rows(first.path)) == 16


def test_rows_are_statements_and_answered_questions_and_old_texts(tmp_path: Path) -> None:
    nuggets, questions, papers = world(3)
    dataset = freeze(tmp_path, "lamps", nuggets, questions, papers, OLD)
    found = rows(dataset.path)
    assert "Lamp 2 burns 2 hours." in found
    assert "Question: How long does lamp 2 burn?\nAnswer: 2 hours" in found
    assert sum(row in OLD for row in found) == dataset.replay == 6
    assert dataset.counts["train_rows"] == len(found) == 12
    assert len(dataset.train) == 6


def test_validation_holds_another_wording_of_whole_papers_and_their_facts_are_taught(
    tmp_path: Path,
) -> None:
    """Papers kept out of training altogether would leave their facts untaught."""
    nuggets, questions, papers = world(20)
    dataset = freeze(tmp_path, "lamps", nuggets, questions, papers, [], validation_share=0.2)
    manifest = json.loads((Path(dataset.path) / "manifest.json").read_text())
    held = {key for key, one in manifest["papers"].items() if one["split"] == "validation"}
    assert len(held) == 2
    expected = {q.id for n in nuggets if n.paper in held for q in questions
                if q.nugget == n.id and q.purpose is Purpose.PROBE}  # fmt: skip
    assert set(dataset.validation) == expected
    assert {q.nugget for q in questions if q.id in dataset.train} == {n.id for n in nuggets}
    assert all(row.startswith("As for lamp") for row in rows(dataset.path, "validation.jsonl"))


def test_the_card_says_what_is_in_it(tmp_path: Path) -> None:
    nuggets, questions, papers = world(4)
    dataset = freeze(tmp_path, "lamps", nuggets, questions, papers, OLD)
    card = (Path(dataset.path) / "card.md").read_text()
    assert "4 accepted nuggets of 2 papers" in card
    assert "CC-BY-4.0: 1, unknown: 1" in card
    assert "Paper 0" in card
    assert dataset.licences == {"CC-BY-4.0": 1, "unknown": 1}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(NuggetStatus), min_size=1, max_size=8))
def test_a_nugget_nobody_accepted_never_reaches_a_dataset(statuses: list[NuggetStatus]) -> None:
    _, questions, papers = world(len(statuses))
    nuggets = [nugget(i, status) for i, status in enumerate(statuses)]
    with TemporaryDirectory() as folder:
        if all(status in TEACHABLE for status in statuses):
            assert freeze(Path(folder), "lamps", nuggets, questions, papers, OLD).train
        else:
            with pytest.raises(BadInput, match="nobody accepted"):
                freeze(Path(folder), "lamps", nuggets, questions, papers, OLD)
            assert not list(Path(folder).iterdir())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_an_unvetted_question_never_trains(vetted: list[bool]) -> None:
    nuggets, _, papers = world(len(vetted))
    questions = [q for i, good in enumerate(vetted) for q in asked(i, Purpose.TRAIN, vetted=good)]
    with TemporaryDirectory() as folder:
        if all(vetted):
            assert freeze(Path(folder), "lamps", nuggets, questions, papers, OLD).train
        else:
            with pytest.raises(BadInput, match="not passed vetting"):
                freeze(Path(folder), "lamps", nuggets, questions, papers, OLD)


@settings(max_examples=40, deadline=None)
@given(
    given_away=st.sets(st.integers(0, 5)),
    share=st.floats(0, 1),
    ratio=st.floats(0, 3),
    seed=st.integers(0, 99),
)
def test_no_held_out_text_is_ever_trained_on(
    given_away: set[int], share: float, ratio: float, seed: int
) -> None:
    """Neither by a training question that says the same, nor by an old text."""
    nuggets, questions, papers = world(6)
    said = [text(q) for q in questions if q.held_out]
    parrots = [
        Question(
            nugget=nugget(i).id, kind=QuestionKind.STATEMENT, form="parrot", vetted=True,
            purpose=Purpose.TRAIN, stem=f"We learn: {said[2 * i].upper()}",
        )
        for i in given_away
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        dataset = freeze(
            Path(folder), "lamps", nuggets, [*questions, *parrots], papers, [*OLD, *said],
            seed=seed, validation_share=share, replay_ratio=ratio,
        )  # fmt: skip
        trained = [comparable(row) for row in rows(dataset.path)]
        assert not any(comparable(held) in row for held in said for row in trained)
        assert not leaks(Path(dataset.path))
        assert dataset.counts["left_out_for_secrecy"] == len(given_away)
        splits = [*dataset.train, *dataset.validation, *dataset.held_out]
        assert len(splits) == len(set(splits))


def test_an_unvetted_exam_question_is_not_examined(tmp_path: Path) -> None:
    nuggets, _, papers = world(2)
    questions = [*asked(0, Purpose.TRAIN), *asked(0, Purpose.EXAM, vetted=False)]
    assert not freeze(tmp_path, "lamps", nuggets, questions, papers, OLD).held_out


def test_without_a_training_row_there_is_nothing_to_do(tmp_path: Path) -> None:
    nuggets, _, papers = world(2)
    with pytest.raises(NothingToDo):
        freeze(tmp_path, "lamps", nuggets, asked(0, Purpose.EXAM), papers, OLD)


def test_a_question_about_another_nugget_is_refused(tmp_path: Path) -> None:
    nuggets, questions, papers = world(2)
    with pytest.raises(BadInput, match="not about any"):
        freeze(tmp_path, "lamps", nuggets[:1], questions, papers, OLD)


def test_a_cloze_question_keeps_its_gap_and_is_answered_after_it() -> None:
    stem = f"Fill in: lamp 3 burns {GAP}.\nAnswer:"
    question = asked(3, Purpose.TRAIN)[1].replace(stem=stem)
    assert text(question) == f"{stem} 3 hours"


def test_a_row_names_its_source_and_an_answer_stands_apart_from_its_prompt(tmp_path: Path) -> None:
    nuggets, questions, papers = world(2)
    dataset = freeze(tmp_path, "lamps", nuggets, questions, papers, OLD)
    lines = (Path(dataset.path) / "train.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert {one["source"] for one in found} == {*dataset.train, "replay"}
    [asked_one] = [one for one in found if "lamp 1" in one.get("prompt", "")]
    assert asked_one["prompt"] == "Question: How long does lamp 1 burn?\nAnswer:"
    assert asked_one["completion"] == " 1 hours"
    assert row_text(row(asked(3, Purpose.PROBE)[0])) == "As for lamp 3, it burns 3 hours."


CONTROL = (6, 7)
"""Nuggets of a paper of which nothing is taught."""


def controlled(folder: Path, extra: list[Question]) -> Path:
    """A frozen set of six nuggets, with two of another paper as control, and a retention set."""
    nuggets, questions, papers = world(8)
    exam = [q for i in CONTROL for q in asked(i, Purpose.EXAM)]
    old = asked(5, Purpose.EXAM)[0].replace(nugget="book", stem=f"Old lamps burn {GAP}.")
    about = [q for q in questions if q.nugget in {n.id for n in nuggets[:6]}]
    dataset = freeze(
        folder, "lamps", nuggets[:6], [*about, *exam, *extra], papers, [*OLD, text(old)],
        untaught=[nuggets[i] for i in CONTROL], retention=[old],
    )  # fmt: skip
    assert set(dataset.control) == {q.id for q in exam}
    return Path(dataset.path)


def test_nothing_of_the_examination_was_in_training(tmp_path: Path) -> None:
    """No wording, no set of options, no paper of the control; shown from the files alone."""
    every = Question(
        nugget=nugget(2).id, kind=QuestionKind.STATEMENT, form="list", purpose=Purpose.TRAIN,
        stem="Lamps burn 2 hours, 90 hours or 91 hours.", vetted=True,
    )  # fmt: skip
    place = controlled(tmp_path, [every])
    assert not leaks(place)
    assert not any("90 hours" in one or "Old lamps" in one for one in rows(place))


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("train.jsonl", lambda t: t + json.dumps(
            {"text": "One may say that lamp 6 burns 6 hours.", "source": "replay"}), "wording"),
        ("train.jsonl", lambda t: t + json.dumps(
            {"text": "Not 6 hours, 90 hours, 91 hours.", "source": "q"}), "every option"),
        ("manifest.json", lambda t: t.replace('"claim"', '"exam"'), "both trains and examines"),
        ("manifest.json", lambda t: t.replace('"control_papers": [', f'"control_papers": '
            f'["{paper(0).id}",'), "are the control"),
        ("exam.jsonl", lambda t: t.replace("lamp 1", "lamp 9"), "not the file"),
    ],
)  # fmt: skip
def test_whatever_leaks_is_found(
    tmp_path: Path, name: str, change: Callable[[str], str], said: str
) -> None:
    """The proof is no proof if it cannot fail."""
    file = controlled(tmp_path, []) / name
    file.chmod(0o644)
    file.write_text(change(file.read_text()))
    assert any(said in one for one in leaks(file.parent))


def test_the_control_is_of_papers_that_are_not_taught(tmp_path: Path) -> None:
    nuggets, questions, papers = world(4)
    with pytest.raises(BadInput, match="no control"):
        freeze(tmp_path, "lamps", nuggets[:3], questions[:1], papers, OLD, untaught=nuggets[3:])
    with pytest.raises(BadInput, match="no frozen training set"):
        leaks(tmp_path)
