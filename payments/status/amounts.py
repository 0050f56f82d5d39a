"""What a booking costs, line by line, as its customer reads it."""

from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.money import format_money, format_price
from payments.status.row import StatusRow


class AmountLine(TypedDict):
    """A line of what a booking costs: its ``name``, and an amount as ``text``."""

    name: str
    text: str


def amount_lines(row: StatusRow) -> list[AmountLine]:
    """
    Return what the booking of ``row`` costs, once it is paid what was paid.

    A discount or a tax at the checkout has a line of its own, and so has what the customer paid in their own
    currency. Money that bought nothing isn't in it: the message is about that.
    """
    lines = [(_("Amount"), row.total)]
    if row.amount_discount or row.tax_added:
        lines = [
            (pgettext("of all seats", "Price"), row.amount),
            *([(_("Discount"), -row.amount_discount)] if row.amount_discount else []),
            *([(_("Tax"), row.tax_added)] if row.tax_added else []),
            (_("Paid") if row.has_bought else _("Amount"), row.total),
        ]
    shown = [AmountLine(name=name, text=_signed(amount, row.currency)) for name, amount in lines]
    if not row.amount and not row.total:
        shown = [AmountLine(name=_("Amount"), text=format_price(0, row.currency))]
    if row.presentment_amount is not None:
        paid = format_money(row.presentment_amount, row.presentment_currency)
        shown.append(AmountLine(name=_("In your currency"), text=paid))
    return shown


def _signed(amount: int, currency: str) -> str:
    words = format_money(abs(amount), currency)
    return f"\N{MINUS SIGN}{words}" if amount < 0 else words


def in_both(
    amount: int, currency: str, presentment_amount: int | None = None, presentment_currency: str = ""
) -> str:
    """Return ``amount`` as text, with what its customer saw in their own currency beside it."""
    ours = format_money(amount, currency)
    if presentment_amount is None:
        return ours
    return f"{ours} ({format_money(presentment_amount, presentment_currency)})"
