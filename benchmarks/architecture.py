"""Draw docs/architecture.svg: rooms as boxes by layer, and an arrow where one imports another.

    python -m benchmarks.architecture

Rows are the layers of the contracts in pyproject.toml, arrows come from the source, and words from
the docstring of each room. Nothing is placed by hand: a new room is drawn where it belongs.
"""

from __future__ import annotations

import ast
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.imports import ROOT, Edge, between, inner, modules, reduced
from benchmarks.layered import Rows, Spot, laid_out, levels

PLACE = ROOT / "docs" / "architecture.svg"
ABOVE = ("tests", "benchmarks")
"""Rooms that no contract names, and that use all others."""
WIDTH, MARGIN, STEP = 880, 20, 28
"""Of the page; around it and inside rooms; between two rooms of the house."""
BOX, HEIGHT, FALL = 250, 60, 42
"""Width and height of a box inside the agent; from the foot of a row to the head of the next."""
TIPS, PORTS = 9, 22
"""Length of the straight end of an arrow; between two arrows that leave the same box."""
HEAD, CHIP = 34, 22
"""Heights of a room's own line, and of the name of what is in it."""
LETTER = 0.58 * 12
"""Width of a letter at that size: above the average of common system fonts."""
STYLE = """
    svg { font-family: system-ui, sans-serif; font-size: 12px }
    .page { fill: #ffffff }
    .room { fill: #f4f6f8; stroke: #c3cad2 }
    .box { fill: #ffffff; stroke: #0072b2 }
    .chip { fill: #ffffff; stroke: #c3cad2 }
    .name { font-size: 14px; font-weight: 600; fill: #16191d }
    .text { fill: #4a525c }
    .line { stroke: #0072b2; stroke-width: 1.5; fill: none }
    .late { stroke-dasharray: 4 3 }
    .tip { fill: #0072b2 }
    @media (prefers-color-scheme: dark) {
      .page { fill: #14161a }
      .room { fill: #1c1f25; stroke: #434a54 }
      .box { fill: #14161a; stroke: #56b4e9 }
      .chip { fill: #14161a; stroke: #434a54 }
      .name { fill: #e6e6e6 }
      .text { fill: #b4bbc5 }
      .line { stroke: #56b4e9 }
      .tip { fill: #56b4e9 }
    }
  """
TIP = (
    '<marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    '<path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker>'
)
LEGEND = (
    "An arrow goes from a room to one it imports. Arrows that follow from others are left out.",
    "Dashed: loaded only when it is called.",
)


def contracts() -> tuple[Rows, Rows]:
    """Layers of the house and of the agent, top to bottom, as the import contracts have them."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    layers = {
        ".".join(contract.get("containers", ())): [row.split(" | ") for row in contract["layers"]]
        for contract in tomllib.loads(text)["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    return [*([room] for room in ABOVE), *layers[""]], layers["agent"]


def words(room: str) -> str:
    """What a room (a dotted name) says it is: its docstring up to the first stop or colon."""
    file = modules(room.partition(".")[0])[room]
    text = " ".join((ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").split()) + " "
    return text.partition(". ")[0].partition(": ")[0].replace("`", "")


def arrows(rows: Rows, prefix: str = "") -> tuple[set[Edge], set[Edge]]:
    """Imports between rows: those downwards that do not follow from others, and those upwards.

    prefix: what comes before each name in a dotted one.
    """
    level = levels(rows)
    found = {
        (one.removeprefix(prefix), other.removeprefix(prefix))
        for one, other in between([prefix + room for room in level])
    }
    down = {(one, other) for one, other in found if level[one] < level[other]}
    return reduced(down), {(one, other) for one, other in found if level[one] > level[other]}


def drawing() -> str:
    """The whole drawing as SVG text; the same source always gives the same bytes."""
    house, agent = contracts()
    frames: dict[str, tuple[float, float, float, float]] = {}
    parts: list[str] = []
    top: float = MARGIN
    for row in house:
        width = (WIDTH - MARGIN * (len(row) + 1)) / len(row)
        lefts = [MARGIN + place * (width + MARGIN) for place in range(len(row))]
        drawn = [
            _agent(agent, top) if room == "agent" else _room(room, left, top, width)
            for room, left in zip(row, lefts, strict=True)
        ]
        height = max(tall for _, tall in drawn)
        for room, left, (inside, _) in zip(row, lefts, drawn, strict=True):
            frames[room] = (left, top, width, height)
            parts += [_rectangle("room", left, top, width, height), *inside]
        top += height + STEP
    lines = []
    for one, other in sorted(arrows(house)[0]):
        left, head, width, _ = frames[other]
        foot = frames[one][1] + frames[one][3]
        lines.append(_line(f"M{left + width / 2:.0f} {foot:.0f}V{head - 1:.0f}"))
    legend = [_text("text", MARGIN, top + 2 + 18 * row, line) for row, line in enumerate(LEGEND)]
    return _page([*lines, *parts, *legend], top + 18 * len(LEGEND))


def _agent(rows: Rows, top: float) -> tuple[list[str], float]:
    """The agent's rooms by layer, and the height they take."""
    left, right = 2 * MARGIN, WIDTH - 2 * MARGIN
    down, up = arrows(rows, "agent.")
    spots, pairs = laid_out(rows, down, BOX, (left, right))
    heads = [top + HEAD + 12 + row * (HEIGHT + FALL) for row in range(len(rows))]
    parts = _title("agent", MARGIN, top)
    for a, b in pairs:
        beside = sorted(other.x for one, other in pairs if one is a)
        start = a.x + PORTS * (beside.index(b.x) - (len(beside) - 1) / 2)
        foot, head = heads[a.row] + HEIGHT, heads[b.row]
        # A lane is drawn with the one arrow that leaves it, not with those that enter it.
        begin = f"M{a.x:.0f} {heads[a.row] - TIPS:.0f}V{foot:.0f}" if a.lane else ""
        end = "" if b.lane else f"V{head - 1:.0f}"
        parts.append(_line(begin + _curve(start, foot, b.x, head - TIPS) + end, tip=not b.lane))
    boxes = {spot.name: spot for spot in spots if not spot.lane}
    for one, other in sorted(up):
        a, b = boxes[one], boxes[other]
        head, foot = heads[a.row], heads[b.row] + HEIGHT
        path = _curve(a.x + PORTS, head, b.x + PORTS, foot + TIPS) + f"V{foot + 1:.0f}"
        parts.append(_line(path, "line late"))
    for spot in boxes.values():
        parts += _box(spot, heads[spot.row])
    return parts, heads[-1] + HEIGHT + MARGIN - top


def _box(spot: Spot, top: float) -> list[str]:
    """One room of the agent: its name, and what it says it is in at most two lines."""
    lines = textwrap.wrap(words(f"agent.{spot.name}"), int((BOX - 20) / (LETTER)))
    parts = [_rectangle("box", spot.x - BOX / 2, top, BOX, HEIGHT)]
    if len(lines) > 2:
        raise ValueError(f"The docstring of agent.{spot.name} begins too long for its box.")
    parts.append(_text("name", spot.x, top + (20 if len(lines) > 1 else 27), spot.name, "middle"))
    first = top + (36 if len(lines) > 1 else 45)
    return parts + [
        _text("text", spot.x, first + 15 * row, line, "middle") for row, line in enumerate(lines)
    ]


def _room(room: str, left: float, top: float, width: float) -> tuple[list[str], float]:
    """One of the other rooms, with the names of what is in it, and the height it takes."""
    parts = _title(room, left, top)
    if room in ABOVE:
        return parts, HEAD
    x, y = left + 14, top + HEAD
    for name in _contents(room):
        wide = round(len(name) * LETTER) + 16
        if x + wide > left + width - 14:
            x, y = left + 14, y + CHIP + 6
        parts.append(_rectangle("chip", x, y, wide, CHIP))
        parts.append(_text("text", x + wide / 2, y + 15, name, "middle"))
        x += wide + 6
    return parts, y + CHIP + 12 - top


def _contents(room: str) -> Sequence[str]:
    """What is in a room: packages with a slash, files by their name."""
    folder = ROOT / room
    packages = [f"{name}/" for name in inner(room) if (folder / name).is_dir()]
    files = [name for name in inner(room) if not (folder / name).is_dir()]
    return packages + files + sorted(path.name for path in folder.glob("*.md"))


def _title(room: str, left: float, top: float) -> list[str]:
    name = f'<tspan class="name">{room}</tspan><tspan dx="10">{escape(words(room))}</tspan>'
    return [f'<text class="text" x="{left + 14:.0f}" y="{top + 22:.0f}">{name}</text>']


def _curve(x0: float, y0: float, x1: float, y1: float) -> str:
    middle = (y0 + y1) / 2
    ends = f"{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
    return f"M{x0:.0f} {y0:.0f}C{ends}"


def _line(path: str, kind: str = "line", tip: bool = True) -> str:
    end = ' marker-end="url(#tip)"' if tip else ""
    return f'<path class="{kind}" d="{path}"{end}/>'


def _rectangle(kind: str, left: float, top: float, width: float, height: float) -> str:
    at = f'x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<rect class="{kind}" {at} rx="6"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    at = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {at}>{escape(text)}</text>'


def _page(parts: Iterable[str], height: float) -> str:
    box = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    tells = "Rooms of Goldpan by layer, and which imports which."
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{tells}">'
    page = f'<rect class="page" width="{WIDTH}" height="{height:.0f}"/>'
    lines = [start, f"<style>{STYLE}</style>", f"<defs>{TIP}</defs>", page, *parts, "</svg>"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PLACE.write_text(drawing(), "utf-8")
