"""The hosted payment page of a Checkout Session, with 3-D Secure and receipts."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.billing.subscription_object import trial_end_of
from sandbox.catalog import intervals, line_items
from sandbox.checkout import price_changes, session_actions, session_features, session_totals, sessions
from sandbox.checkout.session_object import needs_payment_method
from sandbox.core import money
from sandbox.core.account import Account
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.core.words import words
from sandbox.pages import card_form
from sandbox.pages.rendering import HEADERS, STATIC, date_of, render
from sandbox.payments import bank_accounts, cards
from sandbox.payments.method_types import METHOD_TYPES, TRANSFER, VOUCHER
from sandbox.payments.outcome import Outcome, Result
from sandbox.pricing import discounts, presentment
from sandbox.webhooks import redirect_hold
from sandbox.webhooks.deliveries import DeliveryBox

# The fields that keep what was entered: no card is kept.
KEPT = words(
    "email billingName billingCountry phoneNumber businessName taxId termsOfServiceConsentCheckbox account "
    + card_form.METHOD
)
VERBS = {"book": "Book", "donate": "Donate", "pay": "Pay", "subscribe": "Subscribe"}


class CheckoutPage:
    """The routes of the page."""

    def __init__(self, box: DeliveryBox) -> None:
        self.box = box

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/c/pay/{session}", self.show, methods=["GET"]),
            Route("/c/pay/{session}", self.submit, methods=["POST"]),
            Route("/c/pay/{session}/price", self.change_price, methods=["POST"]),
            Route("/c/pay/{session}/challenge", self.show_challenge, methods=["GET"]),
            Route("/c/pay/{session}/challenge", self.answer_challenge, methods=["POST"]),
            Route("/c/recover/{session}", self.recover, methods=["GET"]),
            Route("/receipts/{charge}", self.show_receipt, methods=["GET"]),
            Mount("/_page", StaticFiles(directory=STATIC)),
        ]

    async def show(self, request: Request) -> Response:
        session = self.find(request)
        if session is None:
            return self.page("closed.html", status=404, state="unknown")
        if session["status"] != "open":
            return self.closed(session)
        return self.page("pay.html", **self.form_of(session, request))

    async def submit(self, request: Request) -> Response:
        session = self.find(request)
        if session is None:
            return self.page("closed.html", status=404, state="unknown")
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        filled = card_form.read(self.box, session, fields)
        shown = {name: fields.get(name, "") for name in KEPT}
        self.box.store.keep(session["id"], errors=filled.errors, values=shown, message=None)
        if filled.errors or filled.method is None:
            return self.go(session["id"])
        result = session_actions.pay(self.box, session["id"], filled.payer, filled.method)
        return await self.after(session["id"], result)

    async def change_price(self, request: Request) -> Response:
        """Apply the promotion code or the currency that the customer chose, or remove it."""
        session = self.find(request)
        if session is None:
            return self.page("closed.html", status=404, state="unknown")
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        text, problem = fields.get("promotionCode", "").strip() or None, None
        if "currency" in fields:
            wanted = fields["currency"] if fields["currency"] != session["currency"] else None
            problem = session_actions.change_price(self.box, session["id"], presentment=wanted)
        elif session["status"] == "open" and price_changes.takes_codes(self.box, session):
            problem = session_actions.change_price(self.box, session["id"], promotion_code=text)
        field = "currency" if "currency" in fields else "promotionCode"
        errors = {field: problem} if problem else {}
        self.box.store.keep(session["id"], errors=errors, message=None)
        return self.go(session["id"])

    async def show_challenge(self, request: Request) -> Response:
        session = self.find(request)
        if (
            session is None
            or session["status"] != "open"
            or not session_actions.is_challenged(self.box, session)
        ):
            return self.go(request.path_params["session"])
        return self.page(
            "challenge.html",
            amount=session["amount_total"],
            currency=session["currency"],
            action=f"/c/pay/{session['id']}/challenge",
        )

    async def answer_challenge(self, request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        session_id = request.path_params["session"]
        passed = fields.get("outcome") == "complete"
        return await self.after(
            session_id, session_actions.finish_challenge(self.box, session_id, passed=passed)
        )

    async def recover(self, request: Request) -> Response:
        """Open a copy of an expired session (``after_expiration``) and lead there."""
        session = self.box.store.find(request.path_params["session"], "checkout.session")
        if session is None:
            return self.page("closed.html", status=404, state="unknown")
        try:
            with self.box.store.transaction():
                copy = sessions.recover(self.box, session)
        except StripeError:
            copy = None  # What it sold can't be bought any more.
        return self.go(copy["id"]) if copy else self.closed(session)

    async def show_receipt(self, request: Request) -> Response:
        charge = self.box.store.find(request.path_params["charge"], "charge")
        if charge is None or not charge["paid"]:
            return self.page("closed.html", status=404, state="unknown")
        return self.page("receipt.html", charge=charge, paid_on=date_of(charge["created"]))

    async def after(self, session_id: str, result: Result) -> Response:
        """Redirect the browser: to the shop, the challenge, the voucher, or back to the form."""
        if result.outcome is Outcome.CHALLENGE:
            return RedirectResponse(f"/c/pay/{session_id}/challenge", status_code=303, headers=HEADERS)
        session = self.box.store.find(session_id, "checkout.session")
        if session is None or session["status"] != "complete":
            return self.go(session_id)
        await redirect_hold.hold(self.box, session_id)
        if result.outcome is Outcome.AWAITING_CUSTOMER:
            place = f"/vouchers/{session['payment_intent']}"
            return RedirectResponse(place, status_code=303, headers=HEADERS)
        return RedirectResponse(success_address(session), status_code=303, headers=HEADERS)

    def find(self, request: Request) -> Obj | None:
        session = self.box.store.find(request.path_params["session"], "checkout.session")
        if session is not None and session["status"] == "open":
            with self.box.store.transaction():
                session_actions.open_session(self.box, session["id"])
            session = self.box.store.find(session["id"])
        return session

    def form_of(self, session: Obj, request: Request) -> dict[str, Any]:
        """Return the form's context: the purchase, the last values and their errors."""
        kept = self.box.store.private(session["id"])
        values = kept.get("values", {})
        if card := request.query_params.get("card"):
            values = {**values, card_form.METHOD: "card", "cardNumber": card, **card_form.FILLED_IN}
        items = line_items.items_of(self.box, session)
        due = session | self.totals_of(session)
        subscribes = session["mode"] == "subscription"
        return {
            "session": due,
            "items": items,
            "discount": self.discount_of(session),
            "shown": price_changes.presented(self.box, due),
            "currencies": [each for each in presentment.RATES if price_changes.can_present(session, each)],
            "takes_codes": price_changes.takes_codes(self.box, session),
            "plan": plan_of(self.box, session, items) if subscribes else None,
            "asks": needs_payment_method(due),
            "verb": VERBS.get(session["submit_type"] or ("subscribe" if subscribes else "pay"), "Pay"),
            "values": values,
            "method": values.get(card_form.METHOD),
            "countries": card_form.COUNTRIES,
            "home": Account(self.box.store).country,
            "asks_for_consent": session_features.asks_for_consent(session),
            "asks_for_phone": session_features.asks_for_phone(session),
            "asks_for_tax_id": session_features.asks_for_tax_id(session),
            "terms": Account(self.box.store).terms_of_service_url,
            "errors": kept.get("errors", {}),
            "message": kept.get("message"),
            "cards": cards.listed(saved=subscribes),
            "accounts": bank_accounts.accounts_for(session["payment_method_types"]),
            "takes_cards": "card" in session["payment_method_types"],
            "vouchers": [
                METHOD_TYPES[name]
                for name in session["payment_method_types"]
                if METHOD_TYPES[name].kind in (VOUCHER, TRANSFER)
            ],
        }

    def totals_of(self, session: Obj) -> Obj:
        """Return what the session will cost once the customer has said where they are."""
        found = session_totals.item_amounts(self.box, session, is_located=True)
        return session_totals.totals(self.box, session, found)

    def discount_of(self, session: Obj) -> str | None:
        discount = session_totals.discount_of(self.box, session)
        return discounts.described(self.box, discount) if discount else None

    def closed(self, session: Obj) -> Response:
        state = session["status"]
        address = success_address(session) if state == "complete" else session["cancel_url"]
        return self.page(
            "closed.html",
            status=200 if state == "complete" else 410,
            state=state,
            session=session,
            address=address,
        )

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        return render(template, status=status, merchant=self.box.settings.merchant, **context)

    def go(self, session_id: str) -> Response:
        return RedirectResponse(f"/c/pay/{session_id}", status_code=303, headers=HEADERS)


def plan_of(box: Box, session: Obj, items: list[Obj]) -> dict[str, str | None]:
    """Return what the page says about a subscription's later payments."""
    total = sum(item["amount_subtotal"] for item in items)
    trial_end = trial_end_of(box, box.store.private(session["id"])["subscription_data"])
    return {
        "amount": money.formatted(total, session["currency"]),
        "interval": intervals.formatted(items[0]["price"]["recurring"]),
        "free_until": date_of(trial_end) if trial_end else None,
    }


def success_address(session: Obj) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
