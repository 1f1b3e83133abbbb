"""Training of a model: a recipe, a stand-alone program, and the one who launches it.

STOPPED is the exit code of a training that was asked to stop and saved its state first.
"""

STOPPED = 85
BUSY = 75
"""Exit code when another process trains in the same folder."""
DONE = "done.json"
"""Written last, when a training is finished."""
ADAPTER = "adapter"
WHOLE = "model"
"""Folders of a result under a training's output: an adapter, or all weights."""
