"""Whatever two colours a house has, its pages can be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branding.colours import (
    INK,
    INK_SOFT,
    NIGHT,
    NIGHT_INK,
    NIGHT_INK_SOFT,
    NIGHT_RAISED,
    NIGHT_SHEET,
    PAPER,
    READABLE,
    SHEET,
    WHITE,
    Palette,
    by_day,
    by_night,
    contrast,
    from_lch,
    parse,
    to_lch,
)
from branding.models import ACTION, BRAND
from tests.support.paths import ROOT

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
DAYS = ("brand", "on_brand", "brand_soft", "action", "on_action", "action_text", "focus")


@given(colours, colours)
def test_every_text_of_a_palette_can_be_read(brand: str, action: str) -> None:
    day, night = by_day(brand, action), by_night(brand, action)

    for palette, papers, inks in (
        (day, (PAPER, SHEET, WHITE), (INK, INK_SOFT)),
        (night, (NIGHT, NIGHT_SHEET, NIGHT_RAISED), (NIGHT_INK, NIGHT_INK_SOFT)),
    ):
        pairs = [(palette.on_brand, palette.brand), (palette.on_action, palette.action)]
        pairs += [(text, palette.brand_soft) for text in (*inks, palette.action_text)]
        pairs += [(text, paper) for text in (palette.action_text, palette.focus) for paper in papers]
        assert [pair for pair in pairs if contrast(*pair) < READABLE] == []


@given(colours)
def test_a_colour_is_the_same_after_the_way_to_oklch_and_back(colour: str) -> None:
    assert from_lch(to_lch(colour)) == colour


@given(colours, colours)
def test_the_chosen_colours_are_used_as_they_are_by_day(brand: str, action: str) -> None:
    palette = by_day(brand, action)

    assert (palette.brand, palette.action) == (brand, action)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ffffff", "#ffffff", 1)],
)
def test_contrast_is_wcags(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    "typed", ["", "red", "#fff", "#12345g", "#1234567", "123456", "#ABCDEF", "#123456\n"]
)
def test_nothing_else_is_a_colour(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        parse(typed)


@pytest.mark.parametrize(
    ("file", "palette"),
    [("tokens.css", by_day(BRAND, ACTION)), ("dark.css", by_night(BRAND, ACTION))],
)
def test_the_style_sheets_have_what_the_default_colours_become(file: str, palette: Palette) -> None:
    said = _tokens(file)
    if file == "dark.css":  # What is the same by night isn't said again.
        said = {**_tokens("tokens.css"), **said}

    assert {name: said[f"--{name.replace('_', '-')}"] for name in DAYS} == vars(palette)


@pytest.mark.parametrize(
    ("file", "known"),
    [
        ("tokens.css", {"ink": INK, "ink-soft": INK_SOFT, "paper": PAPER, "sheet": SHEET, "raised": WHITE}),
        (
            "dark.css",
            {
                "ink": NIGHT_INK,
                "ink-soft": NIGHT_INK_SOFT,
                "paper": NIGHT,
                "sheet": NIGHT_SHEET,
                "raised": NIGHT_RAISED,
            },
        ),
    ],
)
def test_papers_and_inks_are_those_of_the_style_sheets(file: str, known: dict[str, str]) -> None:
    said = _tokens(file)

    assert {name: said[f"--{name}"] for name in known} == known


def _tokens(file: str) -> dict[str, str]:
    """Return the colours in a style sheet by their names, all in six digits."""
    text = (ROOT / "static/css/base" / file).read_text()
    found = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+);", text))
    return {
        name: it if len(it) == 7 else "#" + "".join(2 * digit for digit in it[1:])
        for name, it in found.items()
    }
