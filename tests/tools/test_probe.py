"""What the target knows: asked by likelihood, judged in the light of its batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import GAP, Nugget, Probe, Purpose, Question, QuestionKind, Verdict
from tests.models import ScriptedTarget, tiny
from tools.models import Choice, OptionScore
from tools.models.hf import HFTarget
from tools.probe import ask, judge, probe, render
from tools.probe.calibration import fit, odds
from tools.probe.controls import controls_of
from tools.probe.evidence import Evidence

NUGGET = Nugget(paper="p", passage="q", page=1, claim="Tin rings.", quote="Tin", start=0, end=3)
OPTIONS = ("37 hertz", "370 hertz", "41 hertz", "3 hertz")


def question(stem: str, **changes: object) -> Question:
    given = {
        "nugget": NUGGET.id, "kind": QuestionKind.MCQ, "form": "cloze", "purpose": Purpose.PROBE,
        "stem": stem, "options": OPTIONS, "answer": OPTIONS[0], "vetted": True,
    }  # fmt: skip
    return Question.model_validate({**given, **changes})


THREE = [question(f"{who} that tin rings at {GAP}.") for who in ("I hear", "We know", "They say")]


@pytest.mark.parametrize(
    ("stem", "context", "first"),
    [
        (f"Tin rings at {GAP}. It is soft.", "Tin rings at", " 37 hertz."),
        (f"Tin rings at {GAP} when struck! Loudly.", "Tin rings at", " 37 hertz when struck!"),
        (f"Tin ({GAP}) rings", "Tin (", "37 hertz) rings"),
        (f"{GAP} is the tone.", "", "37 hertz is the tone."),
        ("What tone has tin?\nAnswer:", "What tone has tin?\nAnswer:", " 37 hertz"),
        (f"At {GAP} of 1.5 bar. Yes.", "At", " 37 hertz of 1.5 bar."),
    ],
)  # fmt: skip
def test_an_option_is_read_in_its_sentence(stem: str, context: str, first: str) -> None:
    """The rest of the sentence tells 37 from the beginning of 370."""
    choice = render(question(stem))
    assert choice.context == context
    assert choice.options[0] == first


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_right_option_in_place_gives_back_the_stem(before: str, after: str) -> None:
    asked = question(f"{before}{GAP}{after}")
    context, options = render(asked)
    whole = asked.stem.replace(GAP, OPTIONS[0], 1)
    assert whole.startswith(context + options[0]) or GAP in before


METALS = ("tin", "lead", "zinc", "iron", "gold", "cobalt", "nickel", "copper", "silver", "chrome")
Asked = list[tuple[Nugget, list[Question]]]


def batch(names: Sequence[str] = METALS, seed: int = 0) -> Asked:
    """Nuggets that ask the same of different metals: three wordings, four options each."""
    dice, items = Random(seed), []
    for name in names:
        answer, *wrong = dice.sample(range(30, 90), 4)
        options = [f"{n} hertz" for n in (answer, *wrong)]
        nugget = NUGGET.model_copy(update={"id": name})
        items.append((nugget, [
            question(f"{who} that the tone of {name} is {GAP}.", nugget=name, form=who,
                     options=tuple(dice.sample(options, 4)), answer=options[0],
                     explanation=f"The tone of {name} is {options[0]}.")
            for who in ("I hear", "We know", "They say")
        ]))  # fmt: skip
    return items


class Scholar(ScriptedTarget):
    """Is sure of the option told it for a name; else sure of nothing, but fond of some options."""

    def __init__(self, told: dict[str, str], fond: Sequence[str] = ()) -> None:
        super().__init__({})
        self.told, self.fond = told, fond

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        self.asked += choices
        return [[self._likes(choice.context, option) for option in choice.options]
                for choice in choices]  # fmt: skip

    def _likes(self, context: str, option: str) -> OptionScore:
        name = next((word for word in METALS if f"of {word}" in context), "")
        guess = -5.0 - sum(f"{context}{option}".encode()) % 100 / 50
        if self.told.get(name, "?") in option:
            return OptionScore(-0.1, 3)
        return OptionScore(guess + 2 * any(one in option for one in self.fond), 3)


def verdicts(found: Sequence[Probe]) -> dict[str, Verdict]:
    return {one.nugget: one.verdict for one in found}


def test_what_is_told_is_known_what_is_not_is_unknown_and_another_value_contradicts() -> None:
    items = batch()
    told = {nugget.id: asked[0].answer for nugget, asked in items[:4]}
    other = next(option for option in items[4][1][0].options if option != items[4][1][0].answer)
    found = probe(items, Scholar({**told, "gold": other}), "version")
    said = verdicts(found)
    assert {said[name] for name in told} == {Verdict.KNOWN}
    assert said["gold"] is Verdict.CONTRADICTED
    assert other in found[4].reason
    assert Verdict.KNOWN not in {said[name] for name in METALS[5:]}
    for one in found:
        assert 0 <= one.low <= one.p_known <= one.high <= 1
        assert len(one.probabilities) == len(one.questions) == 3


@pytest.mark.parametrize("size", [1, 5])
def test_a_small_batch_is_judged_by_what_other_models_taught(size: int) -> None:
    """Nothing can be learnt from one nugget: the priors decide."""
    items = batch(METALS[:size])
    told = {nugget.id: asked[0].answer for nugget, asked in items}
    sure, ignorant = (probe(items, Scholar(known), "version") for known in (told, {}))
    assert {one.verdict for one in sure} == {Verdict.KNOWN}
    assert all(one.p_known < 0.5 for one in ignorant)


def test_a_batch_asked_in_parts_and_in_another_order_gives_the_same() -> None:
    """A run that is killed and resumed must find what an undisturbed one finds."""
    items = batch()
    target = Scholar({"tin": items[0][1][0].answer, "iron": items[3][1][0].answer})
    whole = {one.nugget: one for one in probe(items, target, "version")}
    around = [q for _, asked in items for q in asked]
    parts = [one for at in (6, 0, 3) for one in ask(items[at : at + 3], target, "v", around)]
    parts += ask(items[9:], target, "v", around)
    again = {one.nugget: one.replace(model="version") for one in judge(parts[::-1])}
    assert again == whole


def test_where_an_option_stands_does_not_matter() -> None:
    items = batch()
    turned = [(n, [q.model_copy(update={"options": q.options[::-1]}) for q in asked])
              for n, asked in items]  # fmt: skip
    target = Scholar({"tin": items[0][1][0].answer})
    one, other = (probe(some, target, "version") for some in (items, turned))
    assert [p.p_known for p in one] == [p.p_known for p in other]


@pytest.mark.parametrize("nats", [-1.5, 1.5])
def test_how_long_an_answer_is_does_not_matter(nats: float) -> None:
    """Long options lose likelihood with every word; some models are fond of them all the same."""
    items = batch()
    known, unknown = items[0][1][0].answer, items[1][1][0].answer
    longer = {known: f"about {known} at noon", unknown: f"about {unknown} at noon"}
    for _, asked in items:
        for place, q in enumerate(asked):
            options = tuple(longer.get(option, option) for option in q.options)
            answer = longer.get(q.answer, q.answer)
            asked[place] = q.model_copy(update={"options": options, "answer": answer})

    class Biased(Scholar):
        def _likes(self, context: str, option: str) -> OptionScore:
            found = super()._likes(context, option)
            more = nats * option.count(" at noon") if found.logprob < -0.1 else 0.0
            return OptionScore(found.logprob + 3 * more, found.tokens)

    said = verdicts(probe(items, Biased({"tin": known}), "version"))
    assert said["tin"] is Verdict.KNOWN
    assert said["lead"] in (Verdict.UNKNOWN, Verdict.PARTLY)


def test_what_is_favoured_after_controls_stems_too_is_not_knowledge() -> None:
    """A model that knows nothing still prefers short and frequent options, always the same."""
    items = batch()
    fond = [asked[0].answer for _, asked in items[:5]]
    found = probe(items, Scholar({}, fond), "version")
    assert not {Verdict.KNOWN, Verdict.CONTRADICTED} & set(verdicts(found).values())


def test_a_model_with_random_weights_knows_nothing_and_contradicts_nothing(tmp_path: Path) -> None:
    """It is sure of itself all the same: its weights are four times the usual size."""
    found = probe(batch(), HFTarget.load(tiny(tmp_path)), "version")
    assert not {Verdict.KNOWN, Verdict.CONTRADICTED} & set(verdicts(found).values())


def test_earlier_probes_help_and_are_not_judged_again() -> None:
    items = batch()
    target = Scholar({nugget.id: asked[0].answer for nugget, asked in items[5:]})
    around = [q for _, asked in items for q in asked]
    probes = ask(items, target, "version", around)
    new = judge(probes[:1], earlier=probes[1:])
    assert [one.nugget for one in new] == ["tin"]
    assert new[0].p_known < judge(probes[:1])[0].p_known + 0.1


def test_what_nobody_asked_is_unprobed_not_unknown() -> None:
    target = ScriptedTarget(lambda choice: 0)
    others = [question("Tin rings.", purpose=Purpose.EXAM), question("Tin?", vetted=False)]
    first, second = probe(
        [(NUGGET, []), (NUGGET.model_copy(update={"id": "n"}), others)], target, "version"
    )
    assert first.verdict is second.verdict is Verdict.UNPROBED
    assert not target.asked
    assert (first.low, first.high) == (0, 1)


def test_an_unreadable_answer_is_left_out() -> None:
    class Silent(ScriptedTarget):
        def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
            return [[OptionScore(math.nan, 1)] * 4 for _ in choices]

    (found,) = probe([(NUGGET, THREE)], Silent(lambda choice: 0), "version")
    assert found.verdict is Verdict.UNPROBED
    assert not found.questions


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    items = [(NUGGET.model_copy(update={"id": f"n{i}"}), THREE) for i in range(120)]
    found = probe(items, ScriptedTarget(lambda choice: 0), "version",
                  on_progress=lambda *at: told.append(at))  # fmt: skip
    assert [one.nugget for one in found] == [f"n{i}" for i in range(120)]
    assert told == [(256, 360), (360, 360)]


def test_controls_ask_the_same_of_another_subject_where_there_are_any() -> None:
    asked = {nugget.id: qs for nugget, qs in batch()}
    lamp = question(f"I hear that the lamp of Ostrava was lit in {GAP}.", nugget="lamp",
                    form="I hear", options=("1874", "1902", "1911"), answer="1874")  # fmt: skip
    chosen = controls_of({**asked, "lamp": [lamp]})
    assert chosen["tin"].alike
    assert not {"tin", "lamp"} & set(chosen["tin"].nuggets)
    assert not chosen["lamp"].alike
    assert chosen["lamp"].nuggets


def drawn(count: int, share: float, seed: int) -> tuple[list[Evidence], list[bool]]:
    """Evidence as a model might give it: known answers near certainty, others wherever."""
    chance = np.random.default_rng(seed)

    def row(known: bool) -> tuple[float, ...]:
        expected = chance.normal(-6, 1.5)
        sure = chance.normal(1, 2) if known else expected + chance.normal(0, 2)
        return sure, expected, (sure - expected) / 2, 0.0, 0.5

    truth = [bool(known) for known in chance.random(count) < share]
    return [Evidence(("a",), (row(known),), tuple(row(False) for _ in range(4)))
            for known in truth], truth  # fmt: skip


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
def test_a_belief_is_right_as_often_as_it_says_without_a_label(share: float) -> None:
    """The share that is known comes out of the batch itself, wherever it lies; the priors, made on
    models that know some facts by halves, keep a fifth of doubt where these are told apart well.

    Of a quarter of one batch the draw of what is known and the fit are each off by 0.03; so it is
    the mean over batches that is held to a fifth, give or take four of its own standard errors."""
    off = []
    for seed in range(20):
        evidence, truth = drawn(600, share, seed)
        fitted = fit(evidence)
        believed = odds(fitted.theta[0] + fitted.ratio(np.array([e.rows[0] for e in evidence])))
        wrong = believed - truth
        quarters = np.array_split(np.argsort(believed), 4)
        off.append([*(wrong[part].mean() for part in quarters), wrong.mean()])
    error = np.std(off, axis=0, ddof=1) / math.sqrt(len(off))
    assert (abs(np.mean(off, axis=0)) < np.array([0.2, 0.2, 0.2, 0.2, 0.1]) + 4 * error).all()
