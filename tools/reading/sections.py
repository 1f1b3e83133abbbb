"""Which headings a paragraph stands under, told by their looks, their numbers and what they say."""

from __future__ import annotations

from tools.reading.headings import depth, is_abstract, is_known, labels_abstract, opens_text
from tools.reading.roles import Style


class Sections:
    """The headings one stands under, from the outermost inwards."""

    def __init__(self) -> None:
        self.open: list[tuple[str, Style, int]] = []
        self.bare = False
        """Whether nothing has been written below the innermost heading."""
        self.nested: Style | None = None
        """Style of headings that stand below one of their own style."""
        self.told = False
        """Whether the abstract is complete: it has no parts, or its conclusion has been given."""

    @property
    def path(self) -> tuple[str, ...]:
        """Their texts."""
        return tuple(text for text, _, _ in self.open)

    def leave(self) -> None:
        """The outermost heading is over; one that was set for what follows stays."""
        self.open = self.open[1:] if self.bare else []

    def written(self) -> None:
        """Text stands below the innermost heading."""
        self.bare = False
        last = self.open[-1][0] if self.open else ""
        self.told = self.told or is_abstract(last) or last.casefold().startswith("concl")

    def enter(self, text: str, style: Style) -> None:
        """A heading closes those of its own rank and below."""
        number = depth(text)
        top = is_known(text) and style.own_line and number <= 1
        if top or (self.nested and style > self.nested):
            self.nested = None
        while self.open and not self._under(text, style, number, top):
            self.open.pop()
            self.bare = False
        self.open.append((text.rstrip(" :.") or text, style, number))
        self.told = self.told and not is_abstract(text)
        self.bare = True

    def _under(self, text: str, style: Style, number: int, top: bool) -> bool:
        """Whether a heading of this style stands below the innermost open one."""
        outer, above, above_number = self.open[-1]
        if number and above_number:
            return number > above_number
        if top:
            part = labels_abstract(text) and style < above and not self.told
            return is_abstract(outer) and part and (self.bare or not opens_text(text))
        if style != above:
            return style < above
        if self.bare:
            # A heading right below one of the same look: it can only be its first part.
            self.nested = style
            return True
        return self.nested == style and len(self.open) > 1 and self.open[-2][1] != style
