"""A canvas of flat colours, whose edges are smooth because it is drawn larger than it becomes."""

from collections.abc import Sequence
from math import cos, hypot, pi, sin

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900  # pixels of the finished picture, the unit of all lengths here
SCALE = 3  # how much larger it is drawn
STEPS = 18  # straight lines that make up a bend between two points

Point = tuple[float, float]
Points = Sequence[Point]


class Canvas:
    """A picture that is being drawn: what comes later covers what was there."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        return self._image.reduce(SCALE)

    def polygon(self, points: Points, colour: str) -> None:
        self._draw.polygon(_scaled(points), fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: str, radius: float = 0
    ) -> None:
        corners = _scaled([(left, top), (right, bottom)])
        self._draw.rounded_rectangle(corners, radius * SCALE, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self._draw.ellipse(_scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=colour)

    def oval(self, x: float, y: float, width: float, height: float, colour: str, turned: float = 0) -> None:
        """Fill an ellipse around x and y, ``turned`` by so many radians."""
        angles = [step * pi / 48 for step in range(96)]
        rim = [(width / 2 * cos(angle), height / 2 * sin(angle)) for angle in angles]
        self.polygon(placed(rim, x, y, turned=turned), colour)

    def ring(self, x: float, y: float, radius: float, width: float, colour: str) -> None:
        """Draw a ring of this ``width`` inside ``radius``."""
        corners = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(corners, outline=colour, width=round(width * SCALE))

    def stroke(self, points: Points, width: float, colour: str, *, end: float | None = None) -> None:
        """Draw a line with round ends through all points, which may grow thinner to its ``end``."""
        last = width if end is None else end
        widths = [width + (last - width) * step / max(len(points) - 1, 1) for step in range(len(points))]
        self.polygon(_outline(points, widths), colour)
        self.disc(*points[0], width / 2, colour)
        self.disc(*points[-1], last / 2, colour)


def placed(points: Points, x: float, y: float, *, size: float = 1, turned: float = 0) -> list[Point]:
    """Return a shape around the origin ``size`` times as large, ``turned`` by radians, around x and y."""
    across, down = cos(turned) * size, sin(turned) * size
    return [(x + px * across - py * down, y + px * down + py * across) for px, py in points]


def bend(points: Points, *, closed: bool = False) -> list[Point]:
    """Return a smooth line through all points (Catmull and Rom's), as short straight ones."""
    first, last = (points[-1], points[:2]) if closed else (points[0], points[-1:])
    around = [first, *points, *last]
    line = [
        _between(around[at : at + 4], step / STEPS) for at in range(len(around) - 3) for step in range(STEPS)
    ]
    return line if closed else [*line, points[-1]]


def arc(x: float, y: float, radius: float, begin: float, end: float, steps: int = 60) -> list[Point]:
    """Return a part of a circle, from one angle to another, in radians from three o'clock on."""
    angles = [begin + (end - begin) * step / steps for step in range(steps + 1)]
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def _between(four: Points, part: float) -> Point:
    return (
        _catmull_rom([point[0] for point in four], part),
        _catmull_rom([point[1] for point in four], part),
    )


def _catmull_rom(four: Sequence[float], part: float) -> float:
    before, begin, end, after = four
    slope = end - before
    square = 2 * before - 5 * begin + 4 * end - after
    cube = 3 * begin - before - 3 * end + after
    return begin + part / 2 * (slope + part * (square + part * cube))


def _outline(points: Points, widths: Sequence[float]) -> list[Point]:
    """Return the polygon around a line that has such a width at each of its points."""
    left, right = [], []
    for at, ((x, y), width) in enumerate(zip(points, widths, strict=True)):
        (x1, y1), (x2, y2) = points[max(at - 1, 0)], points[min(at + 1, len(points) - 1)]
        length = hypot(x2 - x1, y2 - y1) or 1
        across, down = (y1 - y2) / length * width / 2, (x2 - x1) / length * width / 2
        left.append((x + across, y + down))
        right.append((x - across, y - down))
    return [*left, *reversed(right)]


def _scaled(points: Points) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]
