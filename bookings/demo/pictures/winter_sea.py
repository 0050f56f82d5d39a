"""Winter Sea: five waves like the lines of a stave, and paper boats on them like its notes."""

from math import pi, sin

from PIL.Image import Image

from bookings.demo.pictures.canvas import HEIGHT, WIDTH, Canvas
from bookings.demo.pictures.paper_boat import RED, WHITE, fold_boat

SKY, HALO, SUN = "#cfe0e3", "#dde9e8", "#f7f3e6"
# From the horizon to the front.
WAVES = ("#8fb8c4", "#5e97ab", "#357690", "#1c5471", "#0e3550")
FOAM = "#eef5f3"
GULL = "#4b6c78"
# How high each wave is in the picture, how it swells, how long it is and where it begins.
SWELLS = (
    (455, 14, 640, 0.2),
    (530, 24, 760, 1.4),
    (610, 36, 900, 3.1),
    (705, 46, 1060, 0.7),
    (805, 54, 1260, 2.5),
)
# On which wave a boat floats, where, and how large it is.
BOATS = (
    (0, 1050, 0.36),
    (0, 1230, 0.3),
    (1, 470, 0.56),
    (1, 1290, 0.5),
    (2, 930, 0.86),
    (2, 225, 0.72),
    (3, 560, 1.3),
)


def draw() -> Image:
    canvas = Canvas(SKY)
    canvas.disc(1120, 330, 250, HALO)
    canvas.disc(1120, 330, 172, SUN)
    for x, y, size in ((330, 190, 1.2), (455, 250, 0.8), (240, 285, 0.65)):
        _gull(canvas, x, y, size)
    for number, colour in enumerate(WAVES):
        for at, (wave, x, size) in enumerate(BOATS):
            if wave == number:
                _boat(canvas, number, x, size, is_red=at == len(BOATS) - 1)
        crest = [(x, _level(number, x)) for x in range(-10, WIDTH + 11, 10)]
        canvas.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], colour)
        canvas.stroke(crest, 4 + number, FOAM)
    return canvas.finished()


def _level(number: int, x: float) -> float:
    """Return how high a wave is at x: steep before its crest, long behind it."""
    middle, swell, length, begin = SWELLS[number]
    turn = x / length * 2 * pi + begin
    return middle - swell * sin(turn + 0.45 * sin(turn))


def _boat(canvas: Canvas, number: int, x: float, size: float, *, is_red: bool) -> None:
    slope = (_level(number, x + 40) - _level(number, x - 40)) / 80
    y = _level(number, x) - 12 * size
    fold_boat(canvas, x, y, size, RED if is_red else WHITE, turned=slope * 0.8)


def _gull(canvas: Canvas, x: float, y: float, size: float) -> None:
    for side in (-1, 1):
        wing = [
            (x + side * reach * size, y - 20 * size * sin(reach / 46 * pi * 0.62))
            for reach in range(0, 47, 2)
        ]
        canvas.stroke(wing, 6 * size, GULL, end=1.5)
