"""The Cherry Orchard: a branch in blossom before a low sun, and petals that begin to fall."""

from math import pi
from random import Random

from PIL.Image import Image

from bookings.demo.pictures.canvas import HEIGHT, WIDTH, Canvas, Points, bend, placed

SKY, SUN, HILL, NEAR = "#f3b9a8", "#fbe3cf", "#e0917f", "#c96f66"
WOOD, BARK = "#3a1420", "#571f2c"
PETALS = ("#fff6f1", "#fde0de", "#f9c8cc")
HEART, CHERRY, SHINE = "#c22f45", "#b31d33", "#f0808a"

PETAL = bend([(0, 0), (-9, -12), (-12, -25), (-6, -34), (0, -30), (6, -34), (12, -25), (9, -12)], closed=True)
BRANCH = bend(
    [
        (-60, 800),
        (170, 690),
        (330, 640),
        (520, 520),
        (700, 470),
        (900, 350),
        (1120, 310),
        (1330, 205),
        (1500, 185),
    ]
)
# Where each twig leaves the branch, and over which points it goes.
TWIGS: tuple[Points, ...] = (
    [(330, 640), (420, 500), (430, 380), (520, 265)],
    [(430, 380), (360, 310), (330, 215)],
    [(520, 520), (660, 600), (760, 600), (890, 680)],
    [(700, 470), (760, 350), (745, 240), (820, 130)],
    [(900, 350), (1040, 430), (1150, 430), (1290, 520)],
    [(1120, 310), (1160, 200), (1240, 110), (1260, 40)],
    [(1150, 430), (1230, 400), (1340, 400)],
)
# Clusters of blossoms: where, how far they spread, how many.
CLUSTERS = (
    (520, 262, 62, 9), (330, 212, 46, 6), (430, 385, 40, 5), (885, 680, 50, 7), (690, 470, 42, 5),
    (820, 130, 62, 9), (748, 265, 34, 4), (1290, 520, 56, 8), (1120, 312, 48, 6), (1262, 60, 50, 7),
    (1345, 400, 44, 6), (1490, 190, 64, 9), (1330, 210, 34, 4), (900, 352, 40, 5), (300, 652, 40, 5),
)  # fmt: skip
CHERRIES = ((655, 597), (1005, 416))


def draw() -> Image:
    canvas = Canvas(SKY)
    canvas.disc(1010, 395, 330, SUN)
    canvas.polygon(_hill([(0, 690), (300, 640), (700, 730), (1150, 665), (1600, 720)]), HILL)
    canvas.polygon(_hill([(0, 830), (420, 760), (900, 800), (1280, 745), (1600, 800)]), NEAR)
    canvas.stroke(BRANCH, 62, WOOD, end=9)
    for twig in TWIGS:
        canvas.stroke(bend(twig), 19, WOOD, end=5)
    canvas.stroke([(x, y - 8) for x, y in BRANCH[:75]], 9, BARK, end=2)
    for x, y in CHERRIES:
        _cherries(canvas, x, y)
    chance = Random(4)  # noqa: S311  The same blossoms each time.
    _blossoms(canvas, chance)
    _falling(canvas, chance)
    return canvas.finished()


def _blossoms(canvas: Canvas, chance: Random) -> None:
    for x, y, spread, count in CLUSTERS:
        for _blossom in range(count):
            across, down = chance.gauss(0, spread / 2), chance.gauss(0, spread / 2)
            _blossom_at(canvas, x + across, y + down, chance.uniform(0.8, 1.3), chance)


def _falling(canvas: Canvas, chance: Random) -> None:
    for _petal in range(26):
        x, y = chance.uniform(250, 1560), chance.uniform(330, 880)
        petal = placed(PETAL, x, y, size=chance.uniform(0.4, 0.75), turned=chance.uniform(0, 2 * pi))
        canvas.polygon(petal, chance.choice(PETALS))


def _hill(ridge: Points) -> Points:
    return [*bend(ridge), (WIDTH, HEIGHT), (0, HEIGHT)]


def _blossom_at(canvas: Canvas, x: float, y: float, size: float, chance: Random) -> None:
    colour, turned = chance.choice(PETALS), chance.uniform(0, pi)
    for petal in range(5):
        canvas.polygon(placed(PETAL, x, y, size=size, turned=turned + petal * 2 * pi / 5), colour)
    for thread in range(5):
        (tip,) = placed([(0, -13)], x, y, size=size, turned=turned + (thread + 0.5) * 2 * pi / 5)
        canvas.stroke([(x, y), tip], 2, HEART)
        canvas.disc(*tip, 2.6, HEART)
    canvas.disc(x, y, 5 * size, HEART)


def _cherries(canvas: Canvas, x: float, y: float) -> None:
    for across, down in ((-26, 82), (24, 96)):
        canvas.stroke(bend([(x, y), (x + across * 0.4, y + down * 0.5), (x + across, y + down)]), 4, WOOD)
        canvas.disc(x + across, y + down + 16, 22, CHERRY)
        canvas.oval(x + across - 8, y + down + 8, 12, 7, SHINE, turned=-0.7)
