"""What is said to staff of the colours that they choose."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from branding.colours import PAPER, READABLE, WHITE, by_day, by_night, contrast

FAINT = 1.25  # of a surface and the paper around it
ALIKE = 1.1


def remarks(brand: str, action: str) -> list[str]:
    """Return what becomes of these two colours, in sentences."""
    return list(_remarks(brand, action))


def _remarks(brand: str, action: str) -> Iterator[str]:
    day, night = by_day(brand, action), by_night(brand, action)
    words = _("Text on buttons is %(ink)s: its contrast is %(ratio)s, and %(least)s is enough to read it.")
    yield words % {
        "ink": _("white") if day.on_action == WHITE else _("dark"),
        "ratio": f"{contrast(day.action, day.on_action):.1f}",
        "least": READABLE,
    }
    if day.action_text == action:
        yield _("Links can be read in the action colour as it is.")
    else:
        yield _("Links use a darker shade, %(colour)s, so that they can be read.") % {
            "colour": day.action_text
        }
    if not _are_alike(night.action, action):
        yield _("On dark screens, buttons are lighter: %(colour)s.") % {"colour": night.action}
    if not any(_are_alike(night.action_text, it) for it in (action, night.action)):
        yield _("On dark screens, links are %(colour)s.") % {"colour": night.action_text}
    if not _are_alike(night.brand, brand):
        yield _("On dark screens, the brand colour is lighter: %(colour)s.") % {"colour": night.brand}
    if contrast(brand, PAPER) < FAINT:
        yield _("The brand colour is close to the paper’s, so headers and stubs are hard to see.")
    if contrast(action, PAPER) < FAINT:
        yield _("The action colour is close to the paper’s, so buttons are hard to see.")


def _are_alike(one: str, other: str) -> bool:
    """Return whether nobody sees that these are two colours."""
    return contrast(one, other) < ALIKE
