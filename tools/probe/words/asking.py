"""One call of a chat model about one question, and what was heard, or by name why nothing was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Lock
from typing import Any

import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from memory.errors import BadReply
from prompts import Message, load
from tools.probe.words.grade import graded
from tools.probe.words.kinds import IGNORANCE, LETTERS, Ask, Form, Heard
from tools.probe.words.letters import likelihoods, named, plain
from tools.questions import normal
from tools.teachers.model.ask import REFUSAL
from tools.teachers.model.wire import refused, said, turns

TOPS = (20, 5)
"""Alternatives asked for with each token, from the most an endpoint may give to the least."""
_FRAME = re.compile(r"\A\s*Question:\s*|\s*\bAnswer:\s*\Z")


_HOPELESS = (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
"""What every other call would meet as well."""


class Asker:
    """One model, and whether its endpoint was found to give likelihoods.

    name: what stands in the records, e.g. `openai:gpt-5`.
    """

    def __init__(self, model: BaseChatModel, name: str, logprobs: bool = True) -> None:
        self._model = model
        self._tops: tuple[int, ...] = TOPS if logprobs else ()
        self._choice, self._short = load("probe_choice"), load("probe_short")
        self.made_by = f"{name}:{self._choice.made_by}+{self._short.made_by}"
        # Until the first reply, calls by letters wait for each other, not each to be declined.
        self._lock, self._settled = Lock(), False
        self.calls = 0
        """Requests sent."""

    def ask(self, ask: Ask) -> Heard:
        """One call, and one more for each number of alternatives that the endpoint turns down.

        Raises BadReply where no answer could be read; what is no fault of the one call (a wrong
        key, no such model) passes through as the client raises it.
        """
        message = self._call(self._messages(ask), ask.form is Form.CHOICE)
        reply = said(message)
        if reply.cut:
            raise BadReply("cut", "The reply reached its length limit.")
        found = _chosen(ask, reply.text, message) if ask.order else _answered(ask, reply.text)
        if found is None:
            declined = REFUSAL.search(plain(reply.text)[:400])
            raise BadReply(
                "refused" if declined else "unreadable",
                f"The reply is no answer: {plain(reply.text)[:80]!r}",
            )
        return found

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

    def _call(self, messages: Sequence[Message], letters: bool) -> AIMessage:
        if letters and not self._settled:
            with self._lock:
                if not self._settled:
                    message = self._tried(messages, letters)
                    self._settled = True
                    return message
        return self._tried(messages, letters)

    def _tried(self, messages: Sequence[Message], letters: bool) -> AIMessage:
        for tops in self._tops if letters else ():
            try:
                return self._sent(messages, logprobs=True, top_logprobs=tops)
            except _Declined:
                self._tops = tuple(fewer for fewer in self._tops if fewer < tops)
        return self._sent(messages)

    def _sent(self, messages: Sequence[Message], **options: Any) -> AIMessage:
        """Raises _Declined where it is the options that the endpoint does not take."""
        self.calls += 1
        try:
            return self._model.invoke(turns(messages), **options)
        except ContextOverflowError as fault:
            raise BadReply("too_long", "What was asked is longer than the model reads.") from fault
        except (openai.BadRequestError, openai.UnprocessableEntityError) as fault:
            refused(fault)
            if options:
                raise _Declined from fault
            raise BadReply("declined", f"The endpoint declined: {fault}"[:300]) from fault
        except (ValueError, LookupError, TypeError) as fault:
            # How langchain-openai tells of a body without choices, or with an error in a 200.
            raise BadReply("error_body", f"The endpoint sent no reply: {fault}"[:300]) from fault
        except openai.APIError as fault:
            if isinstance(fault, _HOPELESS):
                raise
            busy = isinstance(fault, openai.RateLimitError)
            raise BadReply(
                "busy" if busy else "down", f"The endpoint gave no reply: {fault}"[:300]
            ) from fault


class _Declined(Exception):
    """The endpoint does not take a request for likelihoods."""


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
