"""Files that lie, leak or explode: each is told for what it is, and the rest goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from benchmarks.truth import recall
from memory.errors import Unreadable
from tests.tools.pages import Set, typeset
from tools.reading import USUAL, Reading, read
from tools.reading.child import ReadingProcess
from tools.reading.second import broken
from tools.reading.worker import answer_to

OUTCOMES = {
    "encrypted": {"encrypted"},
    "damaged": {"text", "damaged", "not_a_pdf", "empty", "no_text_layer", "garbage_text"},
    "scanned": {"no_text_layer"},
    "bomb": {"no_text_layer"},
    "font without Unicode map": {"garbage_text"},
    "blank page": {"empty"},
    "Arabic": {"text"},
    "embedded attachment": {"text"},
    "HTML": {"not_a_pdf"},
}


def outcome(path: Path, password: str | None = None) -> tuple[str, Reading | None]:
    try:
        return "text", read(path, "p", password=password)
    except Unreadable as trouble:
        told = trouble.what.startswith(path.name) and trouble.fix
        return trouble.reason if told else "not told", None


def cases(shared: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((shared / "papers/nasty/EXPECT.json").read_text())
    return found


def test_every_nasty_file_gives_the_outcome_that_is_expected_of_it(shared: Path) -> None:
    for case in cases(shared):
        allowed = next(OUTCOMES[kind] for kind in OUTCOMES if case["kind"].startswith(kind))
        got, reading = outcome(shared / "papers/nasty" / case["file"])
        assert got in allowed, case["file"]
        assert reading is None or reading.document.text, case["file"]


def test_an_encrypted_file_is_read_with_its_password(shared: Path) -> None:
    locked = [case for case in cases(shared) if case["password"]]
    assert len(locked) == 4
    for case in locked:
        path = shared / "papers/nasty" / case["file"]
        assert outcome(path, case["password"])[1] is not None, case["file"]
        assert outcome(path, "wrong")[0] == "encrypted"


def test_the_process_around_it_changes_nothing_about_an_answer(shared: Path) -> None:
    files = [*(shared / "papers/nasty").glob("*.pdf"), *(shared / "papers/other").glob("*.pdf")]
    for path in files:
        answer = answer_to({"path": str(path), "password": None, "pages": USUAL.pages})
        got, reading = outcome(path)
        assert answer.get("reason", "text") == got, path.name
        assert reading is None or reading.document.text == answer["text"]


def test_a_batch_of_nasty_files_read_side_by_side_completes(shared: Path) -> None:
    files = sorted((shared / "papers/nasty").glob("*.pdf"))
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(outcome, files))) == len(files) == 27


def test_right_to_left_text_is_taken_from_the_reader_that_breaks_fewer_words(shared: Path) -> None:
    """PDFium takes the ligature of lam and alef apart in the wrong order; a person is told."""
    folder = shared / "papers/other"
    reading = read(folder / "docling_right_to_left_01.pdf", "p")
    silver = (folder / "docling_right_to_left_01.silver.md").read_text("utf-8")
    share = recall(silver.splitlines(), reading.document.text)
    assert share > 0.85
    assert broken(reading.document.text) == 0
    assert "second reader: 1" in reading.document.warnings[0]


def test_a_file_that_one_library_gives_up_is_read_by_the_other(shared: Path) -> None:
    reading = read(shared / "papers/nasty/qpdf__bad34.pdf", "p")
    assert reading.document.text == "Potato"
    assert "The second reader found text" in reading.document.warnings[0]


def test_an_ordinary_paper_does_not_pay_for_a_second_opinion(shared: Path) -> None:
    paper = shared / "papers/pairs/PMC1397864/paper.pdf"
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
        "from tools.reading.extract import read; read(Path(sys.argv[2]), None, 99);"
        "print('pypdf' in sys.modules)"
    )
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", program, root, str(paper)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "False\n"


def test_a_huge_picture_is_never_unpacked(shared: Path) -> None:
    """35,000 × 35,000 points would take 150 MB as one bit each and 5 GB in colour."""
    bomb = shared / "papers/nasty/OCRmyPDF__hugemono.pdf"
    tight = USUAL._replace(memory_mb=256, seconds=10)
    with pytest.raises(Unreadable, match="pictures") as caught:
        read(bomb, "p", tight)
    assert caught.value.reason == "no_text_layer"


def test_an_attachment_is_neither_text_nor_saved(shared: Path, tmp_path: Path) -> None:
    reading = read(shared / "papers/nasty/sample-files__with-attachment.pdf", "p")
    assert "Lorem ipsum" in reading.document.text
    assert not list(tmp_path.iterdir())


def test_other_papers_of_any_language_are_read(shared: Path) -> None:
    for path in sorted((shared / "papers/other").glob("*.pdf")):
        reading = read(path, "p")
        assert reading.passages, path.name
        assert reading.peak_mb < 150


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few hundred of them changed, cut out or doubled."""
    made = bytearray(data)
    for _ in range(chance.choice([1, 5, 30, 200])):
        at = chance.randrange(len(made))
        made[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    return bytes(made)


def test_a_spoiled_paper_never_trips_our_own_code(shared: Path, tmp_path: Path) -> None:
    """2,000 such files were read when this was written; three put words at infinity."""
    chance = random.Random(4)
    papers = sorted((shared / "papers/pairs").glob("*/paper.pdf"), key=lambda p: p.stat().st_size)
    for number in range(60):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(spoiled(chance.choice(papers[:12]).read_bytes(), chance))
        try:
            read(path, "p")
        except Unreadable as trouble:
            failed = "failed with" in trouble.what
        else:
            failed = False
        assert not failed, number


def long_paper(path: Path, pages: int) -> Path:
    return typeset(path, [[Set("A line of a long paper.", 72, 700)]] * pages)


def test_a_paper_of_too_many_pages_or_bytes_is_left(tmp_path: Path) -> None:
    paper = long_paper(tmp_path / "long.pdf", 6)
    for limits in (USUAL._replace(pages=5), USUAL._replace(bytes=100)):
        with pytest.raises(Unreadable) as caught:
            read(paper, "p", limits)
        assert caught.value.reason == "too_large"


def test_time_and_memory_are_limited(tmp_path: Path) -> None:
    paper = long_paper(tmp_path / "long.pdf", 400)
    with pytest.raises(Unreadable) as caught:
        read(paper, "p", USUAL._replace(seconds=0.005))
    assert caught.value.reason == "timeout"
    assert caught.value.transient
    with pytest.raises(Unreadable) as caught:
        read(paper, "p", USUAL._replace(memory_mb=8))
    assert caught.value.reason == "out_of_memory"


def bomb(path: Path, unit: bytes, count: int) -> Path:
    """One page whose content unpacks to `count` times `unit`, a thousand times the file's size."""
    packer = zlib.compressobj(9)
    block = unit * 10_000
    parts = [packer.compress(block) for _ in range(count // 10_000)]
    body = b"".join(parts) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(body), body),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    numbered = (b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    path.write_bytes(b"%PDF-1.4\n" + b"".join(numbered) + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF")
    return path


@pytest.mark.parametrize(
    ("unit", "count"), [(b"BT /F 9 Tf 9 9 Td (a) Tj ET\n", 1_000_000), (b" ", 500_000_000)]
)
def test_a_page_that_unpacks_without_end_is_given_up(
    tmp_path: Path, unit: bytes, count: int
) -> None:
    paper = bomb(tmp_path / "bomb.pdf", unit, count)
    assert paper.stat().st_size < 1_000_000
    with pytest.raises(Unreadable) as caught:
        read(paper, "p", USUAL._replace(memory_mb=200))
    assert caught.value.reason == "out_of_memory"
    assert read(long_paper(tmp_path / "paper.pdf", 1), "p").pages == 1


def test_what_is_no_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.pdf")
    for name in ("nothing.pdf", "folder.pdf", "pipe.pdf"):
        with pytest.raises(Unreadable) as caught:
            read(tmp_path / name, "p")
        assert caught.value.reason == "missing"


def test_a_killed_reading_process_is_started_again(tmp_path: Path) -> None:
    paper = long_paper(tmp_path / "paper.pdf", 1)
    read(paper, "p")
    for child in psutil.Process().children():
        if "tools.reading.worker" in " ".join(child.cmdline()):
            child.kill()
            child.wait()
    assert read(paper, "p").pages == 1


def test_a_reading_process_that_cannot_start_is_a_bug_and_no_papers_fault() -> None:
    process = ReadingProcess([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(RuntimeError, match="did not start"):
        process.send(b"{}", 1)


PROGRAM = """
import signal, sys
from pathlib import Path
# A job started in the background inherits that SIGINT is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[1])
from tools.reading import read
read(Path(sys.argv[2]), "p")
print("ready", flush=True)
input()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left_when_ours_is_killed(tmp_path: Path, how: signal.Signals) -> None:
    paper = long_paper(tmp_path / "paper.pdf", 1)
    root = Path(__file__).parents[2]
    # Run from a foreign folder: the reading process must find its own modules.
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), str(paper)],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        children = psutil.Process(program.pid).children(recursive=True)
        assert children
        program.send_signal(how)
        program.wait(10)
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert gone or not alive


def test_reading_works_from_a_thread_that_ends(tmp_path: Path) -> None:
    """The reading process must outlive the thread that happened to start it."""
    paper = long_paper(tmp_path / "paper.pdf", 2)
    for _ in range(2):
        thread = threading.Thread(target=read, args=(paper, "p"))
        thread.start()
        thread.join()
        time.sleep(0.05)
    assert read(paper, "p").pages == 2
