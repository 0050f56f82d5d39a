"""Open Rehearsal: chairs and music stands in the morning light of a hall, and a paper boat on one stand."""

from math import pi

from PIL.Image import Image

from bookings.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Points, arc, bend, placed
from bookings.demo.pictures.paper_boat import RED, fold_boat

WALL, PANEL, FLOOR, BEAM = "#f3e6cc", "#ead8b4", "#d9a06c", "#eabf8c"
GLASS, PANE, BAR = "#a9d3d0", "#c6e3df", "#fffaf0"
WOOD, SHADE = "#24474d", "#bb8552"
SEAT, SHEET, LINE = "#c98a1b", "#fffaf0", "#b9a98a"
CELLO, CELLO_DARK = "#9c4a24", "#5f2a16"

HORIZON = 590
WINDOWS = (240, 800, 1360)
# Chair and stand: where the chair is, at what height, how large, and which way it looks.
PLACES = (
    (560, 668, 0.62, 1),
    (1040, 668, 0.62, -1),
    (330, 715, 0.82, 1),
    (1270, 715, 0.82, -1),
    (120, 790, 1.1, 1),
    (1480, 790, 1.1, -1),
)
# The right half of a cello, from its neck down.
BODY = [
    (0, -101), (26, -98), (42, -80), (42, -54), (30, -30), (27, -6), (36, 14), (52, 36), (56, 70), (42, 102),
    (0, 114),
]  # fmt: skip


def draw() -> Image:
    canvas = Canvas(WALL)
    canvas.box(0, 430, WIDTH, HORIZON, PANEL)
    for x in WINDOWS:
        _window(canvas, x)
    canvas.box(0, HORIZON, WIDTH, HEIGHT, FLOOR)
    canvas.box(0, HORIZON - 16, WIDTH, HORIZON, BAR)
    for x in WINDOWS:
        left, right = 800 + (x - 800) * 1.05, 800 + (x - 800) * 1.75
        canvas.polygon(
            [(left - 120, HORIZON), (left + 120, HORIZON), (right + 260, HEIGHT), (right - 260, HEIGHT)], BEAM
        )
    for place in PLACES:
        _place(canvas, *place)
    _cello(canvas, 1356, 786)
    _podium(canvas, 800, 800)
    return canvas.finished()


def _window(canvas: Canvas, x: float) -> None:
    def arch(half: float, top: float, sill: float) -> Points:
        return [*arc(x, top + half, half, -pi, 0), (x + half, sill), (x - half, sill)]

    canvas.polygon(arch(164, 40, 486), BAR)
    canvas.polygon(arch(146, 58, 468), GLASS)
    canvas.polygon([(x - 146, 400), (x + 40, 66), (x + 94, 100), (x - 60, 468), (x - 146, 468)], PANE)
    canvas.box(x - 5, 58, x + 5, 468, BAR)
    for y in (204, 336):
        canvas.box(x - 146, y - 4, x + 146, y + 4, BAR)
    canvas.box(x - 186, 474, x + 186, 496, BAR, radius=4)


def _place(canvas: Canvas, x: float, y: float, size: float, way: int) -> None:
    def at(*points: tuple[float, float]) -> Points:
        return placed([(px * way, py) for px, py in points], x, y, size=size)

    canvas.oval(x + 60 * way * size, y + 6, 360 * size, 34 * size, SHADE)
    for begin, end in (
        ((-58, -112), (-76, 6)),
        ((-46, -112), (-40, -6)),
        ((56, -112), (70, 6)),
        ((44, -112), (40, -6)),
    ):
        canvas.stroke(at(begin, end), 9 * size, WOOD)
    canvas.stroke(at((-58, -112), (-70, -180), (-84, -262)), 10 * size, WOOD)
    canvas.polygon(at((-88, -278), (-72, -278), (-56, -178), (-72, -178)), SEAT)
    canvas.stroke(at((-62, -118), (62, -118)), 22 * size, SEAT)
    _stand(canvas, at((196, 0))[0], size, way)


def _stand(canvas: Canvas, foot: tuple[float, float], size: float, way: int) -> None:
    def at(*points: tuple[float, float]) -> Points:
        return placed([(px * way, py) for px, py in points], *foot, size=size)

    for reach, down in ((-46, 6), (46, 6), (6, 18)):
        canvas.stroke(at((0, -44), (reach, down)), 7 * size, WOOD)
    canvas.stroke(at((0, -40), (0, -210)), 8 * size, WOOD)
    canvas.polygon(at((-62, -206), (34, -190), (56, -292), (-40, -308)), WOOD)
    canvas.polygon(at((-60, -216), (8, -205), (30, -308), (-38, -319)), SHEET)
    for line in range(4):
        down = -292 + line * 20
        canvas.stroke(at((-32 - line * 4.4, down), (16 - line * 4.4, down + 8)), 4 * size, LINE)
    canvas.stroke(at((-66, -204), (36, -187)), 9 * size, WOOD)


def _cello(canvas: Canvas, x: float, y: float) -> None:
    def at(points: Points) -> Points:
        return placed(points, x, y - 130, size=1.12, turned=0.17)

    half = bend(BODY)
    canvas.stroke(at([(0, 110), (0, 150)]), 6, CELLO_DARK)
    canvas.polygon(at([*half, *((-px, py) for px, py in reversed(half))]), CELLO)
    canvas.stroke(at([(0, -250), (0, 30)]), 15, CELLO_DARK)
    canvas.disc(*at([(0, -258)])[0], 15, CELLO_DARK)
    for side in (-1, 1):
        canvas.stroke(at([(0, -232), (side * 22, -236)]), 7, CELLO_DARK)
        canvas.stroke(at(bend([(side * 30, -6), (side * 22, 16), (side * 32, 36)])), 5, CELLO_DARK)
    canvas.stroke(at([(-20, 46), (20, 46)]), 7, CELLO_DARK)


def _podium(canvas: Canvas, x: float, y: float) -> None:
    canvas.oval(x, y + 62, 470, 50, SHADE)
    canvas.polygon([(x - 160, y), (x + 160, y), (x + 205, y + 44), (x - 205, y + 44)], SEAT)
    canvas.box(x - 205, y + 44, x + 205, y + 68, CELLO)
    for reach, down in ((-70, 20), (70, 20), (0, 34)):
        canvas.stroke([(x, y - 50), (x + reach, y + down)], 11, WOOD)
    canvas.stroke([(x, y - 46), (x, y - 250)], 13, WOOD)
    canvas.polygon([(x - 112, y - 240), (x + 112, y - 240), (x + 96, y - 312), (x - 96, y - 312)], WOOD)
    canvas.box(x - 124, y - 252, x + 124, y - 236, WOOD, radius=6)
    fold_boat(canvas, x, y - 292, 0.92, RED)
