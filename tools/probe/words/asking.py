"""One call of a chat model about one question: the reply as graded, or by name why it is none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from langchain_core.messages import AIMessage

from memory.errors import BadReply
from prompts import Message, load
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection
from tools.probe.words.exchanges import IGNORANCE, LETTERS, Form, GradedReply, ProbeCall
from tools.probe.words.grade import graded
from tools.questions import normal
from tools.questions.frame import unframed
from tools.replies.faults import refuses
from tools.replies.letters import bare_reply, likelihoods, named
from tools.replies.ways import Ways

TOPS = (20, 5)
"""Alternatives asked for with each token, from the most an endpoint may give to the least."""


class QuestionAsker:
    """One model, and whether its endpoint was found to give likelihoods."""

    def __init__(self, connection: Connection, logprobs: bool = True) -> None:
        self._connection = connection
        self._ways = Ways((*TOPS, 0) if logprobs and connection.terms.logprobs else (0,))
        self._choice, self._short = load("probe_choice"), load("probe_short")
        self.made_by = f"{connection.name}:{self._choice.made_by}+{self._short.made_by}"
        # Until the first reply, calls by letters wait for each other, not each to be declined.
        self._first, self._settled = asyncio.Lock(), False

    async def ask(self, ask: ProbeCall) -> GradedReply:
        """One call, and one more for each number of alternatives that the endpoint turns down.

        Raises BadReply where no answer could be read; what is no fault of the one call (a wrong
        key, no such model) passes through.
        """
        completion = await self._call(ask)
        if completion.cut:
            raise BadReply("cut", "The reply reached its length limit.")
        text, message = completion.text, completion.message
        found = _chosen(ask, text, message) if ask.order else _answered(ask, text)
        if found is None:
            raise BadReply(
                "refused" if refuses(text) else "unreadable",
                f"The reply is no answer: {bare_reply(text)[:80]!r}",
            )
        return found

    async def _call(self, ask: ProbeCall) -> Completion:
        if ask.form is not Form.CHOICE:
            return await self._connection.ask(self._messages(ask), self._short.made_by, ask.turn)
        if not self._settled:
            async with self._first:
                if not self._settled:
                    completion = await self._ways.ask(partial(self._by_letters, ask))
                    self._settled = True
                    return completion
        return await self._ways.ask(partial(self._by_letters, ask))

    async def _by_letters(self, ask: ProbeCall, tops: int) -> Completion:
        """tops: alternatives asked for with each token; 0: no likelihoods."""
        options = {"logprobs": True, "top_logprobs": tops} if tops else {}
        return await self._connection.ask(
            self._messages(ask), self._choice.made_by, ask.turn, **options
        )

    def _messages(self, ask: ProbeCall) -> Sequence[Message]:
        stem = unframed(ask.stem)
        if ask.form is Form.SHORT:
            return self._short.render(question=stem)
        shown = [ask.question.options[place] for place in ask.order]
        listed = "\n".join(
            f"{letter}) {text}" for letter, text in zip(LETTERS, shown, strict=False)
        )
        letters = ", ".join(LETTERS[: len(shown)])
        return self._choice.render(question=stem, options=listed, letters=letters)


def _chosen(ask: ProbeCall, text: str, message: AIMessage) -> GradedReply | None:
    shown = [ask.question.options[place] for place in ask.order]
    place = named(text, shown)
    if place is None:
        return None
    told = (message.response_metadata.get("logprobs") or {}).get("content") or []
    shares = likelihoods(told, len(shown), place)
    sure = [float(at == place) for at in range(len(shown))]
    held = dict(zip(map(normal, shown), shares or sure, strict=True))
    best = max(range(len(shown)), key=lambda at: held[normal(shown[at])])
    return GradedReply(ask, held, shown[best], likely=shares is not None)


def _answered(ask: ProbeCall, text: str) -> GradedReply | None:
    options = dict.fromkeys([ask.question.answer, *ask.question.options])
    held = graded(text, tuple(options))
    if held is None:
        return None
    by_label = {normal(option): option for option in options}
    told = "I do not know" if held == IGNORANCE else by_label.get(held, bare_reply(text))
    return GradedReply(ask, {held: 1.0}, told)
