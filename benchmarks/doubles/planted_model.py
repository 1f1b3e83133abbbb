"""A model whose knowledge is planted: it knows each fact with a given strength, and has its habits.

It reads the prompt as any model would: the lines between the fences. What it says depends on the
request alone, so that no order of calls changes it.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.doubles.endpoint import Body, Fault, MockReply, MockToken, busy, down, filtered
from memory.records import digest

_FENCED = re.compile(r"^BEGIN (\w+)\n(.*)\nEND \1$", re.DOTALL | re.MULTILINE)
_OPTION = re.compile(r"^([A-J])\) (.*)$", re.MULTILINE)
FAULTS = (busy, down, filtered)


def asked_in(body: Body) -> tuple[str, list[str]]:
    """The question that a prompt of the probe shows, and its options in their order."""
    found = _FENCED.search(body["messages"][-1]["content"])
    assert found, "the question stands in a fence"
    stem, _, listed = found[2].partition("\n\nA) ")
    return stem.strip(), [text for _, text in _OPTION.findall(f"A) {listed}")] if listed else []


@dataclass(frozen=True)
class HeldFact:
    """What a planted model holds of a question."""

    answer: str
    strength: float
    """Probability in [0, 1] that it comes to mind when asked."""
    denied: bool = False
    """Whether the answer is a wrong one that it believes."""


@dataclass(frozen=True)
class PlantedModel:
    """Answers requests. `answer` is what an Endpoint is given."""

    facts: Mapping[str, HeldFact]
    """By the question's text as it is shown."""
    letter: str = ""
    """A letter that it likes when it does not know, and how much, in log-odds."""
    letter_love: float = 0.0
    length_love: float = 0.0
    """How much it likes the longest option then, in log-odds for each standard deviation."""
    first_love: float = 0.0
    """How much it likes the first option then, in log-odds."""
    boldness: float = 0.5
    """How often it makes something up in words where it does not know; else it says so."""
    shyness: float = 0.0
    """How often it says in words that it does not know what it knows."""
    chatter: float = 0.0
    """How often it answers in prose that names no letter."""
    refusals: float = 0.0
    faults: float = 0.0
    """How often a call fails."""
    likelihoods: bool = True
    """Whether the endpoint gives them; else it declines such requests."""
    seed: int = 0
    pool: tuple[str, ...] = field(default=("granite", "3 days", "osk resin", "in spring"))
    """What it makes up."""

    def answer(self, body: Body) -> MockReply | Fault:
        """One reply."""
        if body.get("logprobs") and not self.likelihoods:
            return Fault(400, {"error": {"message": "logprobs is not supported", "code": None}})
        stem, options = asked_in(body)
        chance = random.Random(digest(self.seed, stem, options))
        if chance.random() < self.faults:
            return chance.choice(FAULTS)()
        if chance.random() < self.refusals:
            return MockReply("I'm sorry, but I can't help with that.")
        fact = self.facts.get(stem)
        knows = fact is not None and chance.random() < fact.strength
        if not options:
            return self._in_words(fact, knows, chance)
        shares = self._shares(options, fact, knows)
        if chance.random() < self.chatter:
            return MockReply(
                "A good question, and B is a tempting answer to it, but C has its merits."
            )
        place = chance.choices(range(len(options)), shares)[0]
        tops = {chr(65 + at): math.log(max(share, 1e-9)) for at, share in enumerate(shares)}
        return MockReply(chr(65 + place), tokens=(MockToken(chr(65 + place), tops),))

    def _in_words(self, fact: HeldFact | None, knows: bool, chance: random.Random) -> MockReply:
        if fact is not None and knows and chance.random() >= self.shyness:
            return MockReply(fact.answer)
        return MockReply(
            chance.choice(self.pool) if chance.random() < self.boldness else "I do not know."
        )

    def _shares(self, options: list[str], fact: HeldFact | None, knows: bool) -> list[float]:
        """Choice probability of each option: nearly all on what it knows, else by its habits."""
        lengths = [len(option) for option in options]
        mean = sum(lengths) / len(lengths)
        spread = math.sqrt(sum((one - mean) ** 2 for one in lengths) / len(lengths)) or 1.0
        likes = [
            self.letter_love * (chr(65 + place) == self.letter)
            + self.length_love * (lengths[place] - mean) / spread
            + self.first_love * (place == 0)
            for place in range(len(options))
        ]
        weights = [math.exp(like) for like in likes]
        shares = [weight / sum(weights) for weight in weights]
        if fact is None or not knows or fact.answer not in options:
            return shares
        right = options.index(fact.answer)
        return [0.04 * share + 0.96 * (place == right) for place, share in enumerate(shares)]
