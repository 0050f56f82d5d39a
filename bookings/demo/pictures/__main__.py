"""``python -m bookings.demo.pictures``: draw the pictures of the demo's events anew."""

import sys
from collections.abc import Callable

from PIL.Image import Dither, Image

from bookings.demo.pictures import (
    cherry_orchard,
    demo_night,
    file_of,
    loud_night,
    open_rehearsal,
    small_piano,
    winter_sea,
)

COLOURS = 128  # of which smooth edges take most
# How each is drawn, by the slug of its event.
DRAWN: dict[str, Callable[[], Image]] = {
    "demo-night": demo_night.draw,
    "loud-night": loud_night.draw,
    "open-rehearsal": open_rehearsal.draw,
    "small-piano": small_piano.draw,
    "the-cherry-orchard": cherry_orchard.draw,
    "winter-sea": winter_sea.draw,
}


def main() -> None:
    for slug in DRAWN:
        file = file_of(slug)
        finished(slug).save(file, lossless=True, quality=100, method=6)
        sys.stdout.write(f"{file.name}: {file.stat().st_size / 1_000:.0f} kB\n")


def finished(slug: str) -> Image:
    """Return the picture as it is kept: in few colours, which makes a small file."""
    return DRAWN[slug]().quantize(COLOURS, dither=Dither.NONE).convert("RGB")


if __name__ == "__main__":
    main()
