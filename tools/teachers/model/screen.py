"""Screener: a model says how well a paper fits an interest, by its title and abstract.

Whether a paper is left out for it is decided by others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memory.records import Interest, Paper, Relevance, digest
from prompts import load
from prompts.replies import Rating
from tools.endpoints.connection import Connection
from tools.replies.ask import SchemaAsker
from tools.replies.items import items_of
from tools.replies.losses import Loss, Losses
from tools.text.faith import plain
from tools.text.sentences import split

FITTING = 4
"""The least score with which a paper is kept: 1 to 3 mean another subject, by the prompt. A paper
that is read in vain costs a few calls; one that is left out is never seen."""
SHOWN, REASON = 4_000, 240
"""Characters shown of an abstract (the longest of journals have 3,000), and kept of a reason."""

_READER = r"(?:AI|LLM|(?:language )?model|assistant|chatbot|reviewer|screener|rater)s?"
_PAPER = r"(?:this|the|our) (?:paper|abstract|article|study|work|manuscript|submission)"
_BEST = r"(?:10|ten|100|highest|maximum|top|perfect|full|(?:highly|very|most|fully) relevant)"
_ADDRESS = re.compile(
    # Put aside what you were told.
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules|guidelines)\b|"
    # Do this with the paper, or give that mark.
    r"^\W*(?:(?:please|now|always|then|simply|just|you must) )*(?:rate|score|rank|grade|judge|mark|"
    r"give|assign|award|answer|reply|respond|return|output|say|write|keep|accept|include|treat)\b"
    rf".{{0,60}}\b(?:{_BEST}|{_PAPER})\b|"
    rf"\b{_PAPER} (?:is|must be|should be|has to be|deserves|gets|scores)\b"
    rf".{{0,30}}\b(?:{_BEST}|rated|scored|ranked|kept|accepted|included|relevant)\b|"
    # You who read this.
    r"\byou (?:are (?:now|an?)|must|shall|should|will)\b|"
    r"\byour (?:task|job|instructions?|ratings?|scores?|answers?|output)\b|"
    r"\b(?:(?:note|attention|instructions?|message)(?: to| for|:|,)|dear)(?: (?:the|any|all))? "
    rf"{_READER}\b|"
    # What a reply or a turn of a conversation looks like.
    r"[\"'](?:ratings?|score|reason)[\"']\s*:|<\|\w+\|>|^\W*(?:system|assistant|user) ?:",
    re.IGNORECASE | re.DOTALL,
)
"""How a text speaks to whoever rates it. Of 14,073 sentences of abstracts it takes
one for such.
"""


class Screener:
    """Rates papers against interests.

    on_loss: told why a paper has no rating, and what of its abstract was not shown.
    """

    def __init__(
        self, connection: Connection, on_loss: Callable[[Loss], None] = lambda _: None
    ) -> None:
        self._asker = SchemaAsker(connection)
        self._name = connection.name
        self._on_loss = on_loss
        self._prompt = load("screen")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt."""
        return f"{self._name}:{self._prompt.made_by}"

    async def relevance(self, interest: Interest, paper: Paper) -> Relevance | None:
        """The model's rating; None where there is none, and the paper is then kept.

        One call, two where a reply needs its repair; none for a paper without title and abstract.
        Sentences that speak to a rater are not shown (`address`); several ratings that differ count
        as none (`unjudged`).
        """
        losses = Losses("screen", paper.id)
        title, abstract = (self._shown(text, losses) for text in (paper.title, paper.abstract))
        made = None
        if title or abstract:
            ratings = await items_of(
                self._asker, self._prompt, Rating, losses,
                topic=interest.topic, wish=interest.prompt, title=title, abstract=abstract,
            )  # fmt: skip
            if ratings is not None and len({rating.score for rating in ratings}) == 1:
                made = Relevance(
                    interest=interest.id,
                    paper=paper.id,
                    words=asked(interest),
                    score=ratings[0].score,
                    reason=plain(ratings[0].reason)[:REASON],
                    made_by=self.made_by,
                )
            elif ratings is not None:
                losses.add("unjudged", paper.title)
        for loss in losses.listed():
            self._on_loss(loss)
        return made

    def _shown(self, text: str, losses: Losses) -> str:
        """The sentences of a text that tell of the paper."""
        kept = []
        for span in split(text):
            sentence = text[span.start : span.end]
            if _ADDRESS.search(sentence):
                losses.add("address", sentence)
            else:
                kept.append(plain(sentence))
        return " ".join(kept)[:SHOWN]


def asked(interest: Interest) -> str:
    """Digest of what an interest asks for, as it stands in `Relevance.words`."""
    return digest(interest.topic, interest.prompt)
