"""The pages of the billing portal: a customer's subscriptions, card and invoices."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.billing.subscription_object import ENDED
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.pages import card_form, portal_view
from sandbox.pages.rendering import HEADERS, render
from sandbox.payments import cards
from sandbox.payments.payer import Payer
from sandbox.portal import portal_actions
from sandbox.subscriptions.subscription_changes import apply

FLOW_PAGES = {
    "customer_update": "details",
    "payment_method_update": "card",
    "subscription_cancel": "cancel",
    "subscription_update": "plan",
}
Answer = Callable[..., Awaitable[Response]]


class PortalPages:
    """The routes of the portal. A session's address is the only key to it, as at Stripe."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def routes(self) -> list[Route]:
        start, of_one = "/p/session/{session}", "/{subscription}"
        return [
            self.route(start, self.show),
            self.route(f"{start}/card", self.show_card),
            self.route(f"{start}/card", self.save_card, "POST"),
            self.route(f"{start}/card/challenge", self.show_challenge),
            self.route(f"{start}/card/challenge", self.answer_challenge, "POST"),
            self.route(f"{start}/details", self.show_details),
            self.route(f"{start}/details", self.save_details, "POST"),
            self.route(f"{start}/cancel{of_one}", self.show_cancel),
            self.route(f"{start}/cancel{of_one}", self.cancel, "POST"),
            self.route(f"{start}/keep{of_one}", self.keep, "POST"),
            self.route(f"{start}/plan{of_one}", self.show_plans),
            self.route(f"{start}/plan{of_one}", self.change_plan, "POST"),
        ]

    def route(self, path: str, answer: Answer, method: str = "GET") -> Route:
        """Serve ``answer`` with the path's session and subscription; 404 if either doesn't exist."""

        async def serve(request: Request) -> Response:
            session = self.box.store.find(request.path_params["session"], "billing_portal.session")
            if session is None:
                return self.page("closed.html", status=404, state="unknown")
            wanted = request.path_params.get("subscription")
            if wanted is None:
                return await answer(request, session)
            subscription = self.box.store.find(wanted, "subscription")
            if subscription is None or subscription["customer"] != session["customer"]:
                return self.page("closed.html", status=404, state="unknown")
            if subscription["status"] in ENDED:
                return self.home(session)
            return await answer(request, session, subscription)

        return Route(path, serve, methods=[method])

    async def show(self, request: Request, session: Obj) -> Response:
        kept = self.box.store.private(session["id"])
        if session["flow"] and not kept.get("is_done"):
            return self.go(session, flow_page(session["flow"]))
        self.box.store.keep(session["id"], notice=None)
        if kept.get("confirmed"):
            return self.page("portal/done.html", session=session, message=kept["confirmed"])
        return self.page("portal/home.html", notice=kept.get("notice"), **portal_view.home(self.box, session))

    async def show_card(self, request: Request, session: Obj) -> Response:
        if not portal_view.can_change_card(self.box, session):
            return self.home(session)
        kept = self.box.store.private(session["id"])
        values = kept.get("values", {})
        if card := request.query_params.get("card"):
            values = {**values, "cardNumber": card, **card_form.FILLED_IN}
        return self.page(
            "portal/card.html",
            session=session,
            values=values,
            errors=kept.get("errors", {}),
            message=kept.get("message"),
            cards=cards.listed(saved=True),
        )

    async def save_card(self, request: Request, session: Obj) -> Response:
        if not portal_view.can_change_card(self.box, session):
            return self.home(session)
        fields = await form_of(request)
        customer = self.box.store.get(session["customer"])
        payer = Payer(customer["email"], fields.get("billingName", "").strip() or None)
        filled = card_form.SubmittedForm(payer)
        card_form.read_card(self.box, fields, filled)
        method = filled.method
        assert method is not None
        assert method.card is not None
        refusal = method.card.refusal.message if method.card.refusal and not filled.errors else None
        values = {"billingName": fields.get("billingName", "")}
        self.box.store.keep(session["id"], errors=filled.errors, values=values, message=refusal)
        if filled.errors or refusal:
            return self.go(session, "/card")
        if method.card.challenge:
            self.box.store.keep(
                session["id"], card=method.card.number, expires=method.expires, name=payer.name
            )
            return self.go(session, "/card/challenge")
        with self.box.store.transaction():
            portal_actions.use_card(self.box, customer, method, payer)
        return self.done(session, "Card updated.")

    async def show_challenge(self, request: Request, session: Obj) -> Response:
        if not self.box.store.private(session["id"]).get("card"):
            return self.go(session, "/card")
        action = f"/p/session/{session['id']}/card/challenge"
        return self.page("challenge.html", amount=0, currency="", action=action)

    async def answer_challenge(self, request: Request, session: Obj) -> Response:
        fields, kept = await form_of(request), self.box.store.private(session["id"])
        if not kept.get("card"):
            return self.go(session, "/card")
        if fields.get("outcome") != "complete":
            self.box.store.keep(session["id"], card=None, message=cards.NOT_AUTHENTICATED.message)
            return self.go(session, "/card")
        with self.box.store.transaction():
            self.box.store.keep(session["id"], card=None)
            portal_actions.use_challenged_card(self.box, session, kept)
        return self.done(session, "Card updated.")

    async def show_details(self, request: Request, session: Obj) -> Response:
        shown = portal_view.details(self.box, session)
        return self.page("portal/details.html", **shown) if shown else self.home(session)

    async def save_details(self, request: Request, session: Obj) -> Response:
        if not portal_view.details(self.box, session):
            return self.home(session)
        fields = await form_of(request)
        errors = portal_actions.check_details(self.box, session, fields)
        self.box.store.keep(session["id"], details_errors=errors, details=fields if errors else {})
        if errors:
            return self.go(session, "/details")
        with self.box.store.transaction():
            portal_actions.update_details(self.box, session, fields)
        return self.done(session, "Details updated.")

    async def show_cancel(self, request: Request, session: Obj, subscription: Obj) -> Response:
        shown = portal_view.cancellation(self.box, session, subscription)
        return self.page("portal/cancel.html", **shown) if shown else self.home(session)

    async def cancel(self, request: Request, session: Obj, subscription: Obj) -> Response:
        if not portal_view.cancellation(self.box, session, subscription):
            return self.home(session)
        fields = await form_of(request)
        with self.box.store.transaction():
            ended = portal_actions.cancel(self.box, session, subscription, fields.get("feedback") or None)
        notice = "Your plan was cancelled." if ended else "Your plan ends with the current period."
        return self.done(session, notice)

    async def keep(self, request: Request, session: Obj, subscription: Obj) -> Response:
        with self.box.store.transaction():
            portal_actions.undo_cancellation(self.box, subscription)
        return self.done(session, "Your plan continues.")

    async def show_plans(self, request: Request, session: Obj, subscription: Obj) -> Response:
        shown = portal_view.plans(self.box, session, subscription)
        return self.page("portal/plan.html", **shown) if shown["plans"] else self.home(session)

    async def change_plan(self, request: Request, session: Obj, subscription: Obj) -> Response:
        fields = await form_of(request)
        offered = portal_view.plans(self.box, session, subscription)
        if fields.get("price") not in {plan["id"] for plan in offered["plans"]}:
            return self.go(session, f"/plan/{subscription['id']}")
        change = portal_view.plan_change(self.box, session, subscription, fields["price"])
        try:
            with self.box.store.transaction():
                changed = apply(self.box, subscription, change)
        except StripeError as error:
            self.box.store.keep(session["id"], notice=str(error))
            return self.home(session)
        failed = changed["status"] == "past_due" != subscription["status"]
        notice = "Plan changed, but the payment failed." if failed else "Plan changed."
        return self.done(session, notice)

    def done(self, session: Obj, notice: str) -> Response:
        """Redirect the browser: to where the session's flow ends, or to the portal with a message."""
        self.box.store.keep(session["id"], notice=notice, is_done=True)
        after: Obj = session["flow"]["after_completion"] if session["flow"] else {"type": "portal_homepage"}
        if after["type"] == "redirect":
            return RedirectResponse(after["redirect"]["return_url"], status_code=303, headers=HEADERS)
        if after["type"] == "hosted_confirmation":
            message = (after["hosted_confirmation"] or {}).get("custom_message") or notice
            self.box.store.keep(session["id"], confirmed=message)
        return self.home(session)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        return render(template, status=status, merchant=self.box.settings.merchant, **context)

    def home(self, session: Obj) -> Response:
        self.box.store.keep(session["id"], is_done=True)
        return self.go(session)

    def go(self, session: Obj, rest: str = "") -> Response:
        return RedirectResponse(f"/p/session/{session['id']}{rest}", status_code=303, headers=HEADERS)


def flow_page(flow: Obj) -> str:
    page, subject = FLOW_PAGES[flow["type"]], flow.get(flow["type"])
    return f"/{page}/{subject['subscription']}" if subject else f"/{page}"


async def form_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
