"""
Tell a benchmark's results: as a table in the terminal and, with ``--write``, in ``bench/README.md``.

With ``--write``, the part between ``<!-- NAME -->`` and ``<!-- /NAME -->`` becomes the table, and bars become
the picture ``bench/pictures/NAME.svg``.
"""

import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

BENCH = Path(__file__).resolve().parent.parent
README = BENCH / "README.md"
PICTURES = BENCH / "pictures"

Cell = str | int | float | None
# Of the picture, in pixels.
WIDTH, LABELS, BAR, GAP = 720, 250, 18, 10
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.bar { fill: #3a6ea5 } .goal { stroke: #b3541e; stroke-width: 2; stroke-dasharray: 4 3 }
.goal-text { fill: #b3541e }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #79a9d8 } .goal { stroke: #e0925f } .goal-text { fill: #e0925f }
}
"""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of figures; floats are shown with as many digits as matter, None as a dash."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""

    def as_text(self) -> str:
        cells = [[*self.columns], *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        lines = ["   ".join(_aligned(row, widths)).rstrip() for row in cells]
        return "\n".join([*([self.title] if self.title else []), *lines])

    def as_markdown(self) -> str:
        lines = [f"**{self.title}**", ""] if self.title else []
        lines += [
            _line(self.columns),
            _line("---" if number == 0 else "---:" for number in range(len(self.columns))),
        ]
        return "\n".join([*lines, *(_line(_shown(cell) for cell in row) for row in self.rows)])


@dataclass(frozen=True, kw_only=True)
class Bars:
    """A picture of ``values``, a label and a number each, with a line at ``goal`` if there is one."""

    title: str
    values: Sequence[tuple[str, float]]
    goal: float | None = None
    unit: str = ""

    def as_svg(self) -> str:
        most = max([value for _label, value in self.values] + [self.goal or 0]) or 1
        scale = (WIDTH - LABELS - 90) / most
        height = 34 + len(self.values) * (BAR + GAP) + (22 if self.goal else 0)
        parts = [f'<text x="0" y="16" font-weight="600">{escape(self.title)}</text>']
        for number, (label, value) in enumerate(self.values):
            top, length = 30 + number * (BAR + GAP), max(1, value * scale)
            told, end = f"{_shown(value)}{self.unit}", LABELS + length + 6
            parts += [
                f'<text x="0" y="{top + 14}">{escape(label)}</text>',
                f'<rect class="bar" x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}"/>',
                f'<text x="{end:.1f}" y="{top + 14}">{told}</text>',
            ]
        if self.goal:
            at, end = LABELS + self.goal * scale, 30 + len(self.values) * (BAR + GAP)
            parts.append(f'<line class="goal" x1="{at:.1f}" x2="{at:.1f}" y1="26" y2="{end}"/>')
            parts.append(
                f'<text class="goal-text" x="{at:.1f}" y="{end + 14}">goal {_shown(self.goal)}</text>'
            )
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">'
        return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def tell(name: str, *tables: Table, bars: Bars | None = None, note: str = "") -> None:
    """Print ``tables``; with ``--write``, put them, the picture of ``bars`` and ``note`` into the README."""
    for table in tables:
        print(table.as_text(), end="\n\n", flush=True)
    if note:
        print(note, flush=True)
    if "--write" in sys.argv[1:]:
        _write(name, tables, bars, note)


def _write(name: str, tables: Sequence[Table], bars: Bars | None, note: str) -> None:
    parts = [_circumstances(), *(table.as_markdown() for table in tables), *([note] if note else [])]
    if bars:
        (PICTURES / f"{name}.svg").write_text(bars.as_svg())
        parts.append(f"![{bars.title}](pictures/{name}.svg)")
    text = README.read_text()
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        raise LookupError(f"bench/README.md has no place marked <!-- {name} -->.")
    body = "\n\n".join(parts) + "\n"
    README.write_text(marked.sub(lambda found: found[1] + body + found[2], text))


def _circumstances() -> str:
    load = os.getloadavg()[0]
    when = datetime.now(UTC).date().isoformat()
    python = platform.python_version()
    return f"Measured {when}: {os.cpu_count()} processors, Python {python}, load {load:.1f} at the end."


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case float():
            digits = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
            return f"{cell:,.{digits}f}"
        case int():
            return f"{cell:,}"
    return cell


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        row[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
