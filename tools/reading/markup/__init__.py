"""Papers in mark-up: JATS, HTML and LaTeX, read as the same kind of answer that a PDF gives.

These have no pages: all of their text is page 1. Nobody calls this where a hostile file may do
harm; see `tools.reading.worker` for the process around it.
"""
