"""When memory runs out: how that looks, and how a step is split so that less of it is needed."""

from __future__ import annotations

SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "alloc_failed")
"""In the text of a RuntimeError: of a graphics card, of the processor, of the system, of cuBLAS."""


def out_of_memory(fault: BaseException) -> bool:
    """Whether memory was short, by type or by words; torch.OutOfMemoryError has them."""
    words = str(fault).lower()
    return isinstance(fault, MemoryError) or (
        isinstance(fault, RuntimeError | OSError) and any(sign in words for sign in SIGNS)
    )


def smaller(batch: int, accumulation: int) -> tuple[int, int]:
    """Half the batch or less, and as many more of them: a step keeps its rows.

    Returns (0, 0) where a batch is one row already.
    """
    step = batch * accumulation
    half = next((size for size in range(batch // 2, 0, -1) if step % size == 0), 0)
    return (half, step // half) if half else (0, 0)
