"""The hosted page of an invoice, with a form to pay it while it is open."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.billing import invoice_actions, invoice_collection, invoice_lifecycle
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.pages import card_form
from sandbox.pages.rendering import HEADERS, render
from sandbox.payments import cards
from sandbox.payments.outcome import Outcome, Result
from sandbox.payments.payer import Payer


class InvoicePage:
    """The routes of the page."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def routes(self) -> list[Route]:
        return [
            Route("/i/{invoice}", self.show, methods=["GET"]),
            Route("/i/{invoice}", self.submit, methods=["POST"]),
            Route("/i/{invoice}/challenge", self.show_challenge, methods=["GET"]),
            Route("/i/{invoice}/challenge", self.answer_challenge, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        invoice = self.find(request)
        if invoice is None:
            return self.page("closed.html", status=404, state="unknown")
        return self.page("invoice.html", **self.shown(invoice, request))

    async def submit(self, request: Request) -> Response:
        invoice = self.find(request)
        if invoice is None:
            return self.page("closed.html", status=404, state="unknown")
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if fields.get("with") == "saved":
            return self.after(invoice["id"], invoice_actions.pay_with_saved(self.box, invoice["id"]))
        payer = Payer(invoice["customer_email"], fields.get("billingName", "").strip() or None)
        filled = card_form.SubmittedForm(payer)
        card_form.read_card(self.box, fields, filled)
        values = {"billingName": fields.get("billingName", "")}
        self.box.store.keep(invoice["id"], errors=filled.errors, values=values, message=None)
        if filled.errors or filled.method is None:
            return self.go(invoice["id"])
        result = invoice_actions.pay_with_card(self.box, invoice["id"], filled.method, payer)
        return self.after(invoice["id"], result)

    async def show_challenge(self, request: Request) -> Response:
        invoice = self.find(request)
        if invoice is None or invoice_actions.challenged_method(self.box, invoice) is None:
            return self.go(request.path_params["invoice"])
        return self.page(
            "challenge.html",
            amount=invoice["amount_remaining"],
            currency=invoice["currency"],
            action=f"/i/{invoice['id']}/challenge",
        )

    async def answer_challenge(self, request: Request) -> Response:
        invoice = self.find(request)
        if invoice is None:
            return self.page("closed.html", status=404, state="unknown")
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        passed = fields.get("outcome") == "complete"
        return self.after(
            invoice["id"], invoice_actions.finish_challenge(self.box, invoice["id"], passed=passed)
        )

    def after(self, invoice_id: str, result: Result) -> Response:
        return self.go(invoice_id, "/challenge" if result.outcome is Outcome.CHALLENGE else "")

    def find(self, request: Request) -> Obj | None:
        invoice = self.box.store.find(request.path_params["invoice"], "invoice")
        return invoice if invoice and invoice["status"] != "draft" else None

    def shown(self, invoice: Obj, request: Request) -> dict[str, Any]:
        kept = self.box.store.private(invoice["id"])
        values = kept.get("values", {})
        if card := request.query_params.get("card"):
            values = {**values, "cardNumber": card, **card_form.FILLED_IN}
        return {
            "invoice": invoice,
            "saved": self.saved_method(invoice),
            "values": values,
            "errors": kept.get("errors", {}),
            "message": kept.get("message"),
            "cards": cards.listed(saved=True),
        }

    def saved_method(self, invoice: Obj) -> Obj | None:
        """Return the card that the subscription pays with; a one-time payment's invoice has none."""
        if invoice["parent"] is None:
            return None
        subscription = invoice_lifecycle.subscription_of(self.box, invoice)
        return invoice_collection.default_payment_method(self.box, subscription)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        return render(template, status=status, merchant=self.box.settings.merchant, **context)

    def go(self, invoice_id: str, rest: str = "") -> Response:
        return RedirectResponse(f"/i/{invoice_id}{rest}", status_code=303, headers=HEADERS)
