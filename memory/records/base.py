"""What every record is: frozen, with an id that follows from its content where it has one."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator


def digest(*parts: object) -> str:
    """A 20-hex-digit content address (80 bits: a collision among 10^9 records has odds of 4e-7).

    parts: JSON-serialisable values; their order matters.
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def new_id() -> str:
    """An id for an event: sortable by second, then 48 random bits (thousands a second are safe)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(6)}"


def now() -> str:
    """The present moment in UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Record(BaseModel):
    """A frozen record. `identity` names the fields its content-addressed id is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    identity: ClassVar[tuple[str, ...]] = ()

    id: str = ""
    """Content address of the identity fields; kept while these stay as they are."""

    @model_validator(mode="after")
    def _give_id(self) -> Self:
        if not self.id and self.identity:
            object.__setattr__(self, "id", self._address())
        return self

    def _address(self) -> str:
        # The class's name is part of it: a class renamed needs a migration of what is stored.
        return digest(type(self).__name__, *(getattr(self, name) for name in self.identity))

    def replace(self, **changes: Any) -> Self:
        """The record with some fields changed; the changes are validated.

        While the identity fields keep their values it is the same record, a later revision with the
        same id. Where one of them changes it is another record, and its id follows from its
        content. Raises ValueError for an `id` given to a record that has a content address: under
        the old id the new content would take the old one's place in the store.
        """
        if self.identity and "id" in changes:
            raise ValueError(
                f"the id of a {type(self).__name__} follows from {', '.join(self.identity)}: "
                "change these, and leave out the id"
            )
        changed = type(self).model_validate({**self.model_dump(), **changes})
        # By their hashes, not by their values: no number is no number again, though unequal to it.
        if changes.keys() & set(self.identity) and changed._address() != self._address():
            object.__setattr__(changed, "id", changed._address())
        return changed
