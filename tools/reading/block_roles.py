"""The roles that a block of a paper may have. Their values are what `set_aside` counts under."""

from __future__ import annotations

TITLE = "title"
HEADING = "heading"
PROSE = "prose"
CAPTION = "caption"
TABLE = "tables"
FRAGMENT = "fragments"
"""Labels inside figures, formulas on their own line, lone cells."""
FRONT = "front matter"
"""Authors, addresses, dates and licences."""
NOTE = "notes"
"""Footnotes and what stands below tables."""
REFERENCE = "references"
