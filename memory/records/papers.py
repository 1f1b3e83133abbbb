"""Papers, their text, and what they are about."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record


class PaperStatus(StrEnum):
    """How far a paper has come."""

    FOUND = "found"
    READ = "read"
    SKIPPED = "skipped"
    """It will not be read: the reason says why, and trying again would not help."""
    FAILED = "failed"
    """It could not be read this time; `next_retry_at` says when to try again."""


class Paper(Record):
    """One version of one paper, as its source gives it."""

    identity = ("canonical", "version")
    canonical: str
    """DOI, arXiv id, or `sha256:<hex>` of the file where the source gave no name."""
    version: int = 1
    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    abstract: str = ""
    doi: str = ""
    source: str = ""
    licence: str = ""
    url: str = ""
    """Where the file lies; a path for a folder source."""
    sha256: str = ""
    pages: int = 0
    status: PaperStatus = PaperStatus.FOUND
    reason: str = ""
    """Machine-readable reason code of a skip or a failure, e.g. `encrypted`."""
    note: str = ""
    """The same for a person: what happened, what to do."""
    attempts: int = 0
    next_retry_at: str = ""

    def place(self, page: int) -> str:
        """What a person is told of a place in it: the title, and the page where it has pages."""
        name = self.title or self.url
        return f"{name}, page {page}" if self.pages > 1 else name


class Sighting(Record):
    """A paper turned up for an interest. One paper may serve several interests."""

    identity = ("interest", "paper")
    interest: str
    """Interest id."""
    paper: str
    """Paper id."""
    run: str = ""
    """The run that saw it first."""


class Document(Record):
    """The text of one paper as it was read. Offsets count characters of `text`."""

    identity = ("paper", "text")
    paper: str
    text: str
    page_starts: tuple[int, ...]
    """Offset at which each page begins; one entry a page."""
    title: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    doi: str = ""
    set_aside: dict[str, int] = Field(default_factory=dict)
    """Characters not read as prose, by kind (`references`, `running heads`, `tables`, ...)."""
    warnings: tuple[str, ...] = ()
    made_by: str = ""


class Passage(Record):
    """A stretch of a paper's text that belongs together (a paragraph or less)."""

    identity = ("paper", "start", "end", "text")
    paper: str
    """Paper id."""
    section: tuple[str, ...] = ()
    """Headings from the outermost inwards."""
    page: int
    """1-based page on which it starts."""
    start: int
    end: int
    """Character offsets into the paper's stored text; `document.text[start:end] == text`."""
    text: str


class Profile(Record):
    """What a paper is about, in a few words, for finding it again."""

    identity = ("paper", "made_by")
    paper: str
    summary: str = ""
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Named in the paper, as written there; so are organisations and places."""
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    made_by: str


class Relevance(Record):
    """How well a paper fits what an interest asks for."""

    identity = ("interest", "paper", "words", "made_by")
    interest: str
    paper: str
    words: str
    """Digest of the interest's topic and prompt: other words are another question."""
    score: int = Field(ge=1, le=10)
    reason: str = ""
    made_by: str
