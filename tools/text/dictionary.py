"""The dictionary of English words (lemminflect), loaded with this module.

Python lets one thread at a time load a module. At its first look-up, the package would let each of
several threads load it anew, and wait for the others while it does.
"""

from __future__ import annotations

from lemminflect import getAllLemmas, getInflection

__all__ = ["getAllLemmas", "getInflection"]

getAllLemmas("be")
getInflection("be", "VBD", inflect_oov=False)
