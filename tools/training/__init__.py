"""Training of adapters: a recipe, a stand-alone program, and the one who launches it.

STOPPED is the exit code of a training that was asked to stop and saved its state first.
"""

STOPPED = 85
BUSY = 75
"""Exit code when another process trains in the same folder."""
