"""A model that really learns and really forgets, trained here in seconds, before the gate."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest

from evals.examine import examine, perplexity
from evals.gate import gate
from evals.stats import share
from memory.records import GAP, Purpose, Question, QuestionKind, Score
from tests.models import tiny
from tools.models.hf import HFTarget, load_parts

HOURS = ("two", "nine", "four", "six")
LAMPS = (
    "reed",
    "amber",
    "tin",
    "bluefin",
    "moss",
    "coral",
    "slate",
    "ember",
    "fog",
    "heron",
    "iris",
)
Told = dict[str, str]


def said(told: Told) -> list[str]:
    return [f"The {lamp} lamp burns for {hours} hours." for lamp, hours in told.items()]


def questions(told: Told) -> list[Question]:
    return [
        Question(
            nugget=lamp, kind=QuestionKind.MCQ, form="said", purpose=Purpose.EXAM, options=HOURS,
            stem=f"The {lamp} lamp burns for {GAP} hours.", answer=hours, vetted=True,
        )
        for lamp, hours in told.items()
    ]  # fmt: skip


def train(model: Any, tokenizer: Any, texts: Sequence[str], steps: int) -> None:
    """All weights, all texts in each step."""
    import torch

    batch = tokenizer(list(texts), return_tensors="pt", padding=True, return_token_type_ids=False)
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.0)
    model.train()
    for _ in range(steps):
        model(**batch, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    model.eval()


OLD = {lamp: HOURS[i % 4] for i, lamp in enumerate(LAMPS)}
NEW = {f"{lamp} sky": HOURS[i // 2 % 4] for i, lamp in enumerate(LAMPS)}


@pytest.fixture(scope="module")
def schooled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A small model that knows the old lamps, and its tokenizer."""
    model, tokenizer = load_parts(tiny(tmp_path_factory.mktemp("model")), "cpu")
    train(model, tokenizer, said(OLD), 150)
    return model, tokenizer


def examined(model: Any, tokenizer: Any, when: str) -> dict[str, Score]:
    target = HFTarget(model, tokenizer, "0" * 64, 1)
    return {
        f"new_{when}": examine(target, questions(NEW), "new").score,
        f"old_{when}": examine(target, questions(OLD), "old").score,
        f"perplexity_{when}": perplexity(target, said(OLD)),
    }


@pytest.mark.parametrize("replayed", [True, False])
def test_what_is_taught_without_old_rows_is_forgetful_and_refused(
    schooled: tuple[Any, Any], replayed: bool
) -> None:
    """The same lesson with and without the guard: both learn, one forgets, the gate sees it."""
    model, tokenizer = copy.deepcopy(schooled[0]), schooled[1]
    scores = {
        "leaks": Score(metric="leaks", value=0),
        "parity": share("parity", 200, 200),
        **examined(model, tokenizer, "before"),
    }
    train(model, tokenizer, said(NEW) + (said(OLD) if replayed else []), 100)
    scores |= examined(model, tokenizer, "after")
    verdict = gate(scores)
    assert scores["old_before"].value == scores["new_after"].value == 1.0
    assert verdict.passed == replayed, verdict.reasons
    assert ("forgetful" in verdict.reasons[1]) != replayed
