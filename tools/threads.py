"""Keep numeric libraries quiet: no spinning threads, no telemetry, no surprises.

Call it before torch is imported; once OpenMP has started it no longer listens.
"""

from __future__ import annotations

import os

# With spinning threads a small model on 2 shared cores trains at 0.33 steps/s; without, at 3.9-4.8.
QUIET = {
    "GOMP_SPINCOUNT": "0",
    "OMP_WAIT_POLICY": "passive",
    "KMP_BLOCKTIME": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "DO_NOT_TRACK": "1",
}


def quieten() -> None:
    """Give each variable its quiet value, unless the user has set it."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
