"""Read one PDF inside a process that may die of it. Runs as a program; the door is in the package.

Takes one JSON object on its command line, gives one on standard output. Imports neither pydantic nor
anything that opens a socket.
"""

from __future__ import annotations

import ctypes
import json
import re
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


class Refused(Exception):
    """The file gives no text; carries a reason code and what happened."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason
        self.what = what


def main(arguments: list[str]) -> None:
    """Read the request, write the answer."""
    request = json.loads(arguments[0])
    _bind(request)
    started = time.perf_counter()
    try:
        answer = read(Path(request["path"]), request["password"], request["pages"])
    except Refused as refused:
        answer = {"reason": refused.reason, "what": refused.what}
    except MemoryError:
        answer = {"reason": "out_of_memory", "what": "Reading it needs more memory than allowed."}
    answer["seconds"] = time.perf_counter() - started
    answer["peak_mb"] = _peak_mb()
    sys.stdout.write(json.dumps(answer))


def _peak_mb() -> float:
    """Resident memory at its highest, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the parent held before this program was loaded.
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _bind(request: Answer) -> None:
    """Take the limits upon ourselves, and die with the parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    for what, amount in (
        (resource.RLIMIT_AS, request["memory_mb"] * 2**20),
        (resource.RLIMIT_CPU, int(request["cpu_seconds"]) + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, hard = resource.getrlimit(what)
        limit = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (limit, hard))


def read(path: Path, password: str | None, most_pages: int) -> Answer:
    """Text, passages and metadata of a PDF. Raises Refused."""
    import pypdfium2.raw as pdfium

    data = path.read_bytes()
    _check_magic(data)
    pdfium.FPDF_InitLibrary()
    document = _open(pdfium, data, password)
    pages = pdfium.FPDF_GetPageCount(document)
    if pages > most_pages:
        raise Refused("too_large", f"It has {pages} pages; at most {most_pages} are read.")
    return _read(pdfium, document, pages)


def _check_magic(data: bytes) -> None:
    head = data[:1024]
    if not data:
        raise Refused("empty", "The file is empty (0 bytes).")
    if b"%PDF-" in head:
        return
    if re.search(rb"<!doctype html|<html|<head|<\?xml", head, re.IGNORECASE):
        raise Refused("not_a_pdf", "It is a web page saved under the name of a PDF.")
    raise Refused("not_a_pdf", "It does not begin like a PDF.")


def _open(pdfium: Any, data: bytes, password: str | None) -> Any:
    # Files of before PDF 2.0 hash the password in Latin-1, newer ones in UTF-8.
    secrets = (
        [None] if password is None else [password.encode(), password.encode("latin-1", "replace")]
    )
    for secret in secrets:
        document = pdfium.FPDF_LoadMemDocument64(data, len(data), secret)
        if document:
            return document
    error = pdfium.FPDF_GetLastError()
    if error == pdfium.FPDF_ERR_PASSWORD:
        right = "needs a password" if password is None else "does not open with this password"
        raise Refused("encrypted", f"It {right}.")
    if error == pdfium.FPDF_ERR_SECURITY:
        raise Refused("encrypted", "It is protected by a scheme that cannot be opened.")
    raise Refused("damaged", "Its structure is broken beyond repair.")


def _read(pdfium: Any, document: Any, count: int) -> Answer:
    from tools.reading.assemble import assemble
    from tools.reading.blocks import blocks_of
    from tools.reading.cells import mark_cells
    from tools.reading.furniture import without_running_heads
    from tools.reading.glyphs import read_page
    from tools.reading.lines import habits_of, lines_of
    from tools.reading.prose import garbled, lost_th, plain, vocabulary, with_th
    from tools.reading.roles import references_begin, roles_of

    pages = [read_page(document, index) for index in range(count)]
    _check_text(pages)
    everything = [line for number, page in enumerate(pages) for line in lines_of(page, number)]
    if garbled("".join(line.text for line in everything)) or _unmapped(pages):
        raise Refused("garbage_text", "Its fonts do not say which letters they draw.")
    lines, heads = without_running_heads(everything, [page.height for page in pages])
    if sign := lost_th("\n".join(line.text for line in lines)):
        lines = [line._replace(text=with_th(line.text, sign)) for line in lines]
    # References are many and small: they would pass for the body of a short paper.
    habits = habits_of(lines[: references_begin(lines)])
    blocks = blocks_of(mark_cells(lines, habits), habits)
    named = plain(_meta(pdfium, document, "Title"))
    roles = roles_of(blocks, habits, named)
    whole = assemble(blocks, roles, vocabulary(lines), count)
    aside = {**whole.set_aside, **({"running heads": heads} if heads else {})}
    return {
        "pages": count,
        "text": whole.text,
        "page_starts": whole.page_starts,
        "passages": [list(cut) for cut in whole.cuts],
        "title": whole.title or named,
        "authors": _authors(plain(_meta(pdfium, document, "Author"))),
        "abstract": whole.abstract,
        "doi": _doi([line.text for line in everything[: references_begin(everything)]]),
        "set_aside": aside,
        "warnings": _warnings(pages),
    }


def _check_text(pages: list[Any]) -> None:
    if any(page.words for page in pages):
        return
    if pages and all(page.failed for page in pages):
        raise Refused("damaged", "None of its pages can be opened.")
    if any(page.images for page in pages):
        raise Refused("no_text_layer", "It holds pictures of pages and no text.")
    raise Refused("empty", "Its pages are blank.")


def _unmapped(pages: list[Any]) -> bool:
    return sum(page.unmapped for page in pages) > 0.5 * sum(page.characters for page in pages)


def _warnings(pages: list[Any]) -> list[str]:
    failed = [number for number, page in enumerate(pages, 1) if page.failed]
    silent = [n for n, page in enumerate(pages, 1) if page.images and not page.words]
    told = []
    if failed:
        told.append(f"pages that could not be opened: {_list(failed)}")
    if silent:
        told.append(f"pages that are pictures without text: {_list(silent)}")
    return told


def _list(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")


def _meta(pdfium: Any, document: Any, key: str) -> str:
    size = pdfium.FPDF_GetMetaText(document, key.encode(), None, 0)
    if not 2 < size < 20_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_GetMetaText(document, key.encode(), buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _authors(named: str) -> list[str]:
    parts = re.split(r"\s*(?:;|,| and | & )\s*", named)
    return [part for part in parts if len(part.split()) >= 2][:100]


_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>\x02\ufffe]+")


def _doi(lines: list[str]) -> str:
    """The DOI that the paper's own lines name most often; among equals the first.

    lines: those before the references, which name other papers'.
    """
    found: dict[str, int] = {}
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        for match in _DOI.finditer(line):
            # A long one goes on in the next line, behind a full stop or a slash.
            more = re.match(r"[./][\w.-]*\d", after) if match.end() == len(line) else None
            name = (match[0] + (more[0] if more else "")).rstrip(".,;:)]}'’”")
            found[name] = found.get(name, 0) + 1
    return max(found, key=lambda name: found[name], default="")
