"""A chat model that says what it is told to, and lessons of the teacher that asks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from benchmarks.doubles.connections import no_time
from memory.records import Document, Nugget, Passage, Question
from tools.endpoints.connection import Connection, Terms
from tools.endpoints.endpoint import Mode
from tools.nuggets import grounded
from tools.teachers import Extracted, Teacher
from tools.teachers.model import Loss, ModelTeacher

Reply = str | AIMessage | Exception
Script = Sequence[Reply] | Callable[[str], Reply]


class Scripted(BaseChatModel):
    """Knows no schemas and no tools, like a small model at home.

    script: its replies in order, or what it replies to a prompt.
    """

    script: Any
    asked: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *_args: Any, **_options: Any
    ) -> ChatResult:
        self.asked.append(messages)
        if callable(self.script):
            line = self.script(str(messages[-1].content))
        else:
            line = self.script[len(self.asked) - 1]
        if isinstance(line, Exception):
            raise line
        said = line if isinstance(line, AIMessage) else AIMessage(line)
        return ChatResult(generations=[ChatGeneration(message=said)])


def candidate(claim: str, quote: str = "", **more: Any) -> dict[str, Any]:
    """One nugget as a model writes it; its quote is its claim unless told."""
    plain = {"kind": "finding", "entities": [], "keywords": ["resin"], "sure": 9}
    return {"claim": claim, "quote": quote or claim, **plain, **more}


def reply_of(*candidates: dict[str, Any]) -> str:
    """A whole reply."""
    return json.dumps({"nuggets": candidates}, ensure_ascii=False)


def stopped(text: str, reason: str) -> AIMessage:
    """A reply that ended for a reason."""
    return AIMessage(text, response_metadata={"finish_reason": reason})


REFUSAL = AIMessage("", additional_kwargs={"refusal": "I'm sorry, I cannot help with that."})


class ScriptedPaper:
    """A paper of some paragraphs, one passage each."""

    def __init__(self, *paragraphs: str, title: str = "On osk resin") -> None:
        self.text = "\n\n".join(paragraphs)
        self.document = Document(paper="p", text=self.text, page_starts=(0, 90), title=title)
        self.passages = []
        for paragraph in paragraphs:
            start = self.text.index(paragraph)
            end = start + len(paragraph)
            self.passages.append(
                Passage(
                    paper="p", section=("Results",), page=1, start=start, end=end, text=paragraph
                )
            )


def scripted_connection(model: BaseChatModel) -> Connection:
    """The connection to a model that only knows words."""
    return Connection(model, "toy", Terms(modes=(Mode.TEXT,), patience=0), sleep=no_time)


class TeacherTrial:
    """What a teacher with this script made of a paper, and what it lost."""

    def __init__(self, script: Script, *paragraphs: str, budget: int = 8_000) -> None:
        self.model = Scripted(script=script)
        self.losses: list[Loss] = []
        self.teacher: Teacher = ModelTeacher(
            scripted_connection(self.model), self.losses.append, budget=budget
        )
        self.paper = ScriptedPaper(*paragraphs)

    def take(self) -> Extracted:
        """What it takes from the paper."""
        taken = asyncio.run(self.teacher.extract(self.paper.document, self.paper.passages))
        assert grounded(taken.nuggets, self.paper.document, self.paper.passages) == taken.nuggets
        return taken

    def extract(self) -> list[Nugget]:
        """The nuggets alone."""
        return self.take().nuggets

    def questions(self, nugget: Nugget, pool: Sequence[Nugget] = ()) -> list[Question]:
        """What it asks about a nugget."""
        return asyncio.run(self.teacher.questions(nugget, pool))

    def claims(self) -> list[str]:
        """The claims alone."""
        return [nugget.claim for nugget in self.extract()]

    @property
    def lost(self) -> dict[str, int]:
        """How much was lost, by reason."""
        return {loss.reason: loss.count for loss in self.losses}
