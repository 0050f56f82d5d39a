"""The fields of the payment forms, checked as on Stripe's own page before anything is charged."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.checkout import session_features
from sandbox.checkout.session_object import needs_payment_method
from sandbox.core import validators
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.core.words import words
from sandbox.payments import bank_accounts, cards
from sandbox.payments.method_types import METHOD_TYPES
from sandbox.payments.payer import Method, Payer

INCOMPLETE = "This field is required."
BAD_MONTH = "Your card's expiration month is invalid."
BAD_YEAR = "Your card's expiration year is invalid."
BAD_CVC = "Your card's security code is invalid."
AMEX_CVC, USUAL_CVC = 4, 3
COUNTRIES = words(
    "AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IN IS IT JP LI LT LU LV MT MX NL NO NZ PL "
    "PT RO SE SG SI SK TH US"
)
VAT = "eu_vat"  # the type of all tax IDs that are entered here
METHOD = "payment-method-accordion-item-title"
FILLED_IN = {"cardExpiry": "12 / 34", "cardCvc": "123"}  # along with a chosen test card
LATEST_YEARS = 50


@dataclass
class SubmittedForm:
    """A submitted form: who pays with what, and the message for each wrong field."""

    payer: Payer
    method: Method | None = None
    errors: dict[str, str] = field(default_factory=dict)


def read(box: Box, session: Obj, fields: dict[str, str]) -> SubmittedForm:
    """Read and check the form of a session's page."""
    payer = read_payer(session, fields)
    filled = SubmittedForm(payer)
    if not payer.email or not validators.is_email(payer.email):
        filled.errors["email"] = "Enter an email address such as ada@example.com."
    if not needs_payment_method(session):
        filled.method = Method()
    else:
        read_method(box, session, fields, filled)
    if session_features.asks_for_phone(session) and not payer.phone:
        filled.errors["phoneNumber"] = INCOMPLETE
    if session_features.asks_for_consent(session) and not fields.get("termsOfServiceConsentCheckbox"):
        filled.errors["termsOfServiceConsentCheckbox"] = "Accept the terms to continue."
    return filled


def read_payer(session: Obj, fields: dict[str, str]) -> Payer:
    given = {name: text.strip() or None for name, text in fields.items()}
    known = (session["customer_details"] or {}).get("email")
    tax_id, country = given.get("taxId"), given.get("billingCountry")
    return Payer(
        email=given.get("email") or known,
        name=given.get("billingName"),
        country=country if country in COUNTRIES else Payer.country,
        phone=given.get("phoneNumber"),
        business_name=given.get("businessName"),
        tax_id=(VAT, tax_id) if tax_id and session_features.asks_for_tax_id(session) else None,
    )


def read_method(box: Box, session: Obj, fields: dict[str, str], filled: SubmittedForm) -> None:
    """Read the chosen method; one that the session doesn't offer is an error."""
    types, wanted = session["payment_method_types"], fields.get(METHOD, "card")
    if wanted == "bank_debit":
        read_account(session, fields, filled)
    elif wanted not in types:
        filled.errors["method"] = "Choose one of the payment methods."
    elif wanted == "card":
        read_card(box, fields, filled)
    else:
        filled.method = Method(voucher=METHOD_TYPES[wanted])
        if not filled.payer.name:
            filled.errors["billingName"] = INCOMPLETE


def read_card(box: Box, fields: dict[str, str], filled: SubmittedForm) -> None:
    number = "".join(fields.get("cardNumber", "").replace("-", " ").split())
    if not cards.passes_luhn(number):
        filled.errors["cardNumber"] = cards.INCORRECT_NUMBER.message if number else INCOMPLETE
    expires, problem = read_expiry(box, fields.get("cardExpiry", ""))
    if problem:
        filled.errors["cardExpiry"] = problem
    card = cards.find(number)
    cvc = fields.get("cardCvc", "").strip()
    if not (
        cvc.isascii() and cvc.isdigit() and len(cvc) == (AMEX_CVC if card.brand == "amex" else USUAL_CVC)
    ):
        filled.errors["cardCvc"] = BAD_CVC if cvc else INCOMPLETE
    if not filled.payer.name:
        filled.errors["billingName"] = INCOMPLETE
    filled.method = Method(card=card, expires=expires)


def read_expiry(box: Box, text: str) -> tuple[tuple[int, int], str | None]:
    """Return (month, year) of ``12/34``, ``12 / 2034`` or ``1234``, and the message if they are wrong."""
    digits = "".join(text.replace("/", " ").split())
    if not digits:
        return (0, 0), INCOMPLETE
    if not (digits.isascii() and digits.isdigit() and len(digits) in (4, 6)):
        return (0, 0), BAD_MONTH
    month, year = int(digits[:2]), int(digits[2:])
    year += 2000 if len(digits) == 4 else 0
    today = datetime.fromtimestamp(box.clock.now(), UTC)
    if not 1 <= month <= 12:
        return (month, year), BAD_MONTH
    if not today.year <= year <= today.year + LATEST_YEARS:
        return (month, year), BAD_YEAR
    if (year, month) < (today.year, today.month):
        return (month, year), BAD_MONTH
    return (month, year), None


def read_account(session: Obj, fields: dict[str, str], filled: SubmittedForm) -> None:
    account = bank_accounts.find(fields.get("account", ""), session["payment_method_types"])
    if account is None:
        filled.errors["account"] = "Choose one of the test accounts."
    if not filled.payer.name:
        filled.errors["billingName"] = INCOMPLETE
    filled.method = Method(account=account)
