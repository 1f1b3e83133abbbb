"""Ask a model for items until they can be read, or say by name why not. At most one repair."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel

from memory.errors import BadReply
from prompts import Message, Prompt, load
from prompts.replies import Item
from tools.teachers.model.fit import Fitted, complains, fit
from tools.teachers.model.wire import Mode, Said, Unsupported, call

REFUSAL = re.compile(
    r"\b(?:can(?:no|['’])t|(?:un|not )able to|won['’]t|will not|must decline to|not comfortable)\b"
    r"[^.]{0,40}\b(?:help|assist|comply|provide|do that|answer|process|continue|fulfil\w*)\b|"
    r"\bI(?:['’]m| am) (?:very |really )?sorry\b|\bas an AI\b",
    re.IGNORECASE,
)
"""How models decline in words; looked for at the beginning of a reply that could not be read."""
SHOWN = 5
"""Faults told to the model in a repair; more of a kind teach it nothing."""


class Answer(NamedTuple):
    """What a model answered."""

    items: tuple[Item, ...]
    faults: tuple[str, ...]
    """What could not be read even after the repair, one for each item."""
    cut: bool
    """Whether the reply stopped at its length limit, so that items may be missing."""


class Asker:
    """One model, and the best way it was found to answer in a schema."""

    def __init__(self, model: BaseChatModel, modes: Sequence[Mode] = tuple(Mode)) -> None:
        self._model = model
        self._modes = list(modes)
        self._repair = load("repair")

    def ask(self, prompt: Prompt, **fields: str) -> Answer:
        """The items of one reply: one call, and another where that could not be read whole.

        Raises BadReply where there is no answer; what the client raises passes through.
        """
        messages = prompt.render(**fields)
        said = self._call(messages, prompt)
        first = fit(said.text, prompt.schema_class)
        if said.cut:
            if not first.items:
                raise BadReply("cut", "The reply reached its length limit before its first item.")
            return Answer(first.items, first.faults, cut=True)
        if not first.faults:
            return Answer(first.items, (), cut=False)
        if complains(said.text, prompt.schema_class):
            raise BadReply("error_body", "The endpoint sent an error in place of an answer.")
        # Asked to put its refusal into the schema, a model answers with an empty list.
        if not first.items and REFUSAL.search(said.text[:400]):
            raise BadReply("refused", "The model refused to answer.")
        return self._repaired(prompt, messages, said, first)

    def _repaired(
        self, prompt: Prompt, messages: Sequence[Message], said: Said, first: Fitted
    ) -> Answer:
        """The better of the first reply and of its repair."""
        [request] = self._repair.render(
            fault="; ".join(first.faults[:SHOWN]),
            schema=json.dumps(prompt.schema_class.strict_schema()),
        )
        try:
            again = self._call([*messages, Message("assistant", said.text), request], prompt)
            second = fit(again.text, prompt.schema_class)
        except BadReply:
            if not first.items:
                raise
            return Answer(first.items, first.faults, cut=False)
        if second.faults and not (first.items or second.items):
            raise BadReply("unreadable", f"The reply could not be read: {second.faults[0]}.")
        better = second if len(second.items) >= len(first.items) else first
        return Answer(better.items, better.faults, cut=again.cut)

    def _call(self, messages: Sequence[Message], prompt: Prompt) -> Said:
        """A call in the best mode that works; those above it are not tried again."""
        modes, declined = self._modes, ""
        for place, mode in enumerate(modes):
            try:
                said = call(self._model, messages, prompt.schema_class, mode)
            except Unsupported as fault:
                declined = str(fault)
                continue
            self._modes = modes[place:]
            return said
        raise BadReply("unsupported", f"The endpoint answers in none of our ways: {declined}"[:300])
