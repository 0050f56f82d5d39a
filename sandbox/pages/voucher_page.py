"""The page of a voucher or of a transfer's instructions, on which the customer's next step can be played."""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.checkout import vouchers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.pages.checkout_page import success_address
from sandbox.pages.rendering import HEADERS, render
from sandbox.payments import voucher_details
from sandbox.payments.method_types import METHOD_TYPES


class VoucherPage:
    """The routes of the page."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def routes(self) -> list[Route]:
        return [
            Route("/vouchers/{intent}", self.show, methods=["GET"]),
            Route("/vouchers/{intent}", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        intent, session = self.find(request)
        if intent is None or session is None:
            return self.page("closed.html", status=404, state="unknown")
        return self.page("voucher.html", **self.shown(intent, session))

    async def act(self, request: Request) -> Response:
        """Play the customer: pay, send half of a transfer, or let the time pass."""
        intent, session = self.find(request)
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if intent is not None and session is not None and vouchers.is_open(session, intent):
            with self.box.store.transaction():
                self.play(fields.get("step", ""), intent, session)
        return RedirectResponse(request.url.path, status_code=303, headers=HEADERS)

    def play(self, step: str, intent: Obj, session: Obj) -> None:
        if step == "pay":
            vouchers.settle(self.box, session)
        elif step == "half" and vouchers.takes_parts(intent) and vouchers.remaining(intent) > 1:
            vouchers.fund(self.box, session, vouchers.remaining(intent) // 2)
        elif step == "fail":
            vouchers.fail(self.box, session)

    def find(self, request: Request) -> tuple[Obj | None, Obj | None]:
        """Return the intent and its session, if it was to be paid by a voucher or a transfer."""
        intent = self.box.store.find(request.path_params["intent"], "payment_intent")
        kept = self.box.store.private(intent["id"]) if intent else {}
        if not kept.get("voucher"):
            return None, None
        return intent, self.box.store.find(kept["session"])

    def shown(self, intent: Obj, session: Obj) -> dict[str, Any]:
        return {
            "method": METHOD_TYPES[self.box.store.private(intent["id"])["voucher"]],
            "intent": intent,
            "details": voucher_details.details_of(intent),
            "deadline": voucher_details.deadline_of(intent),
            "is_open": vouchers.is_open(session, intent),
            "remaining": vouchers.remaining(intent),
            "address": success_address(session),
        }

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        return render(template, status=status, merchant=self.box.settings.merchant, **context)
