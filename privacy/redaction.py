"""Taking people out of texts and JSON whose other facts have to stay."""

import json
import re
from collections.abc import Collection
from typing import Any

ERASED = "[erased]"
# What Stripe's objects have of a person: https://docs.stripe.com/api
PERSONAL = {
    *("email", "customer_email", "receipt_email", "name", "customer_name", "phone", "customer_phone"),
    *("address", "customer_address", "shipping", "customer_shipping", "customer_details", "billing_details"),
    *("individual_name", "business_name", "tax_ids", "customer_tax_ids", "ip", "customer_purchase_ip"),
    *("fingerprint", "last4", "iban", "iban_last4", "verified_name", "verified_email", "payer_email"),
    *("payer_name", "cardholder_name", "bank_name", "account_holder_name", "custom_fields"),
}
# Addresses of Stripe's pages that show who pays.
PAGES = {
    "url",
    "hosted_invoice_url",
    "invoice_pdf",
    "receipt_url",
    "hosted_instructions_url",
    "hosted_voucher_url",
}
NOT_PEOPLE = {"product_data", "line_items", "price", "product", "plan"}


class Redactor:
    """Takes the words by which people are known out of whatever it is given."""

    def __init__(self, words: Collection[str]) -> None:
        longest_first = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
        parts = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in longest_first]
        self._pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def text(self, text: str) -> str:
        return self._pattern.sub(ERASED, text) if self._pattern else text

    def json(self, value: Any, *, key: str = "", in_person: bool = False) -> Any:
        """Return ``value`` without anybody in it; numbers, ids and states stay."""
        if isinstance(value, dict):
            is_thing = key in NOT_PEOPLE
            return {
                name: self.json(
                    one,
                    key=name,
                    in_person=in_person or (name in PERSONAL and not is_thing) or name in PAGES,
                )
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self.json(one, key=key, in_person=in_person) for one in value]
        if isinstance(value, str) and value:
            return ERASED if in_person else self.text(value)
        return value

    def body(self, body: str) -> str:
        """Return a JSON text without anybody in it; what isn't JSON is taken as text."""
        try:
            parsed = json.loads(body)
        except ValueError:
            return self.text(body)
        return json.dumps(self.json(parsed), separators=(",", ":"))
