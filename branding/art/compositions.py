"""
The family of drawings: each composition yields the shapes of an SVG of 1600 × 900, from far to near.

A composition takes all that it decides by chance from ``chance``: the same seed draws the same picture.
"""

import math
from collections.abc import Callable, Iterator
from random import Random

from branding.art.tints import Scheme

WIDTH, HEIGHT = 1600, 900
Composition = Callable[[Random, Scheme], Iterator[str]]


def tiles(chance: Random, scheme: Scheme) -> Iterator[str]:
    """Quarter and half circles in squares, as on a poster of the twenties."""
    side, colours = 300, [scheme.far, scheme.middle, scheme.near, scheme.middle, scheme.far]
    lit = chance.randrange(18)
    for number in range(18):
        x, y = number % 6 * side - 100, number // 6 * side
        colour, under = chance.sample(colours, 2)
        kind, turn = chance.randrange(5), chance.randrange(4) * 90
        front = scheme.light if number == lit else colour
        shape = [
            "M-150-150h300A300 300 0 0 1-150 150z",
            "M-150-150h300a150 150 0 0 1-300 0z",
            "M-150-150A300 300 0 0 1 150 150A300 300 0 0 1-150-150z",
            "M-150 0a150 150 0 0 1 300 0a150 150 0 0 1-300 0z",
            "M-150-150h300v150h-300z",
        ][kind]
        back = "" if chance.random() < 0.45 else f'<path fill="{under}" d="M-150-150h300v300h-300z"/>'
        if under == front:
            back = ""
        yield (
            f'<g transform="translate({x + 150} {y + 150})rotate({turn})">{back}'
            f'<path fill="{front}" d="{shape}"/></g>'
        )


def spotlights(chance: Random, scheme: Scheme) -> Iterator[str]:
    """Beams from above that cross over a stage."""
    floor = 700
    yield f'<path fill="{scheme.far}" d="M0 {floor}h1600v200H0z"/>'
    count = chance.choice([3, 4, 5])
    colours = [scheme.light, scheme.far, scheme.light]
    middles = []
    for number in range(count):
        source = (number + 0.5) * WIDTH / count + chance.uniform(-60, 60)
        target = WIDTH / 2 + (source - WIDTH / 2) * chance.uniform(-0.75, 0.35)
        wide = chance.uniform(130, 220)
        colour = colours[number % 3]
        middles.append((target, wide, colour))
        yield (
            f'<path fill="{colour}" opacity=".5" d="M{source - 16:.0f}-10h32L{target + wide:.0f} {floor + 60}'
            f'H{target - wide:.0f}z"/>'
        )
    for target, wide, colour in middles:
        yield (
            f'<ellipse cx="{target:.0f}" cy="{floor + 60}" rx="{wide:.0f}" ry="{wide / 4:.0f}" '
            f'fill="{colour}" opacity=".8"/>'
        )


def curtains(chance: Random, scheme: Scheme) -> Iterator[str]:
    """Two halves of a curtain, drawn aside to let the light out."""
    middle, open_by = WIDTH / 2 + chance.uniform(-140, 140), chance.uniform(0.45, 0.75)
    radius, tied = chance.uniform(260, 380), chance.uniform(430, 600)
    yield f'<circle cx="{middle:.0f}" cy="{900 - radius * 0.7:.0f}" r="{radius:.0f}" fill="{scheme.light}"/>'
    yield f'<path fill="{scheme.far}" d="M0 770h1600v130H0z"/>'
    folds = 5
    for end in (0, WIDTH):
        for number in range(folds):
            colour = [scheme.middle, scheme.near, scheme.far][number % 3]
            reach = (middle - end) * (1 - number / folds)
            top, waist, foot = (
                end + reach * 0.86,
                end + reach * (1 - open_by) * 0.7,
                end + reach * (1 - open_by),
            )
            yield (
                f'<path fill="{colour}" d="M{end} 0H{top:.0f}C{top:.0f} {tied * 0.6:.0f} {waist:.0f} '
                f'{tied * 0.75:.0f} {waist:.0f} {tied:.0f}S{foot:.0f} 760 {foot:.0f} 900H{end}z"/>'
            )
    scallops = chance.choice([6, 8, 10])
    wide = WIDTH / scallops
    arcs = "".join(f"a{wide / 2:.0f} {wide / 2.4:.0f} 0 0 1-{wide:.0f} 0" for _ in range(scallops))
    yield f'<path fill="{scheme.near}" d="M0 0H1600V70{arcs}z"/>'
    yield f'<path fill="{scheme.far}" d="M0 0h1600v44H0z"/>'


def waves(chance: Random, scheme: Scheme) -> Iterator[str]:
    """Hills or waves in front of a disc."""
    x, radius = chance.uniform(420, 1180), chance.uniform(150, 240)
    yield f'<circle cx="{x:.0f}" cy="{chance.uniform(250, 380):.0f}" r="{radius:.0f}" fill="{scheme.light}"/>'
    layers = [scheme.far, scheme.middle, scheme.near, scheme.far, scheme.middle]
    length, start = chance.choice([800, 1066, 1600]), chance.uniform(330, 430)
    for number, colour in enumerate(layers):
        level, height = start + number * 108, chance.uniform(50, 130) * (1 - number * 0.1)
        left = -chance.uniform(0, length)
        half = length / 2
        curve = f"M{left:.0f} {level:.0f}"
        sign = 1 if chance.random() < 0.5 else -1
        curve += f"q{half / 2:.0f} {sign * -height * 2:.0f} {half:.0f} 0"
        curve += f"t{half:.0f} 0" * math.ceil((WIDTH - left) / half)
        yield f'<path fill="{colour}" d="{curve}V900H{left:.0f}z"/>'


def seats(chance: Random, scheme: Scheme) -> Iterator[str]:
    """The rows of a house from above, a few seats lit, around a stage."""
    x, y = WIDTH * chance.choice([0.5, 0.5, 0.28, 0.72]), -140
    colours = [scheme.far, scheme.middle]
    yield f'<circle cx="{x:.0f}" cy="{y}" r="330" fill="{scheme.light}"/>'
    step, size = 96, 54
    rows = range(440, 1700, step)
    for number, radius in enumerate(rows):
        around = max(1, round(2 * math.pi * radius / (size * 1.62)))
        dash = 2 * math.pi * radius / around
        yield (
            f'<circle cx="{x:.0f}" cy="{y}" r="{radius}" fill="none" stroke="{colours[number % 2]}" '
            f'stroke-width="{size}" stroke-linecap="round" stroke-dasharray=".1 {dash - 0.1:.3f}"/>'
        )
    for _ in range(chance.choice([5, 7, 9])):
        radius = chance.choice(rows[:8])
        around = round(2 * math.pi * radius / (size * 1.62))
        places = [
            (x + radius * math.cos(angle), y + radius * math.sin(angle))
            for angle in (2 * math.pi * place / around for place in range(around))
        ]
        shown = [place for place in places if 60 < place[0] < WIDTH - 60 and 60 < place[1] < HEIGHT - 60]
        if shown:
            seat = chance.choice(shown)
            yield f'<circle cx="{seat[0]:.1f}" cy="{seat[1]:.1f}" r="{size // 2}" fill="{scheme.near}"/>'


def rings(chance: Random, scheme: Scheme) -> Iterator[str]:
    """Circles that spread from a corner, as sound does."""
    x, y = chance.choice([(180, 820), (1420, 820), (180, 80), (1420, 80), (800, 900)])
    widths = [chance.uniform(26, 92) for _ in range(13)]
    radius, colours = 150.0, [scheme.middle, scheme.far, scheme.near]
    yield f'<circle cx="{x}" cy="{y}" r="{radius:.0f}" fill="{scheme.light}"/>'
    lit = chance.randrange(3, 8)
    for number, wide in enumerate(widths):
        radius += wide / 2 + chance.uniform(22, 60)
        colour = scheme.light if number == lit else colours[number % 3]
        yield (
            f'<circle cx="{x}" cy="{y}" r="{radius:.0f}" fill="none" stroke="{colour}" '
            f'stroke-width="{wide if number != lit else 20:.0f}"/>'
        )
        radius += wide / 2


COMPOSITIONS: list[Composition] = [tiles, spotlights, curtains, waves, seats, rings]
