"""One call of a chat model about one question, and what was heard, or by name why nothing was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage

from memory.errors import BadReply
from prompts import Message, load
from tools.endpoints.completion import Completion
from tools.endpoints.connection import Connection
from tools.probe.words.exchanges import IGNORANCE, LETTERS, Ask, Form, Heard
from tools.probe.words.grade import graded
from tools.probe.words.letters import likelihoods, named, plain
from tools.questions import normal
from tools.replies.ask import REFUSAL

TOPS = (20, 5)
"""Alternatives asked for with each token, from the most an endpoint may give to the least."""
_FRAME = re.compile(r"\A\s*Question:\s*|\s*\bAnswer:\s*\Z")


class Asker:
    """One model, and whether its endpoint was found to give likelihoods."""

    def __init__(self, line: Connection, logprobs: bool = True) -> None:
        self._line = line
        self._tops: tuple[int, ...] = TOPS if logprobs and line.terms.logprobs else ()
        self._choice, self._short = load("probe_choice"), load("probe_short")
        self.made_by = f"{line.name}:{self._choice.made_by}+{self._short.made_by}"
        # Until the first reply, calls by letters wait for each other, not each to be declined.
        self._turn, self._settled = asyncio.Lock(), False

    async def ask(self, ask: Ask) -> Heard:
        """One call, and one more for each number of alternatives that the endpoint turns down.

        Raises BadReply where no answer could be read; what is no fault of the one call (a wrong
        key, no such model) passes through.
        """
        heard = await self._call(ask)
        if heard.cut:
            raise BadReply("cut", "The reply reached its length limit.")
        shown = heard.message
        found = _chosen(ask, heard.text, shown) if ask.order else _answered(ask, heard.text)
        if found is None:
            declined = REFUSAL.search(plain(heard.text)[:400])
            raise BadReply(
                "refused" if declined else "unreadable",
                f"The reply is no answer: {plain(heard.text)[:80]!r}",
            )
        return found

    async def _call(self, ask: Ask) -> Completion:
        letters = ask.form is Form.CHOICE
        if letters and not self._settled:
            async with self._turn:
                if not self._settled:
                    heard = await self._tried(ask, letters)
                    self._settled = True
                    return heard
        return await self._tried(ask, letters)

    async def _tried(self, ask: Ask, letters: bool) -> Completion:
        prompt = self._choice if letters else self._short
        messages = self._messages(ask)
        for tops in self._tops if letters else ():
            try:
                return await self._line.ask(
                    messages, prompt.made_by, ask.turn, logprobs=True, top_logprobs=tops
                )
            except BadReply as fault:
                if fault.reason not in ("declined", "unsupported"):
                    raise
                self._tops = tuple(fewer for fewer in self._tops if fewer < tops)
        return await self._line.ask(messages, prompt.made_by, ask.turn)

    def _messages(self, ask: Ask) -> Sequence[Message]:
        stem = _FRAME.sub("", ask.stem)
        if ask.form is Form.SHORT:
            return self._short.render(question=stem)
        shown = [ask.question.options[place] for place in ask.order]
        listed = "\n".join(
            f"{letter}) {text}" for letter, text in zip(LETTERS, shown, strict=False)
        )
        letters = ", ".join(LETTERS[: len(shown)])
        return self._choice.render(question=stem, options=listed, letters=letters)


def _chosen(ask: Ask, text: str, message: AIMessage) -> Heard | None:
    shown = [ask.question.options[place] for place in ask.order]
    place = named(text, shown)
    if place is None:
        return None
    told = (message.response_metadata.get("logprobs") or {}).get("content") or []
    shares = likelihoods(told, len(shown), place)
    sure = [float(at == place) for at in range(len(shown))]
    held = dict(zip(map(normal, shown), shares or sure, strict=True))
    best = max(range(len(shown)), key=lambda at: held[normal(shown[at])])
    return Heard(ask, held, shown[best], likely=shares is not None)


def _answered(ask: Ask, text: str) -> Heard | None:
    options = dict.fromkeys([ask.question.answer, *ask.question.options])
    held = graded(text, tuple(options))
    if held is None:
        return None
    by_label = {normal(option): option for option in options}
    told = "I do not know" if held == IGNORANCE else by_label.get(held, plain(text))
    return Heard(ask, {held: 1.0}, told)
