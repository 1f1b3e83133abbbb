"""Claims with their quotes, how they relate, and what was taken from which text."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from memory.records.base import Record


class Kind(StrEnum):
    """What sort of claim it is."""

    FINDING = "finding"
    METHOD = "method"
    RESOURCE = "resource"
    DEFINITION = "definition"
    QUANTITY = "quantity"


class NuggetStatus(StrEnum):
    """What has been decided about a nugget."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EDITED = "edited"
    """Accepted with a changed claim."""


class Nugget(Record):
    """A self-contained claim with a verbatim quote located in its source."""

    identity = ("paper", "start", "end", "quote")
    paper: str
    passage: str
    """Passage id."""
    page: int
    claim: str
    quote: str
    start: int
    end: int
    """Offsets into the document's text: `document.text[start:end] == quote`."""
    kind: Kind = Kind.FINDING
    entities: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    confidence: float = Field(default=1.0, ge=0, le=1)
    """How sure the extractor is that this is a self-contained finding of this paper."""
    status: NuggetStatus = NuggetStatus.PROPOSED
    revision: int = 0
    """How many decisions have changed it; a decision names the revision it was made on."""
    cluster: str = ""
    """Id of the nugget that stands for all that say the same; its own id where it stands alone."""
    made_by: str = ""

    @property
    def teachable(self) -> bool:
        """Whether a person accepted it, as written or edited."""
        return self.status in (NuggetStatus.ACCEPTED, NuggetStatus.EDITED)


class Relation(StrEnum):
    """How two claims stand to each other."""

    SAME = "same"
    RELATED = "related"
    CONTRADICTS = "contradicts"


class Link(Record):
    """How two nuggets relate. a < b, so that a pair is held once."""

    identity = ("a", "b")
    a: str
    b: str
    relation: Relation
    score: float
    """Cosine similarity of the two claims, in [-1, 1]."""
    reason: str = ""


class Extraction(Record):
    """What a teacher took from one paper's text. Where passages got no answer it is asked again."""

    identity = ("paper", "made_by", "input_sha256")
    paper: str
    made_by: str
    input_sha256: str
    """Of the text."""
    nuggets: tuple[str, ...] = ()
    lost: int = 0
    """Passages without an answer."""
    reason: str = ""
    """Why, of the last of them."""
