"""OfflineTeacher: the Teacher whose engine is rules. The rules themselves are its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from memory.records import Document, Nugget, Passage, Question
from tools.questions.options import MOST_OPTIONS, OPTIONS
from tools.teachers.offline import extract as _extract
from tools.teachers.offline import questions as _questions

RULES = "b018fd3284fe"
"""Names what the rules give: another one makes every paper be extracted anew. No hash of their
source: a file moved or a word of a comment changed it, and what they lean on elsewhere did not."""


class OfflineTeacher:
    """Implements `tools.teachers.Teacher` with no model and no network; keeps no state.

    options: of a multiple-choice question, 2 to 10. Where the claims lend fewer wrong ones of the
    answer's type, a question has as many as there are; with fewer than three wrong ones (or than
    options - 1) nothing is asked as a choice. It is never filled up.
    """

    def __init__(self, options: int = OPTIONS) -> None:
        if not 2 <= options <= MOST_OPTIONS:
            raise ValueError(f"a choice of {options} options")
        self._options = options

    @property
    def made_by(self) -> str:
        """`offline:` and the name of the rules: other rules, another name."""
        return f"offline:{RULES}"

    def extract(self, document: Document, passages: Sequence[Passage]) -> list[Nugget]:
        """Self-contained claims of this paper, each with a verbatim quote at its offsets."""
        return _extract.extract(document, passages, self.made_by)

    def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        """Questions of every purpose about a nugget; `pool` lends wrong options of its type."""
        return _questions.questions(nugget, pool, self.made_by, self._options - 1)
