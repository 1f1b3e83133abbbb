"""Read a paper as passages with their places, in a process of its own that cannot hurt this one.

PDF, JATS, HTML and LaTeX are told apart by what a file holds.

What the passages say is left to the teachers. Figures are left alone; nothing inside a file is run.
Nothing here imports more than the standard library until a file is read: the reading process
imports this package too, and has to start fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.reading.limits import USUAL as USUAL
from tools.reading.limits import ReadingLimits as ReadingLimits

if TYPE_CHECKING:
    from memory.records import Document, Passage

VERSION = "reading-2"
"""Of reading PDFs; changes whenever the same file would give another text. The readers of mark-up
have versions of their own."""


class Reading(NamedTuple):
    """One paper as it was read."""

    document: Document
    passages: tuple[Passage, ...]
    """In reading order; `document.text[p.start:p.end] == p.text`."""
    pages: int
    seconds: float
    peak_mb: float
    """Resident memory of the reading process at its highest."""


def read(
    path: Path, paper: str, limits: ReadingLimits = USUAL, password: str | None = None
) -> Reading:
    """Text and passages of the file at `path`, for the paper of that id.

    Raises Unreadable with one of the codes missing, too_large, not_a_pdf, not_a_paper, encrypted,
    damaged, no_text_layer, empty, garbage_text, timeout, out_of_memory.
    """
    from memory.records import Document, Passage
    from tools.reading.child import ask

    answer = ask(path, limits, password)
    text = answer["text"]
    document = Document(
        paper=paper, text=text, page_starts=tuple(answer["page_starts"]), title=answer["title"],
        authors=tuple(answer["authors"]), abstract=answer["abstract"], doi=answer["doi"],
        set_aside=answer["set_aside"], warnings=tuple(answer["warnings"]),
        made_by=answer.get("made_by", VERSION),
    )  # fmt: skip
    passages = tuple(
        Passage(
            paper=paper,
            section=tuple(section),
            page=page,
            start=start,
            end=end,
            text=text[start:end],
        )
        for section, page, start, end in answer["passages"]
    )
    return Reading(document, passages, answer["pages"], answer["seconds"], answer["peak_mb"])
