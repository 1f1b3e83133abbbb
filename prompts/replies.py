"""What models answer: one list of items each, strict in what we ask, lenient in what we read.

Strict: the JSON schema has every field required and no others, as the structured-output modes of
endpoints want it. Lenient: `"9"` and `9.0` are 9, a letter names its option, a field too many is
left out. Nothing that is missing is made up. How single fields are read stands in `fields`.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from prompts.fields import Code, Letter, Letters, Number, Score, Text, Words

_LETTER = re.compile(r"[(\[]?([A-Za-z]|\d{1,2})(?:[).:\]]\s*(.*))?", re.DOTALL)


class ReplyItem(BaseModel):
    """One element of a reply. The field names and their order are what the model sees."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, data: Any) -> Any:
        """JSON can spell half a character; no file and no database can hold it."""
        if re.search(r"[\ud800-\udfff]", json.dumps(data, ensure_ascii=False, default=str)):
            raise ValueError("holds half a character")
        return data


class Candidate(ReplyItem):
    """A nugget as a model proposes it; whether it is one is decided by code."""

    claim: Text
    quote: Text
    kind: Annotated[Literal["finding", "method", "resource", "definition", "quantity"], Code]
    entities: Words
    keywords: Words
    sure: Score


class Exercise(ReplyItem):
    """Something to teach by or to ask, as a model proposes it."""

    kind: Annotated[Literal["statement", "paraphrase", "short", "choice"], Code]
    level: Annotated[Literal["fact", "concept", "application", "analysis"], Code]
    text: Text
    answer: str
    wrong: Words
    explanation: str

    @model_validator(mode="before")
    @classmethod
    def _from_options(cls, data: Any) -> Any:
        """`options` and a letter (`B`, `2.`, `b) 412 K`), where `wrong` was asked for."""
        if not isinstance(data, dict) or "wrong" in data:
            return data
        if not isinstance(data.get("options"), list):
            return data
        options = [str(option) for option in data["options"]]
        answer = _chosen(str(data.get("answer", "")), options)
        bare = _unlettered(options)
        return {
            **data,
            "answer": bare[answer],
            "wrong": [option for place, option in enumerate(bare) if place != answer],
        }


def _chosen(answer: str, options: list[str]) -> int:
    """Which option an answer means. The option's own words go before a letter or a number."""
    for said in (options, _unlettered(options)):
        if said.count(answer.strip()) == 1:
            return said.index(answer.strip())
    found = _LETTER.fullmatch(answer.strip())
    if found:
        sign = found[1]
        place = int(sign) - 1 if sign.isdigit() else ord(sign.lower()) - ord("a")
        rest = (found[2] or "").strip()
        if 0 <= place < len(options) and rest in ("", options[place], _unlettered(options)[place]):
            return place
    raise ValueError("answer is none of the options")


def _unlettered(options: list[str]) -> list[str]:
    """The options without `A)`, `B)` or `1.`, `2.`, where all of them are so marked in order."""
    for signs in ("abcdefghij", "123456789"):
        marks = [rf"\s*[(\[]?{sign}[).:\]]\s+(?=\S)" for sign in signs]
        found = [re.match(m, o, re.IGNORECASE) for m, o in zip(marks, options, strict=False)]
        if len(options) <= len(signs) and all(found):
            return [o[m.end() :].strip() for o, m in zip(options, found, strict=True) if m]
    return [option.strip() for option in options]


class QuestionJudgement(ReplyItem):
    """What a judge makes of one question: numbers, letters and a score, no words."""

    question: Number
    choice: Letter
    right: Letters
    alone: bool
    score: Score


class ProfileSketch(ReplyItem):
    """What a paper is about, as a model tells it; what of it is true is decided by code."""

    summary: str
    keywords: Words
    people: Words
    organisations: Words
    places: Words


class Rating(ReplyItem):
    """How well a paper fits what somebody looks for. The reason first: it is thought of first."""

    reason: Text
    score: Score


class PairJudgement(ReplyItem):
    """What a judge makes of one pair of claims: a number and a letter, no words."""

    pair: Number
    verdict: Letter


class ReplySchema(BaseModel):
    """A whole reply: an object with one list. An empty list is an answer like any other."""

    model_config = ConfigDict(frozen=True)
    items: ClassVar[str]
    """Name of that list."""
    item: ClassVar[type[ReplyItem]]

    @classmethod
    def strict_schema(cls) -> dict[str, Any]:
        """JSON schema without references, every field required and no other allowed."""
        schema = cls.model_json_schema()
        inlined: dict[str, Any] = _strict(schema, schema.pop("$defs", {}))
        return inlined


def _strict(node: Any, shared: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_strict(entry, shared) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(shared[node["$ref"].rpartition("/")[2]], shared)
    kept = {
        key: {name: _strict(entry, shared) for name, entry in value.items()}
        if key == "properties"
        else _strict(value, shared)
        for key, value in node.items()
        if key not in ("title", "description", "default")
    }
    if "properties" in kept:
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept


class Extraction(ReplySchema):
    """The nuggets of some passages."""

    items = "nuggets"
    item = Candidate
    nuggets: list[Candidate]


class Exercises(ReplySchema):
    """What teaches and examines one nugget."""

    items = "exercises"
    item = Exercise
    exercises: list[Exercise]


class Judgements(ReplySchema):
    """What a judge makes of the questions about one nugget."""

    items = "judgements"
    item = QuestionJudgement
    judgements: list[QuestionJudgement]


class Profiles(ReplySchema):
    """What a paper is about: one profile."""

    items = "profiles"
    item = ProfileSketch
    profiles: list[ProfileSketch]


class Ratings(ReplySchema):
    """How well a paper fits: one rating."""

    items = "ratings"
    item = Rating
    ratings: list[Rating]


class PairJudgements(ReplySchema):
    """What a judge makes of some pairs of claims."""

    items = "pairs"
    item = PairJudgement
    pairs: list[PairJudgement]
