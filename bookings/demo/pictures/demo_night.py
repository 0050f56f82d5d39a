"""Demo Night: one chair in the light of the stage, seen from rows in which nobody sits."""

from math import pi

from PIL.Image import Image

from bookings.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Points, arc, bend

DARK, STAGE, BOARDS = "#1d1658", "#2b2280", "#251d6e"
CURTAIN, FOLD, HEM = "#3b2fb8", "#2f2596", "#f6b91c"
OUTER, INNER = "#40349c", "#5f4fb2"
LIGHT, POOL = "#ffd766", "#ffedb8"
CHAIR, SHADE, SHADOW = "#d8412f", "#a82b24", "#d9a53a"
SEATS = ("#151042", "#0e0a30")

LAMP = (800, -60)
FLOOR = 600  # where the back wall meets the stage


def draw() -> Image:
    canvas = Canvas(DARK)
    canvas.box(0, FLOOR, WIDTH, HEIGHT, STAGE)
    for number in range(-9, 10):
        canvas.stroke([(800 + number * 62, FLOOR), (800 + number * 128, HEIGHT)], 4, BOARDS)
    _light(canvas)
    _chair(canvas, 800, 668)
    for side in (-1, 1):
        _curtain(canvas, side)
    _valance(canvas)
    for row, colour in enumerate(SEATS):
        _seats(canvas, 792 + row * 76, 150 + row * 24, row, colour)
    return canvas.finished()


def _light(canvas: Canvas) -> None:
    x, top = LAMP
    cone: Points = [(x - 46, top), (x + 46, top), (x + 300, 690), (x - 300, 690)]
    canvas.polygon(cone, OUTER)
    inner: Points = [(x - 26, top), (x + 26, top), (x + 205, 690), (x - 205, 690)]
    canvas.polygon(inner, INNER)
    canvas.oval(x, 690, 600, 128, LIGHT)
    canvas.oval(x, 690, 420, 84, POOL)


def _chair(canvas: Canvas, x: float, y: float) -> None:
    canvas.oval(x + 30, y + 30, 236, 40, SHADOW)
    for side in (-1, 1):
        canvas.stroke(
            bend([(x + side * 46, y - 104), (x + side * 52, y - 50), (x + side * 64, y + 8)]), 11, SHADE
        )
    for side, top in ((58, 308), (31, 270)):
        back = [(x - side - 5, y - 112), *arc(x, y - top + side, side, -pi, 0), (x + side + 5, y - 112)]
        canvas.stroke(back, 13, CHAIR)
    canvas.oval(x, y - 106, 172, 50, SHADE)
    canvas.oval(x, y - 114, 172, 50, CHAIR)
    for side in (-1, 1):
        canvas.stroke(
            bend([(x + side * 66, y - 104), (x + side * 70, y - 40), (x + side * 84, y + 38)]), 14, CHAIR
        )
    canvas.stroke(bend([(x - 71, y - 44), (x, y - 34), (x + 71, y - 44)]), 8, CHAIR)


def _curtain(canvas: Canvas, side: int) -> None:
    edge = 800 + side * 860
    for fold in range(6):
        near, far = 430 - fold * 84, 430 - fold * 84 - 92
        inner = bend([(edge - side * near, -20), (edge - side * (near - 24), 420), (edge - side * near, 764)])
        hem = bend([inner[-1], (edge - side * (near + far) / 2, 782), (edge - side * far, 764)])
        canvas.polygon([*inner, *hem, (edge - side * far, -20)], FOLD if fold % 2 else CURTAIN)
        canvas.stroke(hem, 11, HEM)


def _valance(canvas: Canvas) -> None:
    for number in range(9):
        x = 800 + (number - 4) * 190
        swag = [*arc(x, 0, 104, 0, pi), (x - 104, -20), (x + 104, -20)]
        canvas.polygon([(px, 40 + py * 0.95) for px, py in swag], FOLD if number % 2 else CURTAIN)
        canvas.stroke([(px, 40 + py * 0.95) for px, py in arc(x, 0, 99, 0, pi)], 10, HEM)
    canvas.box(0, -20, WIDTH, 44, FOLD)


def _seats(canvas: Canvas, top: float, width: float, row: int, colour: str) -> None:
    count = int(WIDTH / width) + 2
    for number in range(count):
        middle = 800 + (number - count // 2 + row / 2) * width
        canvas.box(
            middle - width * 0.44, top, middle + width * 0.44, HEIGHT + 80, colour, radius=width * 0.24
        )
