"""The sample target: a genuine model directory that knows its school book."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.target import Recipe, build, learn_tokens, pace, read_book
from evals.examine import examine
from memory.records import Nugget, Purpose, Question
from tests.agent.sample import NOUNS, Truth, truths
from tools.models.hf import HFTarget
from tools.teachers.offline import OfflineTeacher

SHORT = Recipe(steps=2, rows=2, columns=16)


def questions_of(folder: Path) -> list[Question]:
    lines = (folder / "retention.jsonl").read_text("utf-8").splitlines()
    return [Question.model_validate_json(line) for line in lines]


def nugget_of(truth: Truth) -> Nugget:
    noun, article = NOUNS[truth.relation]
    claim = f"The {noun} of {truth.stone} is {article}{truth.value}."
    return Nugget(paper="p", passage=truth.id, page=1, claim=claim, quote=claim, start=0, end=1)


def asked(kinds: set[str], purpose: Purpose) -> list[Question]:
    """The offline teacher's questions about facts of some kinds that the papers state."""
    teacher = OfflineTeacher()
    pool = {truth: nugget_of(truth) for truth in truths() if truth.papers}
    return [
        question
        for truth, nugget in pool.items()
        if truth.kind in kinds
        for question in teacher.questions(nugget, list(pool.values()))
        if question.purpose is purpose and question.options
    ]


@pytest.mark.slow
def test_it_knows_its_book_in_words_it_never_read(small_target: Path) -> None:
    score = examine(HFTarget.load(small_target), questions_of(small_target), "old").score
    assert score.value is not None
    assert score.value >= 0.97


@pytest.mark.slow
def test_restated_facts_are_known_and_new_ones_are_not(small_target: Path) -> None:
    target = HFTarget.load(small_target)
    known = examine(target, asked({"restated"}, Purpose.PROBE), "known").score.value
    new = examine(target, asked({"new"}, Purpose.EXAM), "new").score.value
    assert known is not None
    assert new is not None
    assert known >= 0.95
    assert new <= 0.40


def test_a_broken_build_leaves_nothing_and_the_next_one_is_whole(tmp_path: Path) -> None:
    def give_up(step: int, steps: int, loss: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "target", give_up, SHORT)
    assert list(tmp_path.iterdir()) == []
    seen: list[int] = []
    build(tmp_path / "target", lambda step, steps, loss: seen.append(step), SHORT)
    assert seen == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_the_same_recipe_gives_the_same_files_and_a_finished_one_is_kept(tmp_path: Path) -> None:
    one, two = build(tmp_path / "one", None, SHORT), build(tmp_path / "two", None, SHORT)
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in two.iterdir())
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    build(one, lambda *_: pytest.fail("trained again"), SHORT)


def test_it_is_an_ordinary_model_directory(tmp_path: Path) -> None:
    folder = build(tmp_path / "target", None, SHORT)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["architectures"] == ["LlamaForCausalLM"]
    target = HFTarget.load(folder)
    assert 0.9e6 < target.parameters < 1.2e6
    tokenizer = target.tokenizer
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == config["eos_token_id"]
    texts = (folder / "replay.txt").read_text("utf-8").split("\n\n")
    assert [text.strip() for text in texts] == read_book(book())


def book() -> str:
    from agent.demo.book import SAMPLE

    return (SAMPLE / "book.md").read_text("utf-8")


TOKENS = learn_tokens(read_book(book()), Recipe())


@given(st.text())
def test_every_text_survives_the_tokenizer(text: str) -> None:
    assert TOKENS.decode(TOKENS.encode(text)) == text


@given(st.integers(0, 299))
def test_the_pace_rises_then_falls_and_never_stops(step: int) -> None:
    recipe = Recipe()
    now, after = pace(step, recipe), pace(step + 1, recipe)
    assert 0 < now <= 1
    assert after > now if step < recipe.warmup - 1 else after <= now
