"""
The pictures of the demo's events, drawn by code: a module for each, named after its event.

``python -m bookings.demo.pictures`` draws them into ``files``, which are kept in the repository.
"""

from pathlib import Path

FILES = Path(__file__).parent / "files"


def file_of(slug: str) -> Path:
    """Return the file of the picture for the demo's event ``slug``: a WebP of 1600 by 900 pixels."""
    return FILES / f"{slug}.webp"
