"""
What a receipt's PDF says, in the language in which it was issued.

The wording may improve, no fact can change.
"""

import hashlib
from dataclasses import astuple, dataclass

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, override, pgettext

from bookings.money import format_money
from receipts.models import Receipt, ReceiptKind, ReceiptRate

DRAWN_LIKE_THIS = 1  # To be raised when pages are drawn differently, so that browsers ask for the new ones.


@dataclass(frozen=True)
class Page:
    """What one receipt says, as text. ``rates`` are rows of rate, net, VAT and gross."""

    language: str
    title: str
    number: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    subject: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    total: tuple[str, str]
    rates: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The entity tag of the document."""
        words = repr((DRAWN_LIKE_THIS, astuple(self)))
        return f'"{hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:32]}"'


def write_page(receipt: Receipt) -> Page:
    """Return what the page of ``receipt`` says."""
    with override(receipt.language):
        return Page(
            language=receipt.language,
            title=_title(receipt),
            number=receipt.number,
            seller=_seller(receipt),
            buyer=tuple(filter(None, (receipt.buyer, *receipt.buyer_address.splitlines()))),
            facts=_facts(receipt),
            subject=(receipt.title, receipt.venue),
            lines=tuple((line["text"], _money(line["amount"], receipt)) for line in receipt.lines),
            total=(pgettext("of a receipt", "Total"), _money(receipt.gross, receipt)),
            rates=_rates(receipt),
            notes=_notes(receipt),
        )


def _title(receipt: Receipt) -> str:
    if receipt.kind == ReceiptKind.RECEIPT:
        return pgettext("for a purchase", "Receipt")
    return pgettext("of a receipt", "Correction")


def _seller(receipt: Receipt) -> tuple[str, ...]:
    seller = receipt.seller
    numbers = [
        gettext("Tax number: %(number)s") % {"number": seller["tax_number"]} if seller["tax_number"] else "",
        gettext("VAT ID: %(number)s") % {"number": seller["vat_id"]} if seller["vat_id"] else "",
    ]
    lines = [seller["legal_name"], *seller["address"].splitlines(), *numbers]
    return tuple(line.strip() for line in lines if line.strip())


def _facts(receipt: Receipt) -> tuple[tuple[str, str], ...]:
    facts = [
        (gettext("Date of issue"), date_format(localtime(receipt.issued_at), "DATE")),
        (gettext("Date of supply"), date_format(receipt.supplied_on, "DATE")),
        (gettext("Booking"), str(receipt.payment.booking.ticket_reference or "")),
    ]
    if receipt.corrects:
        facts.insert(0, (gettext("Corrects"), receipt.corrects.number))
    return tuple(facts)


def _rates(receipt: Receipt) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(
        (spell_rate(rate), _money(rate.net, receipt), _money(rate.vat, receipt), _money(rate.gross, receipt))
        for rate in receipt.rates.all()
    )


def spell_rate(rate: ReceiptRate) -> str:
    """Return the name of a rate: 19 %, or what it is instead."""
    if rate.percent is None:
        return gettext("Tax at the checkout")
    percent = rate.percent.normalize()
    digits = number_format(percent, decimal_pos=max(0, -int(percent.as_tuple().exponent)))
    return f"{digits}\N{NO-BREAK SPACE}%"


def _notes(receipt: Receipt) -> tuple[str, ...]:
    reasons = [rate.reason for rate in receipt.rates.all() if rate.reason]
    paid = {
        ReceiptKind.RECEIPT: gettext("Paid in full."),
        ReceiptKind.CORRECTION: gettext("This amount has gone back."),
        ReceiptKind.REINSTATEMENT: gettext("This amount didn’t go back after all."),
    }[ReceiptKind(receipt.kind)]
    test = [] if receipt.series.is_live else [gettext("Made in test mode: no money has moved.")]
    return (paid, *reasons, *test)


def _money(amount: int, receipt: Receipt) -> str:
    words = format_money(abs(amount), receipt.currency)
    return f"\N{MINUS SIGN}{words}" if amount < 0 else words
