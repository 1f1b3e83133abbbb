"""Pack passages into groups for one call each. What is asked about them is left to the teacher."""

from __future__ import annotations

from collections.abc import Sequence

from memory.records import Passage

Group = tuple[Passage, ...]


def pack(passages: Sequence[Passage], budget: int) -> list[Group]:
    """Neighbouring passages together, in text order, up to a budget of characters a group.

    A passage is never cut: one longer than the budget is a group of its own.
    """
    groups: list[list[Passage]] = []
    room = 0
    for passage in sorted(passages, key=lambda passage: (passage.start, passage.end)):
        if not passage.text.strip():
            continue
        if not groups or len(passage.text) > room:
            groups.append([])
            room = budget
        groups[-1].append(passage)
        room -= len(passage.text)
    return [tuple(group) for group in groups]


def halves(group: Group) -> tuple[Group, ...]:
    """The group in two of like length, or nothing where it is one passage."""
    if len(group) < 2:
        return ()
    half = sum(len(passage.text) for passage in group) / 2
    at, seen = 1, len(group[0].text)
    while at < len(group) - 1 and seen + len(group[at].text) <= half:
        seen += len(group[at].text)
        at += 1
    return group[:at], group[at:]


def passages_text(group: Group) -> str:
    """The text of a group, each change of section told by its path of headings."""
    parts: list[str] = []
    section: tuple[str, ...] = ()
    for passage in group:
        if passage.section != section:
            section = passage.section
            parts.append(f"[{' > '.join(section)}]")
        parts.append(passage.text)
    return "\n\n".join(parts)
