"""A line of text in pixels: HarfBuzz fills the outlines of the glyphs that a PDF would have."""

from dataclasses import dataclass

from PIL import Image
from uharfbuzz import RasterDraw

from bookings.documents.glyphs import place_glyphs
from bookings.documents.text_shaping import runs
from bookings.documents.typefaces import load

REACH = 1.4  # of a line's size, above and below its foot; marks upon marks would cover other lines


@dataclass(frozen=True)
class Ink:
    """
    What one line covers, in pixels: ``mask`` says how much of each.

    It begins ``left`` of where the line does, and is ``above`` and ``below`` its foot so high and so deep.
    ``width`` is what the line takes, with the space around its letters.
    """

    mask: Image.Image
    left: int
    above: int
    below: int
    width: int

    def paint(self, picture: Image.Image, colour: tuple[int, int, int], x: int, y: int) -> None:
        """Draw the line whose left end is at ``x`` and whose foot is at ``y``, counted from above."""
        picture.paste(colour, (x + self.left, y - self.above), self.mask)


def ink(text: str, font: str, size: float) -> Ink:
    """Return one line of ``text`` in letters of ``size`` pixels."""
    pen, x = RasterDraw(), 0.0
    for run in runs(text, font):
        typeface = load(run.font)
        scale = size / typeface.face.unitsPerEm
        for glyph in place_glyphs(run):
            pen.transform = (scale, 0, 0, scale, x + size * glyph.x_offset, size * glyph.y_offset)
            pen.draw_glyph(typeface.shaper, glyph.number)
            x += size * glyph.advance
    drawn = pen.render()
    extents = drawn.extents
    if not (extents and extents.width and extents.height):
        return Ink(Image.new("L", (1, 1)), 0, 0, 0, round(x))
    shape = (extents.width, extents.height)
    mask = Image.frombytes("L", shape, drawn.buffer, "raw", "L", extents.stride, -1)  # rows from below
    above, below = extents.y_origin + extents.height, -extents.y_origin
    top, foot = (min(reach, round(REACH * size)) for reach in (above, below))
    mask = mask.crop((0, above - top, extents.width, above + foot))
    return Ink(mask, extents.x_origin, top, foot, round(x))
