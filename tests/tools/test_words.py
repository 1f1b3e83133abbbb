"""Claims about probing a model that only talks: ChatOpenAI against a server on this machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doubles.connections import over
from benchmarks.doubles.endpoint import (
    Body,
    Fault,
    MockEndpoint,
    MockReply,
    Responder,
    busy,
    declined,
    filtered,
    no_key,
)
from benchmarks.doubles.planted_model import HeldFact, PlantedModel
from memory.errors import EndpointTrouble
from memory.records import Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from prompts import load
from tools.probe.words import Cost, Effort, probe
from tools.teachers.model import Loss

STEMS = (
    "Struck, {name} sounds at ____.", "Which tone has {name}?", "The tone of {name} is ____.",
    "Whoever strikes {name} hears ____.",
)  # fmt: skip
Items = list[tuple[Nugget, list[Question]]]


def about(name: str, number: int, longest: bool = False, forms: int = 3) -> tuple[Any, ...]:
    """A nugget on a tone, and its questions. longest: whether the right option is the longest."""
    wrong = [f"{number + step} Hz" for step in (3, 40, 111)]
    right = f"{number} Hz, a tone of its own" if longest else f"{number} Hz"
    nugget = Nugget(
        paper="p", passage="q", page=1, claim=f"{name} sounds.", quote=name, start=0, end=1
    )
    asked = [
        Question(
            nugget=nugget.id, kind=QuestionKind.MCQ, form=f"form {place}", purpose=Purpose.PROBE,
            stem=stem.format(name=name), options=(*wrong, right), answer=right, vetted=True,
        )
        for place, stem in enumerate(STEMS[:forms])
    ]  # fmt: skip
    return nugget, asked


def batch(count: int, **more: Any) -> Items:
    return [about(f"metal {place}", 100 + 7 * place, **more) for place in range(count)]


def planted(items: Items, *strengths: float, denied: bool = False) -> dict[str, HeldFact]:
    """By turns of these strengths; denied: a wrong option is believed instead."""
    return {
        q.stem: HeldFact(q.options[0] if denied else q.answer, strengths[place % len(strengths)])
        for place, (_, questions) in enumerate(items)
        for q in questions
    }


class Probed:
    """What came of probing the model that an endpoint serves."""

    def __init__(self, items: Items, answer: Responder, slots: int = 64, **plan: Any) -> None:
        self.losses: list[Loss] = []
        costs: list[Cost] = []
        with MockEndpoint(answer) as endpoint:
            self.probes: list[Probe] = over(
                endpoint.url,
                lambda line: probe(
                    items, line, "version", Effort(**plan),
                    on_loss=self.losses.append, on_cost=costs.append,
                ),
                in_flight=slots,
            )  # fmt: skip
            self.asked = endpoint.asked
        [self.cost] = costs

    @property
    def verdicts(self) -> Counter[Verdict]:
        return Counter(one.verdict for one in self.probes)


HABITS = [
    {"letter": "B", "letter_love": 9.0}, {"length_love": 9.0}, {"first_love": 9.0},
    {"letter": "C", "letter_love": 2.0, "length_love": -2.0},
    {"pool": ("100 Hz",), "boldness": 1.0},
]  # fmt: skip


@pytest.mark.parametrize("likelihoods", [True, False])
@pytest.mark.parametrize("habit", HABITS, ids=str)
def test_a_model_that_only_has_habits_knows_nothing_and_holds_nothing_else(
    habit: dict[str, Any], likelihoods: bool
) -> None:
    items = batch(5, longest="length_love" in habit and habit["length_love"] > 0)
    found = Probed(items, PlantedModel({}, likelihoods=likelihoods, **habit).answer)
    assert set(found.verdicts) <= {Verdict.UNKNOWN}
    assert all(one.low < 0.5 for one in found.probes)


@pytest.mark.parametrize("likelihoods", [True, False])
def test_what_is_known_seven_times_of_ten_has_an_interval_that_says_so(likelihoods: bool) -> None:
    items = batch(12)
    model = PlantedModel(planted(items, 0.7), letter="A", letter_love=1.0, likelihoods=likelihoods)
    found = Probed(items, model.answer)
    covered = sum(one.low <= 0.7 <= one.high for one in found.probes)
    assert covered >= 11
    assert sum(one.p_known for one in found.probes) / 12 == pytest.approx(0.7, abs=0.1)


def test_a_verdict_is_told_from_each_other_with_its_evidence() -> None:
    """Known, denied and unheard of, side by side; what is denied may be no option at all."""
    items = batch(9)
    facts = {
        **planted(items[:3], 1.0),
        **planted(items[3:6], 1.0, denied=True),
    }
    found = Probed(items, PlantedModel(facts, pool=("tin", "1 Hz", "2 Hz", "9 Hz")).answer)
    wanted = [Verdict.KNOWN] * 3 + [Verdict.CONTRADICTED] * 3 + [Verdict.UNKNOWN] * 3
    assert [one.verdict for one in found.probes] == wanted
    known, denied = found.probes[0], found.probes[3]
    assert 0.5 < known.low < known.p_known <= known.high <= 1
    assert set(known.answers) == {"100 Hz"}
    assert len(known.answers) == len(known.questions) == len(known.probabilities) >= 4
    assert items[3][1][0].options[0] in denied.reason
    for prompt in ("probe_choice", "probe_short"):
        assert load(prompt).made_by in known.made_by


def test_an_answer_that_is_no_option_can_be_what_a_model_is_confident_of() -> None:
    """In words it says what it holds; under letters it must choose."""
    items = batch(4, forms=4)

    def answer(body: Body) -> MockReply:
        text = body["messages"][-1]["content"]
        if "A) " in text:
            return MockReply("ABCD"[len(text) % 4])
        return MockReply("13 Hz" if "metal 3" in text else "I do not know")

    found = Probed(items, answer)
    assert found.verdicts == {Verdict.UNKNOWN: 3, Verdict.CONTRADICTED: 1}
    assert found.probes[3].reason == "it is confident of '13 Hz'"


FAILED: list[tuple[MockReply | Fault, str]] = [
    (busy(), "busy"), (Fault(503, {"error": {"message": "B"}}), "down"), (filtered(), "filtered"),
    (declined("temperature"), "declined"), (Fault(200, {"error": {"message": "B"}}), "error_body"),
    (Fault(200, {"answer": "B"}), "error_body"), (MockReply(""), "empty"),
    (MockReply("B", finish="content_filter"), "filtered"), (MockReply("B", finish="length"), "cut"),
    (MockReply("", refusal="No."), "refused"),
    (MockReply("I'm sorry, but I can't help with that."), "refused"),
    (MockReply("Many would say B to that, and some C."), "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "reason"), FAILED, ids=str)
def test_what_is_no_answer_is_counted_by_name_and_is_no_ignorance(
    reply: MockReply | Fault, reason: str
) -> None:
    found = Probed(batch(2, forms=1), lambda body: reply, patience=3, pilot=0)
    assert found.verdicts == {Verdict.UNPROBED: 2}
    assert {loss.reason for loss in found.losses} == {reason} == set(found.cost.lost)
    for one in found.probes:
        assert reason in one.reason
        assert (one.questions, one.low, one.high) == ((), 0, 1)


def test_a_failed_call_costs_only_itself() -> None:
    items = batch(12)
    model = PlantedModel(planted(items, 0.0, 1.0), faults=0.3, refusals=0.05, chatter=0.1)
    found = Probed(items, model.answer)
    assert [one.verdict for one in found.probes] == [Verdict.UNKNOWN, Verdict.KNOWN] * 6
    assert sum(found.cost.lost.values()) == sum(loss.count for loss in found.losses) > 10


def test_a_wrong_key_passes_through() -> None:
    """No other call would fare better, and no nugget is the wiser for it."""
    with pytest.raises(EndpointTrouble, match="does not accept the key"):
        Probed(batch(2), lambda body: no_key())


@pytest.mark.parametrize(
    "name", ["chat_completion", "azure_chat_completion", "chat_completion_parse"]
)
def test_recorded_replies_to_other_questions_say_nothing(shared: Path, name: str) -> None:
    [first, *_] = json.loads((shared / "llm_api/ddtrace" / f"{name}.json").read_text())
    reply = Fault(first["response"]["status"], json.loads(first["response"]["body"]))
    found = Probed(batch(2, forms=1), lambda body: reply, patience=2)
    assert found.verdicts == {Verdict.UNPROBED: 2}


def test_asking_until_it_is_decided_says_the_same_in_fewer_calls() -> None:
    items = batch(15)
    model = PlantedModel(planted(items, 0.0, 0.0, 1.0), boldness=0.5, likelihoods=False)
    few, all_of_it = (Probed(items, model.answer, adaptive=on) for on in (True, False))
    same = [a.verdict is b.verdict for a, b in zip(few.probes, all_of_it.probes, strict=True)]
    assert sum(same) >= 14
    assert all_of_it.cost.calls == all_of_it.cost.fixed
    assert few.cost.saved > 0.35
    # Two requests found out that there are no likelihoods.
    assert few.cost.calls + 2 == len(few.asked) < 0.65 * len(all_of_it.asked)


def test_neither_the_order_of_the_batch_nor_of_the_replies_matters() -> None:
    items = batch(6)
    model = PlantedModel(planted(items, 0.0, 0.5, 1.0), letter="D", letter_love=1.0, faults=0.1)
    one, other = (
        Probed(some, model.answer, slots=slots).probes
        for some, slots in ((items, 1), (items[::-1], 6))
    )
    assert one == other[::-1]


@pytest.mark.parametrize("most", [20, 5, 0])
def test_likelihoods_are_read_as_far_as_the_endpoint_gives_them(most: int) -> None:
    """It is found out once, not with every call."""
    items = batch(4)
    model = PlantedModel(planted(items, 1.0))

    def answer(body: Body) -> MockReply | Fault:
        asked = body.get("top_logprobs", 0)
        return declined("top_logprobs") if asked > most else model.answer(body)

    found = Probed(items, answer, slots=1)
    assert found.verdicts == {Verdict.KNOWN: 4}
    assert bool(found.cost.likelihoods) is bool(most)
    declines = len(found.asked) - sum(len(one.answers) for one in found.probes)
    assert declines - found.cost.controls == (20, 5, 0).index(most)


def test_only_vetted_probe_questions_are_asked_and_nothing_of_the_paper() -> None:
    nugget, [first, second, third] = about("tin", 70)
    items = [
        (nugget, [first, second.replace(purpose=Purpose.EXAM), third.replace(vetted=False)]),
        about("lead", 30),
    ]
    found = Probed(items, PlantedModel({}).answer)
    asked = [body["messages"][-1]["content"] for body in found.asked]
    assert any(first.stem in text for text in asked)
    assert not any(third.stem in text or second.stem in text for text in asked)
    assert not any("sounds." in text and nugget.claim in text for text in asked)


def test_a_nugget_alone_and_one_without_questions_are_no_trouble() -> None:
    """There is no other nugget to take a control from, and nothing to ask."""
    alone = Probed([about("tin", 70)], PlantedModel(planted([about("tin", 70)], 1.0)).answer)
    assert alone.verdicts == {Verdict.KNOWN: 1}
    assert alone.cost.controls == 0
    nugget, _ = about("tin", 70)
    empty = Probed([(nugget, [])], PlantedModel({}).answer)
    assert empty.verdicts == {Verdict.UNPROBED: 1}
    assert (empty.cost.calls, empty.cost.fixed, empty.asked) == (0, 0, [])


def test_short_questions_are_asked_in_words_and_sampled_again() -> None:
    stem = "How many hertz has tin?\nAnswer:"
    nugget, _ = about("tin", 70)
    asked = Question(
        nugget=nugget.id, kind=QuestionKind.SHORT, form="short", purpose=Purpose.PROBE,
        stem=f"Question: {stem}", answer="70 Hz", vetted=True,
    )  # fmt: skip
    found = Probed([(nugget, [asked])], lambda body: MockReply("70"))
    assert found.verdicts == {Verdict.KNOWN: 1}
    assert all("A) " not in str(body["messages"]) for body in found.asked)
    assert found.asked[0]["messages"][-1]["content"].splitlines()[1] == "How many hertz has tin?"


def test_each_option_stands_at_each_letter_equally_often() -> None:
    """Else a favourite letter would count for or against the right option."""
    seen: Counter[str] = Counter()

    def answer(body: Body) -> MockReply:
        lines: Sequence[str] = body["messages"][-1]["content"].splitlines()
        seen.update(line[0] for line in lines if line.endswith(") 70 Hz"))
        return MockReply("A")

    Probed([about("tin", 70)], answer, adaptive=False, calls=11)
    assert max(seen.values()) - min(seen.values()) <= 1
    assert len(seen) == 4
