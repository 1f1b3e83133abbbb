"""Words to lines, and what a document's usual line looks like. Blocks are left to others."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from tools.reading.glyphs import Page, Word

_face_of = attrgetter("face")
_NUMBER = re.compile(r"(?:\d{1,2}|[A-H])(?:\.\d{1,2})*\.?$")
_LONG = re.compile(r"[^\W\d_]{4}\W?$")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class Line(NamedTuple):
    """Words on one baseline that belong together. Coordinates are points, y upwards."""

    page: int
    """0-based."""
    words: tuple[Word, ...]
    x0: float
    x1: float
    y: float
    size: float
    """Of most of its characters."""
    bold: float
    """Share of its characters that are bold, in [0, 1]."""
    italic: float
    font: str
    """Of most of its characters."""
    text: str
    """Its words with single spaces; a line-end hyphen is kept as the soft hyphen it came as."""
    heavy: bool
    """Whether it is set in bold, a stray character aside."""
    slanted: bool
    """Whether it is set in italics, a stray character aside."""
    cell: bool = False
    """Whether it shares its row with others as the cells of a table do."""


def lines_of(page: Page, number: int) -> list[Line]:
    """Lines in the order of the content stream, columns and table cells kept apart."""
    runs: list[list[Word]] = []
    run: list[Word] = []
    face, level, edge, space = None, 0.0, 0.0, 0.0
    for word in page.words:
        text, left, right, base, own, _ = word
        # Nearly all words stand right of their neighbour, in its type: that is seen at a glance.
        near = own is face and base == level and 0 < left - edge < space and text.isascii()
        if near or (run and _joins(run, word)):
            run.append(word)
        else:
            runs.append(run := [word])
        face, level, edge, space = own, base, right, own[0]
    return _rejoin([make_line(number, run) for run in runs])


def make_line(number: int, words: list[Word]) -> Line:
    """One line of words that stand left to right."""
    texts, left, right, levels, faces, glued = zip(*words, strict=True)
    face, base = faces[0], levels[0]
    if faces.count(face) == len(faces):
        size, font = round(face.size, 1), face.font
        bold, italic = float(face.bold), float(face.italic)
    else:
        words = _with_indices(words)
        glued = tuple(word.glued for word in words)
        size, font, bold, italic = _mixture(words)
        base = next(w.y for w in words if round(w.face.size, 1) == size)
    if True in glued[1:]:
        text = "".join(w.text if i == 0 or w.glued else " " + w.text for i, w in enumerate(words))
    else:
        text = " ".join(texts)
    return Line(
        number, tuple(words), min(left), max(right), base, size, bold, italic, font, text,
        bold > 0.8, italic > 0.8,
    )  # fmt: skip


def _with_indices(words: list[Word]) -> list[Word]:
    """The words with raised and lowered ones glued to a symbol or unit they touch: `R2`, `cm2`.

    What hangs on a longer word points to a footnote or a reference.
    """
    made = words[:1]
    for last, word in pairwise(words):
        small = word.face.size < 0.85 * last.face.size
        near = abs(word.x0 - last.x1) < 0.15 * last.face.size and word.y != last.y
        hangs = small and near and not _LONG.search(last.text)
        made.append(word._replace(glued=True) if hangs else word)
    return made


def _mixture(words: list[Word]) -> tuple[float, str, float, float]:
    """Size and font of most characters, share of bold and of italic ones."""
    sizes: dict[float, int] = {}
    fonts: dict[str, int] = {}
    bold = italic = count = 0
    for face, run in groupby(words, _face_of):
        n = sum(len(word.text) for word in run)
        size = round(face.size, 1)
        sizes[size] = sizes.get(size, 0) + n
        fonts[face.font] = fonts.get(face.font, 0) + n
        bold += n * face.bold
        italic += n * face.italic
        count += n
    size = max(sizes, key=lambda key: (sizes[key], key))
    font = max(fonts, key=lambda key: (fonts[key], key))
    return size, font, bold / count, italic / count


def _joins(run: list[Word], word: Word) -> bool:
    """Whether a word stands right of a run, on its baseline or raised or lowered beside it."""
    last = run[-1]
    size = max(last.face.size, word.face.size)
    rise = 0.25 if abs(last.face.size - word.face.size) < 0.1 * size else 0.6
    if abs(last.y - word.y) > rise * size:
        for before in run[-4:]:
            if abs(before.y - word.y) <= 0.25 * size:
                break
        else:
            return False
    if len(run) == 1 and last.face == word.face and last.face.bold and _NUMBER.match(last.text):
        # The number of a heading stands a little apart.
        return 0 < word.x0 - last.x1 < 2.5 * size
    if _RIGHT_TO_LEFT.search(word.text) and _RIGHT_TO_LEFT.search(last.text):
        return -0.6 * size < last.x0 - word.x1 < 1.0 * size
    # Justified text is stretched to about one em between words; columns lie further apart.
    return -0.6 * size < word.x0 - last.x1 < 1.0 * size


def _rejoin(lines: list[Line]) -> list[Line]:
    """Put together what only a wide space parted, as in a justified line with few words."""
    starts = Counter(round(line.x0 / 3) for line in lines)
    joined: list[Line] = []
    for index, line in enumerate(lines):
        if joined and _same_row(joined[-1], line):
            left = joined[-1]
            around = [*joined[-3:-1], *lines[index + 1 : index + 4]]
            narrow = line.x0 - left.x1 < 2.2 * line.size and not _column_start(line, starts)
            if narrow or any(_bridges(other, left, line) for other in around):
                joined[-1] = make_line(line.page, [*left.words, *line.words])
                continue
        joined.append(line)
    return joined


def _same_row(left: Line, right: Line) -> bool:
    return (
        abs(left.y - right.y) < 0.2 * left.size
        and abs(left.size - right.size) < 0.2 * left.size
        and 0 <= right.x0 - left.x1 < 9 * left.size
    )


def _bridges(other: Line, left: Line, right: Line) -> bool:
    """Whether a neighbouring line of the same size runs across the gap: so it is no gutter."""
    close = abs(other.y - left.y) < 2.8 * left.size and abs(other.size - right.size) < 0.1
    return close and other.x0 < left.x1 - left.size and other.x1 > right.x0 + left.size


def _column_start(line: Line, starts: Counter[int]) -> bool:
    """Whether at least four lines of the page begin at this line's left edge."""
    key = round(line.x0 / 3)
    return starts[key - 1] + starts[key] + starts[key + 1] >= 4


class Habits(NamedTuple):
    """What is usual in a document: the measure for what is not."""

    size: float
    """Of the body text, in points."""
    bold: bool
    """Whether the body text itself is bold."""
    font: str
    leading: dict[float, float]
    """Distance of baselines by text size, both in points."""
    sizes: tuple[float, ...]
    """Sizes in which running text is set, the body's first."""
    width: float
    """Of a full line of text, in points."""

    def pitch(self, size: float) -> float:
        """Usual distance of two baselines at this size; 1.2 times the size where never seen."""
        return self.leading.get(size, 1.2 * size)


def habits_of(lines: list[Line]) -> Habits:
    """Measured on lines of at least six words."""
    weight: Counter[float] = Counter()
    fonts: Counter[tuple[float, str]] = Counter()
    bold = 0.0
    for line in lines:
        if len(line.words) >= 6:
            weight[line.size] += len(line.text)
            fonts[line.size, line.font] += len(line.text)
            bold += line.bold * len(line.text)
    total = sum(weight.values())
    if not total:
        size = Counter(line.size for line in lines).most_common(1)[0][0] if lines else 10.0
        return Habits(size, False, "", {}, (size,), 0.0)
    ranked = sorted(weight, key=lambda key: -weight[key])
    main = tuple(size for size in ranked if weight[size] >= 0.08 * total)
    body = main[0] if main else ranked[0]
    font = max((key for key in fonts if key[0] == body), key=lambda key: (fonts[key], key[1]))[1]
    widths = sorted(line.x1 - line.x0 for line in lines if line.size == body)
    width = widths[len(widths) * 3 // 4]
    return Habits(body, bold > 0.5 * total, font, _leadings(lines), main or (body,), width)


def _leadings(lines: list[Line]) -> dict[float, float]:
    steps: defaultdict[float, Counter[float]] = defaultdict(Counter)
    for above, below in pairwise(lines):
        drop = above.y - below.y
        if above.page == below.page and above.size == below.size and 0 < drop < 2.5 * above.size:
            steps[above.size][round(drop * 2) / 2] += 1
    return {size: max(seen, key=lambda k: (seen[k], -k)) for size, seen in steps.items()}
