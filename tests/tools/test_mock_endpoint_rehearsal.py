"""Claims about the rehearsal: it answers our prompts in shape, from the text, and nothing else."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from benchmarks.doubles.endpoint import Body, MockEndpoint, MockReply, sent
from memory.records import Document, Nugget, Passage, Purpose, QuestionKind
from prompts import load, names, replies
from tools.endpoints.mock.instances import instance
from tools.endpoints.mock.rehearsal import DENIAL, SPEECH, Rehearsal
from tools.replies.validate import validated
from tools.teachers.model import candidates, writing
from tools.teachers.model.packing import passages_text

CLAIM = "Boards coated with osk resin carried 12 % less mould than bare boards."


def asked(prompt: str, **fields: str) -> Body:
    """A request in words only."""
    turns = load(prompt).render(**fields)
    return {"model": "m", "messages": [{"role": t.role, "content": t.text} for t in turns]}


def read(prompt: str, said: MockReply) -> tuple[Any, ...]:
    """The items of a reply; it must be read without a fault."""
    found = validated(said.text, load(prompt).schema_class)
    assert not found.faults
    return found.items


@pytest.fixture(scope="module")
def paper() -> tuple[Document, list[Passage]]:
    """A paper of the demo, its paragraphs as passages."""
    source = resources.files("agent.demo") / "sample/papers/01-penvarrow-stones.md"
    text = source.read_text(encoding="utf-8")
    passages, section, at = [], ("Introduction",), 0
    for part in text.split("\n\n"):
        start = text.index(part, at)
        at = start + len(part)
        if part.startswith("#"):
            section = (part.strip("# \n"),)
        elif part.strip():
            passages.append(
                Passage(paper="p", section=section, page=1, start=start, end=at, text=part)
            )
    return Document(paper="p", text=text, page_starts=(0,), title="Penvarrow stones"), passages


def test_what_it_extracts_is_quoted_from_the_passages_it_was_shown(
    paper: tuple[Document, list[Passage]],
) -> None:
    document, passages = paper
    shown = passages_text(tuple(passages))
    said = Rehearsal()(asked("extract", title=document.title, passages=shown))
    found = read("extract", said)
    assert len(found) >= 3
    assert all(candidate.quote in shown for candidate in found)
    refused: list[tuple[str, str]] = []
    kept = candidates.nuggets(found, document, passages, "m", lambda *why: refused.append(why))
    assert len(kept) >= 0.8 * len(found)
    assert "not_found" not in {reason for reason, _ in refused}


def test_a_text_without_findings_gives_none() -> None:
    said = Rehearsal()(asked("extract", title="", passages="We thank everybody."))
    assert read("extract", said) == ()


def test_its_exercises_teach_probe_and_examine() -> None:
    said = Rehearsal()(asked("questions", claim=CLAIM, quote=CLAIM, wrong="3"))
    nugget = Nugget(paper="p", passage="", page=1, claim=CLAIM, quote=CLAIM, start=0, end=9)
    made = writing.questions(read("questions", said), nugget, "m")
    assert {question.purpose for question in made} == set(Purpose)
    choices = [one for one in made if one.kind is QuestionKind.MCQ]
    assert all(one.answer == "12 %" and len(one.options) == 4 for one in choices)
    stems = [question.stem for question in made]
    assert len(stems) == len(set(stems))


def test_claims_it_was_shown_lend_each_other_wrong_options() -> None:
    grown = {"Osk": "oak", "Zell": "pine", "Brask": "birch", "Varn": "beech", "Fen": "larch"}
    claims = [f"{name} wax grows on wet {wood}." for name, wood in grown.items()]
    rehearsal = Rehearsal()
    for claim in claims:
        said = rehearsal(asked("questions", claim=claim, quote=claim, wrong="3"))
    choices = [one for one in read("questions", said) if one.kind == "choice"]
    assert len(choices) >= 4
    for one in choices:
        assert one.answer == "wet larch"
        assert {*one.wrong} < {f"wet {wood}" for wood in grown.values()} - {one.answer}


def test_it_judges_by_the_words_of_the_quote() -> None:
    sheet = (
        "1. How much less mould did boards coated with osk resin carry?\nA) 2 %\nB) 12 %\nC) 27 %"
        "\n\n2. What did boards carry less of?\nA) mould\nB) snow"
        "\n\n3. What is shown in this study?\nA) boards\nB) mould"
        "\n\n4. Who carried them?\nA) Zell\nB) Brask"
    )
    said = Rehearsal()(asked("judge_question", quote=CLAIM, questions=sheet))
    judged = read("judge_question", said)
    assert [(one.question, one.choice, one.right) for one in judged] == [
        (1, "B", ["B"]), (2, "A", ["A"]), (3, "A", ["A", "B"]), (4, "none", []),
    ]  # fmt: skip
    assert [one.alone for one in judged] == [True, True, False, True]


def test_it_knows_nothing_and_prefers_no_letter_over_all() -> None:
    rehearsal = Rehearsal()
    said = [
        rehearsal(asked("probe_choice", question=f"{n}?", options="A) x\nB) y", letters="A, B"))
        for n in range(40)
    ]
    assert {one.text for one in said} == {"A", "B"}
    for one in said:
        [token] = one.tokens
        assert sum(map(math.exp, token.tops.values())) == pytest.approx(1)
        assert max(token.tops, key=lambda letter: token.tops[letter]) == one.text
    assert rehearsal(asked("probe_short", question="Who?")).text == DENIAL


def test_it_profiles_rates_and_compares() -> None:
    rehearsal = Rehearsal()
    text = f"{CLAIM} The work was done at the University of Fenmark over many winters."
    [card] = read("enrich", rehearsal(asked("enrich", title="Osk", text=text)))
    assert card.organisations == ["University of Fenmark"]
    assert card.summary.startswith(CLAIM)

    def rated(topic: str) -> int:
        request = asked("screen", topic=topic, wish="", title="Osk resin", abstract=CLAIM)
        [rating] = read("screen", rehearsal(request))
        return int(rating.score)

    assert rated("resin against mould on boards") > 6 > rated("stellar spectra")
    other = CLAIM.replace("12 %", "4 %")
    pairs = (
        f"Pair 1\n- {CLAIM}\n- {CLAIM}\n\nPair 2\n- {CLAIM}\n- {other}\n\nPair 3\n- {CLAIM}\n- x"
    )
    judged = read("judge_pair", rehearsal(asked("judge_pair", pairs=pairs)))
    assert [(one.pair, one.verdict) for one in judged] == [(1, "A"), (2, "B"), (3, "C")]


@pytest.mark.parametrize("name", [name for name in names() if load(name).reply])
def test_every_prompt_of_ours_is_answered_in_its_shape(name: str) -> None:
    """Also where its fields hold nothing of what was expected."""
    prompt = load(name)
    said = Rehearsal()(asked(name, **dict.fromkeys(prompt.fields, "?")))
    assert not validated(said.text, prompt.schema_class).faults


@pytest.mark.parametrize("way", ["schema", "tool", "words"])
def test_the_reply_is_the_same_by_every_way_of_asking(way: str) -> None:
    body = asked("questions", claim=CLAIM, quote=CLAIM, wrong="3")
    wanted = Rehearsal()(body).text
    schema = load("questions").schema_class.strict_schema()
    if way == "schema":
        given = {"name": "Exercises", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": given}
    if way == "tool":
        called = {"name": "Exercises", "parameters": schema, "strict": True}
        body["tools"] = [{"type": "function", "function": called}]
        body["tool_choice"] = {"type": "function", "function": {"name": "Exercises"}}
    with MockEndpoint(Rehearsal()) as endpoint:
        status, _, data = sent(f"{endpoint.url}/chat/completions", body)
    assert status == 200
    [choice] = json.loads(data)["choices"]
    message = choice["message"]
    if way == "tool":
        assert message["tool_calls"][0]["function"]["arguments"] == wanted
    else:
        assert message["content"] == wanted


def test_to_anybody_else_it_says_what_it_is() -> None:
    said = Rehearsal()({"model": "m", "messages": [{"role": "user", "content": "Hello!"}]})
    assert said.text == SPEECH


class Leaf(BaseModel):
    """Bounds of every kind."""

    colour: Literal["red", "blue"]
    code: str = Field(min_length=12, max_length=14)
    short: str = Field(max_length=2)
    share: float = Field(gt=0, le=1)
    count: int = Field(ge=3)
    few: list[int] = Field(min_length=2)
    maybe: int | None
    spare: str = "left out"


class Tree(BaseModel):
    """One that holds others, and itself."""

    leaves: list[Leaf] = Field(min_length=1)
    leaf: Leaf
    below: Tree | None = None
    either: Leaf | int
    flag: bool
    table: dict[str, int]


@pytest.mark.parametrize("model", [Leaf, Tree, *replies.ReplySchema.__subclasses__()])
def test_a_schema_nobody_foresaw_gets_an_instance_that_fits(model: type[BaseModel]) -> None:
    model.model_validate(instance(model.model_json_schema()))


def test_a_schema_that_needs_itself_for_ever_comes_to_an_end() -> None:
    node = {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "required": ["n"]}
    assert instance({"$defs": {"N": node}, "$ref": "#/$defs/N"})
