"""Low Ceiling, Loud Night: sound that is too large for its cellar, above a row of hats."""

from math import pi

from PIL.Image import Image

from bookings.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, arc, bend, placed

NIGHT, CROWD, CEILING, BRICK = "#1b0b33", "#0d0519", "#0d0519", "#241040"
WAVES = ("#ffd23f", "#ff9f2e", "#ff6a3d", "#f23d5e", "#cf2a7e", "#93218f", "#5b1a83", "#381462")
BOX, CONE, RIM = "#2a1450", "#12072a", "#ffd23f"
LAMP = "#fff3c4"

CENTRE = (800, 520)
# Heads of the crowd: where, how large, and what is worn.
HEADS = (
    (60, 52, "beanie"), (205, 44, "bare"), (330, 56, "bowler"), (470, 46, "bun"), (600, 54, "cap"),
    (735, 46, "bare"), (860, 58, "top"), (1000, 47, "beanie"), (1125, 53, "brim"), (1262, 45, "bun"),
    (1390, 56, "bare"), (1530, 50, "cap"),
)  # fmt: skip
HANDS = ((135, 655), (540, 640), (930, 625), (1195, 650), (1455, 640))


def draw() -> Image:
    canvas = Canvas(NIGHT)
    for number, colour in reversed(list(enumerate(WAVES))):
        canvas.disc(*CENTRE, 165 + 108 * number, colour)
    for number in range(len(WAVES)):
        canvas.ring(*CENTRE, 119 + 108 * number, 6, NIGHT)
    _loudspeaker(canvas)
    _ceiling(canvas)
    _crowd(canvas)
    return canvas.finished()


def _loudspeaker(canvas: Canvas) -> None:
    x, y = CENTRE
    canvas.box(x - 150, y - 235, x + 150, HEIGHT + 20, BOX, radius=16)
    canvas.disc(x, y - 150, 52, RIM)
    canvas.disc(x, y - 150, 43, CONE)
    canvas.disc(x, y - 150, 16, RIM)
    canvas.disc(x, y + 30, 116, RIM)
    canvas.disc(x, y + 30, 104, CONE)
    canvas.ring(x, y + 30, 76, 5, BOX)
    canvas.disc(x, y + 30, 38, RIM)


def _ceiling(canvas: Canvas) -> None:
    canvas.box(0, 0, WIDTH, 118, CEILING)
    for row, top in enumerate((14, 66)):
        for number in range(-1, 15):
            left = number * 124 + row * 62
            canvas.box(left, top, left + 112, top + 42, BRICK, radius=3)
    for x, drop in ((250, 92), (1350, 92)):
        canvas.stroke([(x, 118), (x, 118 + drop)], 6, CEILING)
        canvas.disc(x, 156 + drop, 20, LAMP)
        canvas.polygon([*arc(x, 156 + drop, 58, -pi, 0), (x + 58, 160 + drop), (x - 58, 160 + drop)], CEILING)


def _crowd(canvas: Canvas) -> None:
    for x, y in HANDS:
        canvas.stroke(bend([(x + 22, HEIGHT + 40), (x + 26, y + 130), (x, y + 42)]), 40, CROWD, end=26)
        canvas.disc(x, y + 30, 21, CROWD)
        for finger, (across, up) in enumerate(((-15, 8), (-7, -14), (9, -12))):
            canvas.stroke([(x, y + 26), (x + across * 1.3, y + up)], 12 - finger, CROWD)
    for x, size, worn in HEADS:
        top = HEIGHT - 2.3 * size
        canvas.disc(x, top, size, CROWD)
        canvas.box(x - size * 0.4, top, x + size * 0.4, HEIGHT, CROWD)
        canvas.oval(x, HEIGHT + 8, size * 3.7, size * 2.4, CROWD)
        _hat(canvas, x, top, size, worn)


def _hat(canvas: Canvas, x: float, y: float, size: float, worn: str) -> None:
    if worn == "beanie":
        canvas.polygon(
            [*arc(x, y - size * 0.2, size * 1.08, -pi, 0), (x + size * 1.08, y), (x - size * 1.08, y)], CROWD
        )
        canvas.disc(x, y - size * 1.36, size * 0.26, CROWD)
    elif worn == "bowler":
        canvas.oval(x, y - size * 0.45, size * 3, size * 0.5, CROWD)
        canvas.polygon(arc(x, y - size * 0.5, size * 0.95, -pi, 0), CROWD)
    elif worn == "bun":
        canvas.disc(x + size * 0.2, y - size * 1.2, size * 0.45, CROWD)
    elif worn == "cap":
        canvas.polygon(arc(x, y - size * 0.2, size * 1.05, -pi, 0), CROWD)
        canvas.stroke(
            [(x - size * 0.3, y - size * 0.28), (x + size * 1.75, y - size * 0.1)], size * 0.22, CROWD
        )
    elif worn == "top":
        canvas.oval(x, y - size * 0.5, size * 2.9, size * 0.42, CROWD)
        canvas.box(x - size * 0.82, y - size * 2.1, x + size * 0.82, y - size * 0.4, CROWD, radius=6)
    elif worn == "brim":
        canvas.oval(x, y - size * 0.42, size * 3.5, size * 0.44, CROWD)
        crown = [(-1, -0.4), (-0.7, -1.35), (0, -1.15), (0.7, -1.35), (1, -0.4)]
        canvas.polygon(placed(bend(crown), x, y, size=size), CROWD)
