"""The paper boats of the new piece, which are in two of the pictures."""

from typing import NamedTuple

from bookings.demo.pictures.canvas import Canvas, placed


class Paper(NamedTuple):
    """Its colours: in the light, where it is folded away from it, and inside the fold."""

    light: str
    fold: str
    deep: str


WHITE = Paper("#fffdf6", "#e4e3d8", "#c3cdcb")
RED = Paper("#e4572e", "#c44521", "#9f3417")


def fold_boat(canvas: Canvas, x: float, y: float, size: float, paper: Paper, *, turned: float = 0) -> None:
    """Draw a boat whose middle is at x and y, 256 wide and 162 high at size 1."""
    sheets = (
        ([(0, -118), (-62, -18), (0, -18)], paper.light),
        ([(0, -118), (62, -18), (0, -18)], paper.fold),
        ([(-128, -48), (0, -18), (-66, 44)], paper.light),
        ([(-66, 44), (0, -18), (66, 44)], paper.deep),
        ([(128, -48), (0, -18), (66, 44)], paper.fold),
    )
    for points, colour in sheets:
        canvas.polygon(placed(points, x, y, size=size, turned=turned), colour)
