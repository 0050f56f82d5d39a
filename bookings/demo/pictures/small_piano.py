"""A Small Piano, Very Close: a grand piano from above, and eighteen chairs around it, one of them free."""

from math import cos, pi, sin

from PIL.Image import Image

from bookings.demo.pictures.canvas import Canvas, bend, placed

FLOOR, RUG, BORDER = "#f6b91c", "#e9a010", "#fbd465"
INK, LID = "#201a2b", "#362c4a"
WHITE, GAP = "#fff8e7", "#a89b84"
CHAIR, BACK = "#c7352b", "#8f1f22"
FREE, FREE_BACK = "#fff8e7", "#dccb9f"
COAT, HAIR, HAND = "#1f5a5e", "#20140f", "#8a5a3c"

CENTRE = (800, 440)
# The half axes of each row, how many chairs it has, and where the first one stands.
ROWS = ((400, 296, 8, pi / 8), (610, 372, 10, pi / 10))
FREE_CHAIR = (1, 7)
# The case, whose keyboard is below and whose long side is on the left.
CASE = bend(
    [
        (-212, -125),
        (-192, -168),
        (-125, -184),
        (-52, -170),
        (0, -126),
        (45, -92),
        (120, -78),
        (185, -54),
        (212, 0),
    ]
)
BODY = [(-212, 140), *CASE, (212, 140)]
KEYS, PITCH, KEYBOARD = 21, 19, (-199.5, 62, 64)  # white ones, their width; where they begin, and how long
FOLLOWED = (0, 1, 3, 4, 5)  # by a black one, of seven white ones


def draw() -> Image:
    canvas = Canvas(FLOOR)
    x, y = CENTRE
    canvas.oval(x, y + 40, 1500, 1000, BORDER)
    canvas.oval(x, y + 40, 1446, 946, RUG)
    for row, (wide, high, count, begin) in enumerate(ROWS):
        for number in range(count):
            _chair(canvas, wide, high, begin + number * 2 * pi / count, is_free=(row, number) == FREE_CHAIR)
    _piano(canvas)
    _pianist(canvas)
    return canvas.finished()


def _chair(canvas: Canvas, wide: float, high: float, angle: float, *, is_free: bool) -> None:
    x, y = CENTRE[0] + wide * cos(angle), CENTRE[1] + 20 + high * sin(angle)
    turned = angle + pi / 2
    seat, back = (FREE, FREE_BACK) if is_free else (CHAIR, BACK)
    cushion = [(-34, -30), (0, -34), (34, -30), (37, 0), (32, 34), (0, 38), (-32, 34), (-37, 0)]
    rest = [(-40, -22), (-30, -42), (0, -48), (30, -42), (40, -22)]
    canvas.polygon(placed(bend(cushion, closed=True), x, y, turned=turned), seat)
    canvas.stroke(placed(bend(rest), x, y, turned=turned), 16, back)


def _piano(canvas: Canvas) -> None:
    x, y = CENTRE
    canvas.polygon(placed(BODY, x, y), INK)
    canvas.polygon(placed(BODY, x, y - 6, size=0.9), LID)
    for side in (-1, 1):
        sheet = [(side * 4, 8), (side * 66, 0), (side * 66, 40), (side * 4, 46)]
        canvas.polygon(placed(sheet, x, y), WHITE)
    left, top, length = KEYBOARD
    canvas.box(x + left - 8, y + top - 8, x - left + 8, y + top + length + 6, INK, radius=3)
    canvas.box(x + left, y + top, x - left, y + top + length, WHITE)
    for key in range(1, KEYS):
        canvas.stroke([(x + left + key * PITCH, y + top), (x + left + key * PITCH, y + top + length)], 2, GAP)
    for key in range(KEYS - 1):
        if key % 7 in FOLLOWED:
            middle = x + left + (key + 1) * PITCH
            canvas.box(middle - 6, y + top, middle + 6, y + top + length * 0.6, INK, radius=2)


def _pianist(canvas: Canvas) -> None:
    x, y = CENTRE[0], CENTRE[1] + 205
    canvas.box(x - 62, y - 22, x + 62, y + 34, BACK, radius=14)
    for side in (-1, 1):
        arm = bend([(x + side * 52, y - 4), (x + side * 84, y - 52), (x + side * 58, y - 88)])
        canvas.stroke(arm, 27, COAT, end=19)
        canvas.disc(x + side * 56, y - 94, 11, HAND)
    canvas.oval(x, y - 2, 148, 60, COAT)
    canvas.disc(x, y - 12, 29, HAIR)
    canvas.disc(x, y + 22, 17, HAIR)
