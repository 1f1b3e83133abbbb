"""Pages read per second, on all cores and with passages, beside what pypdf needs for bare text.

    python -m benchmarks.reading ../shared/data/papers/pairs

The folder holds one folder a paper: `paper.pdf`, and `truth.txt` with the publisher's text.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.reading import Reading, read


def words(text: str) -> list[str]:
    """Letters and digits, in lower case, raised and ligature forms made plain."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower())


def recall(truth: str, text: str) -> float:
    """Share of the truth's word triples that the text has, in [0, 1]."""
    wanted, found = words(truth), words(text)
    triples = set(zip(wanted, wanted[1:], wanted[2:], strict=False))
    return len(triples & set(zip(found, found[1:], found[2:], strict=False))) / len(triples)


def with_pypdf(paths: list[Path]) -> tuple[int, float]:
    """Pages and seconds, one process, one page after the other."""
    import pypdf

    started = time.perf_counter()
    pages = 0
    for path in paths:
        for page in pypdf.PdfReader(path).pages:
            page.extract_text()
            pages += 1
    return pages, time.perf_counter() - started


def with_ours(paths: list[Path], workers: int) -> tuple[list[Reading], float]:
    """Readings and seconds, the start of the reading process included."""
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        readings = list(pool.map(lambda path: read(path, path.parent.name), paths))
    return readings, time.perf_counter() - started


def machine() -> str:
    """What the figures were measured on."""
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("pypdfium2", "pypdf"))
    load = os.getloadavg()[0]
    return f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, " + ", ".join(
        (f"Python {platform.python_version()}", *versions)
    )


def main() -> None:
    """Measure three times in turn, keep the best of each, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*/paper.pdf"))
    print(machine())
    rounds = [(with_ours(paths, options.workers), with_pypdf(paths)) for _ in range(3)]
    readings = rounds[0][0][0]
    for path, reading in zip(paths, readings, strict=True):
        found = recall((path.parent / "truth.txt").read_text(), reading.document.text)
        rate = reading.pages / reading.seconds
        print(
            f"{path.parent.name:30} {reading.pages:3} pages {rate:6.0f}/s"
            f" {reading.peak_mb:4.0f} MB  word triples found {found:.3f}"
        )
    pages, slow = min((pypdf for _, pypdf in rounds), key=lambda measured: measured[1])
    quick = min(seconds for (_, seconds), _ in rounds)
    print(f"ours  {pages / quick:6.0f} pages/s ({options.workers} readers, passages and sections)")
    print(f"pypdf {pages / slow:6.0f} pages/s (one process, bare text)")
    print(f"ratio {slow / quick:.1f}")


if __name__ == "__main__":
    main()
