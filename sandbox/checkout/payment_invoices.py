"""Invoices about one-time payments, made when they are paid (``invoice_creation``)."""

from sandbox.billing.invoice_object import new_invoice, new_line
from sandbox.billing.invoice_payments import new_invoice_payment
from sandbox.billing.subscription_object import automatic_tax
from sandbox.catalog.line_items import items_of
from sandbox.checkout.session_features import makes_invoice
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit


def make(box: Box, session: Obj, intent: Obj) -> Obj | None:
    """Store the paid invoice of a complete session and name it there, if the session asks for one."""
    if not makes_invoice(session):
        return None
    invoice = box.store.add(paid_invoice(box, session, intent))
    payment = new_invoice_payment(box, invoice, intent)
    payment |= {"amount_paid": intent["amount"], "status": "paid"}
    payment["status_transitions"]["paid_at"] = box.clock.now()
    box.store.save(payment)
    box.store.keep(invoice["id"], payment=payment["id"])
    session["invoice"] = invoice["id"]
    box.store.save(session)
    return invoice


def paid_invoice(box: Box, session: Obj, intent: Obj) -> Obj:
    customer, moment = box.store.get(session["customer"]), box.clock.now()
    discount = box.store.private(session["id"])["discount"]
    # A session has the members of a subscription that an invoice reads, and its tax.
    party = session | {
        "automatic_tax": automatic_tax(session),
        "collection_method": "charge_automatically",
        "discounts": [discount] if discount else [],
        "metadata": {},
    }
    lines = [line_of(party, item, moment) for item in items_of(box, session)]
    invoice = new_invoice(box, party, lines, reason="manual")
    data = session["invoice_creation"]["invoice_data"]
    invoice |= {name: data[name] for name in ("description", "footer", "metadata")}
    invoice |= {
        "amount_due": intent["amount"],
        "amount_paid": intent["amount"],
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "effective_at": moment,
        "ending_balance": 0,
        "hosted_invoice_url": f"{box.settings.base_url}/i/{invoice['id']}",
        "invoice_pdf": f"{box.settings.base_url}/i/{invoice['id']}",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "parent": None,
        "starting_balance": 0,
        "status": "paid",
        "status_transitions": invoice["status_transitions"] | {"finalized_at": moment, "paid_at": moment},
        "webhooks_delivered_at": moment,
    }
    customer["next_invoice_sequence"] += 1
    box.store.save(customer)
    return invoice


def line_of(party: Obj, item: Obj, moment: int) -> Obj:
    line = new_line(
        party,
        item,
        amount=item["amount_subtotal"],
        description=item["description"],
        period=(moment, moment),
    )
    details = {
        "invoice_item": new_id("ii_1"),
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": None,
    }
    parent = {
        "invoice_item_details": details,
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }
    return line | {"parent": parent, "subscription": None}


def announce(box: Box, invoice: Obj | None) -> None:
    """Emit the events of an invoice that was paid at once."""
    if invoice is None:
        return
    payment = box.store.get(box.store.private(invoice["id"])["payment"])
    for kind in ("created", "finalized", "paid", "payment_succeeded"):
        emit(box, f"invoice.{kind}", invoice)
    emit(box, "invoice_payment.paid", payment)
