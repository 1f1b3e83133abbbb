"""Find in a model's text the items that were asked for. Reading the letters is left to `lenient`.

An item is taken as it stands or not at all; each one that is not has its fault told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from prompts.replies import ReplyItem, ReplySchema
from tools.replies.lenient import Decoded, decode

WRAPS = 3
"""How deep below other keys the list is looked for."""


class Validated(NamedTuple):
    """What a text held."""

    items: tuple[ReplyItem, ...]
    faults: tuple[str, ...]
    """What was wrong with the rest, one each; a person and a model can both read them."""
    cut: bool = False
    """Whether the text ends before its JSON does."""


def validated(text: str, reply: type[ReplySchema]) -> Validated:
    """The items of a reply, wherever they stand in the text, and what could not be taken.

    Of several lists the one with the most good items counts, the later of two likes: models that
    think aloud write drafts first.
    """
    found = decode(text)
    groups = [listed for one in found if (listed := _listed(one, reply)) is not None]
    loose = [one.value for one in found if one.whole and _like(one.value, reply)]
    if loose:
        groups.append(loose)
    if not groups:
        return Validated((), (f"it holds no JSON object with a list {reply.items!r}",))
    best = max((_valid(group, reply) for group in reversed(groups)), key=lambda t: len(t.items))
    cut = bool(found) and not found[-1].whole
    return Validated(
        best.items, best.faults + (("it ends before its JSON does",) if cut else ()), cut
    )


def is_error_body(text: str, reply: type[ReplySchema]) -> bool:
    """Whether a text is an error's body, as gateways send them in place of an answer."""
    return any(
        isinstance(one.value, dict) and "error" in one.value and reply.items not in one.value
        for one in decode(text)
        if one.alone
    )


def _listed(found: Decoded, reply: type[ReplySchema]) -> list[Any] | None:
    """The list of a value: under its name, below other keys, or the value itself."""
    value = found.value
    if isinstance(value, list):
        named = [_named(entry, reply, True, 0) for entry in value]
        if any(held is not None for held in named):
            return [item for held in named for item in held or ()]
        # An empty list may be anything, unless nothing else was said.
        items = [entry for entry in value if isinstance(entry, dict)]
        return items if items or (found.alone and found.whole and not value) else None
    return _named(value, reply, found.whole, WRAPS)


def _named(value: Any, reply: type[ReplySchema], whole: bool, depth: int) -> list[Any] | None:
    if not isinstance(value, dict):
        return None
    if reply.items in value:
        held = value[reply.items]
        if isinstance(held, dict):
            return [held] if whole else []
        return held if isinstance(held, list) else None
    inner = [_named(v, reply, whole, depth - 1) for v in value.values()] if depth else []
    lists = [v for v in value.values() if isinstance(v, list) and any(_like(e, reply) for e in v)]
    return next((named for named in [*inner, *lists] if named is not None), None)


def _like(value: Any, reply: type[ReplySchema]) -> bool:
    """Whether a value has most of an item's fields: a bare object in place of a list."""
    fields = reply.item.model_fields
    return isinstance(value, dict) and 2 * sum(name in value for name in fields) > len(fields)


def _valid(group: Sequence[Any], reply: type[ReplySchema]) -> Validated:
    items, faults = [], []
    for place, raw in enumerate(group):
        try:
            items.append(reply.item.model_validate(raw))
        except ValidationError as fault:
            faults.append(f"{reply.items}[{place}]: {_fault_in_words(fault)}")
    return Validated(tuple(items), tuple(faults))


def _fault_in_words(fault: ValidationError) -> str:
    """Fields and what is wrong with them, without the values: those are anybody's words."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'item'}: {error['msg']}"
        for error in fault.errors(include_input=False, include_url=False)
    )
