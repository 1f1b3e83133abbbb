"""Enricher: a model tells what a paper is about, and code keeps what the paper's text bears out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable

from memory.records import Document, Profile
from prompts import load
from prompts.replies import ProfileSketch
from tools.endpoints.connection import Connection
from tools.replies.ask import SchemaAsker
from tools.replies.items import items_of
from tools.replies.losses import Loss, Losses
from tools.teachers.model.candidates import IN_TEXT, stems
from tools.teachers.model.locate import named
from tools.text.faith import plain, unfaithful
from tools.text.sentences import split

OPENING, CLOSING = 6_000, 2_000
"""Characters shown of a paper: title page, abstract and introduction; conclusion and thanks. Some
2,000 tokens, whatever the paper's length."""
SENTENCES, NAMES, KEYWORDS, LONGEST = 3, 20, 8, 120
"""Most sentences of a summary, names of a kind, keywords, characters of a name."""

_WORD = re.compile(r"[^\W\d_]{2,}")


class Enricher:
    """Implements `tools.teachers.profiler.Profiler` with a language model.

    on_loss: told what was lost or left out, by reason.
    """

    def __init__(
        self, connection: Connection, on_loss: Callable[[Loss], None] = lambda _: None
    ) -> None:
        self._asker = SchemaAsker(connection)
        self._name = connection.name
        self._on_loss = on_loss
        self._prompt = load("enrich")

    @property
    def made_by(self) -> str:
        """Model, name and version of the prompt."""
        return f"{self._name}:{self._prompt.made_by}"

    async def profile(self, document: Document) -> Profile | None:
        """What the paper is about; empty where the model takes it for no paper.

        One call, two where a reply needs its repair. None where there was no answer. Left out, and
        told as losses: names that do not stand in the text (`not_found`) or are none (`no_name`),
        keywords in other words than its own (`not_found`), a summary with a number or a unit that
        it does not have (`numbers`, `units`) or of something else (`unsupported`).
        """
        losses = Losses("enrich", document.paper)
        sketches = await items_of(
            self._asker, self._prompt, ProfileSketch, losses,
            title=document.title, text=excerpt(document),
        )  # fmt: skip
        made = None
        if sketches is not None:
            # A long paper is looked through for a tenth of a second; other calls go on meanwhile.
            made = await asyncio.to_thread(self._checked, sketches, document, losses)
        for loss in losses.listed():
            self._on_loss(loss)
        return made

    def _checked(
        self, sketches: list[ProfileSketch], document: Document, losses: Losses
    ) -> Profile:
        if not sketches:
            return Profile(paper=document.paper, made_by=self.made_by)
        sketch, text = sketches[0], f"{document.title}\n\n{document.text}"
        return Profile(
            paper=document.paper,
            made_by=self.made_by,
            summary=_summary(sketch.summary, text, losses),
            keywords=_keywords(sketch.keywords, text, losses),
            people=_names(sketch.people, text, losses),
            organisations=_names(sketch.organisations, text, losses),
            places=_names(sketch.places, text, losses),
        )


def excerpt(document: Document) -> str:
    """What a model is shown: abstract, opening and closing of the text, nothing twice."""
    text = document.text.strip()
    if len(text) <= OPENING + CLOSING:
        opening, closing = text, ""
    else:
        # No word is cut in two, where there are words: half a name would be copied.
        opening = re.sub(r"\s\S{0,40}\Z", "", text[:OPENING])
        closing = re.sub(r"\A\S{0,40}\s", "", text[-CLOSING:])
    abstract = document.abstract.strip()
    if plain(abstract)[:200] in plain(opening):
        abstract = ""
    return "\n\n".join(filter(None, (abstract, opening, closing and f"[...]\n\n{closing}")))


def _summary(said: str, text: str, losses: Losses) -> str:
    """The first sentences of a summary; empty where the text does not bear them out."""
    said = plain(said)
    said = said[: max((span.end for span in split(said)[:SENTENCES]), default=0)]
    reason = unfaithful(said, text)
    if reason not in ("numbers", "units"):
        about = stems(said)
        # `negations` are counted, and a paper has more of them than its summary.
        reason = "unsupported" if len(about & stems(text)) < IN_TEXT * len(about) else ""
    if reason:
        losses.add(reason, said)
    return "" if reason else said


def _keywords(said: Iterable[str], text: str, losses: Losses) -> tuple[str, ...]:
    """The keywords all of whose words the text has, in whatever form."""
    has = stems(text)
    low = plain(text).lower()
    kept: dict[str, None] = {}
    for word in filter(None, (plain(word).lower() for word in said)):
        about = stems(word)
        if (about <= has) if about else re.search(rf"\b{re.escape(word)}\b", low):
            kept[word] = None
        else:
            losses.add("not_found", word)
    return tuple(kept)[:KEYWORDS]


def _names(said: Iterable[str], text: str, losses: Losses) -> tuple[str, ...]:
    """The names that stand in the text, as it writes them."""
    kept: dict[str, str] = {}
    for name in filter(None, (plain(name) for name in said)):
        if not _is_name(name):
            losses.add("no_name", name[:LONGEST])
        elif found := named(name, text):
            kept.setdefault(found.casefold(), found)
        else:
            losses.add("not_found", name)
    return tuple(kept.values())[:NAMES]


def _is_name(text: str) -> bool:
    """Whether a text has a name's form: short, and half of its longer words with a capital."""
    words = _WORD.findall(text)
    long = [word for word in words if len(word) > 3] or words
    capitals = sum(not word[0].islower() for word in long)
    return bool(long) and len(text) <= LONGEST and 2 * capitals >= len(long)
