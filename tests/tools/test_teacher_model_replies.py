"""Claims about reading replies: what can be read is read, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.doubles.scripted import candidate, reply_of
from prompts.replies import Candidate, Exercise, Exercises, Extraction
from tools.replies.validate import Validated, is_error_body, validated

ONE = candidate('Osk resin, a tree\'s "blood", melts at 412 °C 😀.', entities=["osk resin", "tree"])
TWO = candidate("Mould {grey} grows, on: [bare] boards \\ \n at night.", sure=7, keywords=[])
WHOLE = reply_of(ONE, TWO)
RIGHT = (Candidate(**ONE), Candidate(**TWO))

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
candidates = st.builds(
    candidate,
    claim=texts,
    quote=texts,
    entities=st.lists(texts, max_size=3),
    keywords=st.lists(texts, max_size=3),
    sure=st.integers(1, 10),
)


def items(text: str) -> tuple[object, ...]:
    return validated(text, Extraction).items


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        json.dumps(json.loads(WHOLE), indent=2),
        f"```json\n{WHOLE}\n```",
        f"Here is the list you {{asked}} for [1]:\n\n{WHOLE}\n\nI hope that it's of use!",
        f'<think>Say {{"nuggets": []}} or {reply_of(TWO)}?</think>\n{WHOLE}',
        f"First draft: {reply_of(TWO)}\nFinal answer:\n```\n{WHOLE}\n```",
        WHOLE.replace("}]}", "},],}"),
        str(json.loads(WHOLE)),
        WHOLE.replace("}, {", "} {"),
        json.dumps(WHOLE),
        json.dumps([ONE, TWO]),
        f"{json.dumps(ONE)}\n{json.dumps(TWO)}",
        json.dumps({"result": {"nuggets": [ONE, TWO]}}),
        json.dumps({"findings": [ONE, TWO], "note": "that is all"}),
        json.dumps([{"nuggets": [ONE]}, {"nuggets": [TWO]}]),
        WHOLE.replace('"nuggets"', "nuggets"),
        WHOLE.replace('"sure": 9', '"sure": "9"').replace('"sure": 7', '"sure": 7.0'),
        WHOLE.replace('"sure": 9', '"sure": "9/10"').replace('"sure": 7', '"sure": "7.0"'),
        WHOLE.replace('"keywords": []', '"keywords": null, "page": 3'),
        WHOLE.replace('["osk resin", "tree"]', '"osk resin, tree"'),
        WHOLE.replace('"finding"', '"Finding "'),
        WHOLE.replace("\\n", "\n"),
    ],
)
def test_what_models_do_to_json_costs_nothing(text: str) -> None:
    found = validated(text, Extraction)
    assert found.faults == ()
    assert found.items == RIGHT


def test_typographic_quotes_are_read_as_the_quotes_they_stand_for() -> None:
    curly = reply_of(candidate("Osk resin melts.")).replace(' "', " “").replace('"', "”")
    assert items(curly) == (Candidate(**candidate("Osk resin melts.")),)


def test_quotes_inside_a_string_that_nobody_escaped_stay_in_it() -> None:
    said = reply_of(candidate("The QUOTEosk effectQUOTE was seen.")).replace("QUOTE", '"')
    assert items(said) == (Candidate(**candidate('The "osk effect" was seen.')),)


def test_a_reply_cut_off_anywhere_gives_what_was_whole_and_says_so() -> None:
    """No string is closed and no number ended that the model did not close or end."""
    ends = [WHOLE.index("}, {") + 1, len(WHOLE) - 2]
    for cut in range(len(WHOLE)):
        found = validated(WHOLE[:cut], Extraction)
        assert found.items == RIGHT[: sum(cut >= end for end in ends)]
        assert found.faults


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I could not find any nuggets.",
        "See [] and {} for details.",
        "{}",
        '{"nuggets": null}',
        '{"nuggets": "none"}',
        '{"error": {"message": "overloaded", "details": []}}',
        '{"detail": [{"loc": ["body"], "msg": "field required"}]}',
        "[" * 9_000,
        '{"a":' * 9_000,
        '{"nuggets": [' * 9_000,
        '{"nuggets": ' + "9" * 9_000,
        '<think>{"nuggets": []}',
    ],
)
def test_what_is_no_answer_is_a_fault_never_an_empty_answer(text: str) -> None:
    found = validated(text, Extraction)
    assert found.items == ()
    assert found.faults


@pytest.mark.parametrize(
    "text", ['{"nuggets": []}', "[]", "```json\n[]\n```", '{"a": {"nuggets": []}}']
)
def test_an_empty_list_is_an_answer(text: str) -> None:
    assert validated(text, Extraction) == Validated((), ())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"claim": ""}, "claim"),
        ({"quote": "  "}, "quote"),
        ({"quote": None}, "quote"),
        ({"kind": "opinion"}, "kind"),
        ({"sure": 11}, "sure"),
        ({"sure": "very"}, "sure"),
        ({"entities": [{"name": "osk"}]}, "entities"),
        ({"claim": "Half a character \ud83d."}, "item"),
    ],
)
def test_an_item_with_a_fault_costs_only_itself_and_its_fault_is_told_without_its_words(
    change: dict[str, Any], field: str
) -> None:
    found = validated(json.dumps({"nuggets": [{**ONE, **change}, TWO]}), Extraction)
    assert found.items == RIGHT[1:]
    assert len(found.faults) == 1
    assert found.faults[0].startswith(f"nuggets[0]: {field}")
    assert "osk" not in found.faults[0]


def test_only_an_error_in_place_of_an_answer_is_a_complaint() -> None:
    assert is_error_body('{"error": {"message": "overloaded"}}', Extraction)
    assert not is_error_body(f'{{"error": null, {WHOLE[1:]}', Extraction)
    assert not is_error_body(WHOLE, Extraction)


MUTATIONS = (
    lambda text, n: text,
    lambda text, n: text[: n % (len(text) + 1)],
    lambda text, n: f"```json\n{text}\n```",
    lambda text, n: f"Well, {'{' * (n % 3)} it's [{n}]: {text} That's \"all\".",
    lambda text, n: text.replace("}]", "},]"),
    lambda text, n: text.replace("}, {", "}\n{"),
    lambda text, n: str(json.loads(text)),
    lambda text, n: json.dumps(text),
    lambda text, n: json.dumps({"answer": json.loads(text)}, indent=n % 4),
    lambda text, n: f"<think>{text[: n % 99]}</think>{text}",
)


@given(
    st.lists(candidates, max_size=4),
    st.sampled_from(MUTATIONS),
    st.integers(0, 10**6),
    st.booleans(),
)
def test_a_damaged_reply_gives_some_of_its_items_unchanged_or_a_fault(
    said: list[dict[str, Any]], mutate: Any, n: int, cut: bool
) -> None:
    """Whatever is repaired, nothing is invented."""
    text = mutate(reply_of(*said), n)
    found = validated(text[: n % (len(text) + 1)] if cut else text, Extraction)
    right = [Candidate(**item) for item in said]
    assert all(item in right for item in found.items)
    assert found.faults or len(found.items) == len(right)


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    found = validated(text, Extraction)
    assert found.items == ()
    assert found.faults or text.strip()


def exercise(**more: Any) -> dict[str, Any]:
    plain = {"kind": "choice", "level": "fact", "text": "At what does osk resin melt?"}
    return {**plain, "explanation": "So it was measured.", **more}


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["200 K", "412 K", "3 K"], "412 K"),
        (["200 K", "412 K", "3 K"], "B"),
        (["200 K", "412 K", "3 K"], "b)"),
        (["200 K", "412 K", "3 K"], "2."),
        (["200 K", "412 K", "3 K"], "2"),
        (["200 K", "412 K", "3 K"], "(2) 412 K"),
        (["A) 200 K", "B) 412 K", "C) 3 K"], "B"),
        (["A) 200 K", "B) 412 K", "C) 3 K"], "B) 412 K"),
        (["A) 200 K", "B) 412 K", "C) 3 K"], "412 K"),
        (["1. 200 K", "2. 412 K", "3. 3 K"], 2),
    ],
)
def test_a_letter_or_a_number_names_its_option(options: list[str], answer: object) -> None:
    raw = json.dumps({"exercises": [exercise(options=options, answer=answer)]})
    [item] = validated(raw, Exercises).items
    assert isinstance(item, Exercise)
    assert (item.answer, item.wrong) == ("412 K", ["200 K", "3 K"])


def test_an_option_that_is_a_number_goes_before_the_number_of_an_option() -> None:
    raw = json.dumps({"exercises": [exercise(options=["4", "2", "3"], answer=2)]})
    [item] = validated(raw, Exercises).items
    assert isinstance(item, Exercise)
    assert (item.answer, item.wrong) == ("2", ["4", "3"])


@pytest.mark.parametrize("answer", ["D", "0", "7)", "500 K", "", "B) 200 K", None])
def test_an_answer_that_names_no_option_is_a_fault_never_a_guess(answer: object) -> None:
    raw = json.dumps({"exercises": [exercise(options=["200 K", "412 K", "3 K"], answer=answer)]})
    found = validated(raw, Exercises)
    assert found.items == ()
    assert "none of the options" in found.faults[0]
