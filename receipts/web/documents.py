"""A customer's receipts; the booking's secret address is the key."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, override, pgettext
from django.views.decorators.http import require_safe

from bookings.web.ticket_pages import file_response
from receipts.documents.page import write_page
from receipts.models import Receipt, ReceiptKind


def receipts_with_facts() -> QuerySet[Receipt]:
    return Receipt.objects.select_related("payment__booking", "corrects", "series").prefetch_related("rates")


@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer with the receipt of what was bought; 404 until it is made."""
    found = receipts_with_facts().filter(payment__booking__reference=reference)
    return receipt_pdf(request, get_object_or_404(found, kind=ReceiptKind.RECEIPT))


@require_safe
def document(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    """Answer with a receipt or a correction of this booking by its number."""
    found = receipts_with_facts().filter(payment__booking__reference=reference)
    return receipt_pdf(request, get_object_or_404(found, number=number))


def receipt_pdf(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    page = write_page(receipt)

    def make() -> bytes:
        from receipts.documents import pdf  # Only where it is needed: it takes memory.

        with override(receipt.language):
            heads = pgettext("of VAT", "Rate"), gettext("Net"), gettext("VAT"), gettext("Gross")
        return pdf.draw_page(page, heads)

    return file_response(request, "application/pdf", name=f"{receipt.number}.pdf", tag=page.tag, make=make)
