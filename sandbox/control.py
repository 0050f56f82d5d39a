"""
The control surface, for tests and demonstrations: JSON in and out, all under ``/_sandbox/``.

Stripe has nothing like it.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import bank_debits, card_form, cards, checkout, clock, debits, deliveries, webhook_endpoints
from sandbox.payers import Method, Outcome, Payer, Result

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

USUAL_CARD, USUAL_REFUSAL = "4242424242424242", "4000000000000002"
USUAL_PAYER = {"email": "ada@example.com", "name": "Ada Lovelace"}
STATUS = {Outcome.DECLINED: 402, Outcome.NOT_OPEN: 409}


class Refused(Exception):
    """The request makes no sense; the text says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """The routes of the control surface."""

    def __init__(self, box: "Box") -> None:
        self.box = box

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request, dict[str, Any]], Awaitable[Any]]]] = [
            ("POST", "/_sandbox/sessions/{session}/pay", self.pay),
            ("POST", "/_sandbox/sessions/{session}/fail", self.fail),
            ("POST", "/_sandbox/sessions/{session}/complete_3ds", self.complete_3ds),
            ("POST", "/_sandbox/sessions/{session}/settle", self.settle),
            ("GET", "/_sandbox/clock", self.show_clock),
            ("POST", "/_sandbox/clock", self.advance),
            ("POST", "/_sandbox/clock/advance", self.advance),
            ("GET", "/_sandbox/webhooks", self.show_switches),
            ("POST", "/_sandbox/webhooks", self.turn_switches),
            ("DELETE", "/_sandbox/webhooks", self.reset_switches),
            ("GET", "/_sandbox/faults", self.show_faults),
            ("POST", "/_sandbox/faults", self.add_fault),
            ("DELETE", "/_sandbox/faults", self.clear_faults),
            ("GET", "/_sandbox/requests", self.show_requests),
            ("DELETE", "/_sandbox/requests", self.clear_requests),
            ("GET", "/_sandbox/deliveries", self.show_deliveries),
            ("POST", "/_sandbox/events/{event}/resend", self.resend),
            ("POST", "/_sandbox/reset", self.reset),
        ]
        return [Route(path, self.answer(deed), methods=[method]) for method, path, deed in table]

    def answer(
        self, deed: Callable[[Request, dict[str, Any]], Awaitable[Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                answer = await deed(request, await read_json(request))
            except Refused as error:
                return JSONResponse({"error": str(error)}, status_code=error.status)
            return answer if isinstance(answer, Response) else JSONResponse(answer)

        return endpoint

    async def pay(self, request: Request, given: dict[str, Any]) -> Response:
        """Pay as a customer would: ``{"card": …}`` or ``{"method": "us_bank_account", "outcome": …}``."""
        session = self.session(request)
        payer = Payer(**{**USUAL_PAYER, **chosen(given, "email", "name", "country")})
        if "email" not in given and session["customer_details"]:
            payer = Payer(session["customer_details"]["email"], payer.name, payer.country)
        if given.get("method", "card") != "card":
            method = Method(account=self.account(session, given))
        else:
            number = str(given.get("card", USUAL_CARD)).replace(" ", "")
            if not cards.passes_luhn(number):
                problem = cards.Decline("incorrect_number", "incorrect_number", card_form.BAD_NUMBER)
                return self.outcome(session["id"], checkout.refuse(self.box, session["id"], payer, problem))
            method = Method(card=cards.find(number))
        return self.outcome(session["id"], checkout.pay(self.box, session["id"], payer, method))

    def account(self, session: "Obj", given: dict[str, Any]) -> debits.Account:
        types = session["payment_method_types"]
        outcome = given.get("outcome", "succeeded")
        account = (
            debits.find(str(given["account"]), types)
            if "account" in given
            else debits.with_outcome(outcome, types)
        )
        if account is None:
            raise Refused(f"No test account for that; the session takes {', '.join(types)}.")
        return account

    async def fail(self, request: Request, given: dict[str, Any]) -> Response:
        """Let a payment be refused: the 3-D Secure challenge that is open, or else a card."""
        session = self.session(request)
        if checkout.is_challenged(self.box, session):
            return self.outcome(
                session["id"], checkout.finish_challenge(self.box, session["id"], passed=False)
            )
        return await self.pay(request, {"card": USUAL_REFUSAL, **given})

    async def complete_3ds(self, request: Request, given: dict[str, Any]) -> Response:
        session = self.session(request)
        passed = bool(given.get("ok", True))
        return self.outcome(session["id"], checkout.finish_challenge(self.box, session["id"], passed=passed))

    async def settle(self, request: Request, given: dict[str, Any]) -> Any:
        """Let a bank debit end now: ``{"ok": true}``, or ``{"ok": false}`` for one that fails."""
        session = self.session(request)
        intent = self.box.store.find(session["payment_intent"] or "")
        if intent is None or intent["status"] != "processing":
            raise Refused("No bank debit of this session is in processing.", 409)
        reason = None if given.get("ok", True) else debits.NO_FUNDS
        with self.box.store.transaction():
            bank_debits.settle_as(self.box, session, reason)
        return {"outcome": "failed" if reason else "paid", "session": self.box.store.get(session["id"])}

    def session(self, request: Request) -> "Obj":
        session = self.box.store.find(request.path_params["session"], "checkout.session")
        if session is None:
            raise Refused("No such session.", 404)
        return session

    def outcome(self, session_id: str, result: Result) -> Response:
        body = {
            "outcome": result.outcome,
            "code": result.code,
            "message": result.message,
            "session": self.box.store.get(session_id),
        }
        return JSONResponse(body, status_code=STATUS.get(result.outcome, 200))

    async def show_clock(self, request: Request, given: dict[str, Any]) -> Any:
        return {"now": self.box.clock.exact(), "offset": self.box.clock.offset, "real": time.time()}

    async def advance(self, request: Request, given: dict[str, Any]) -> Any:
        seconds = given.get("seconds")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise Refused("Give the seconds to move forward.")
        clock.advance(self.box, seconds)
        return await self.show_clock(request, given)

    async def show_switches(self, request: Request, given: dict[str, Any]) -> Any:
        return self.box.switches.all()

    async def turn_switches(self, request: Request, given: dict[str, Any]) -> Any:
        try:
            self.box.switches.turn(given)
        except ValueError as error:
            raise Refused(str(error)) from None
        return await self.show_switches(request, given)

    async def reset_switches(self, request: Request, given: dict[str, Any]) -> Any:
        self.box.switches.reset()
        return await self.show_switches(request, given)

    async def show_faults(self, request: Request, given: dict[str, Any]) -> Any:
        return {"faults": [vars(fault) for fault in self.box.faults.all()]}

    async def add_fault(self, request: Request, given: dict[str, Any]) -> Any:
        try:
            self.box.faults.add(given)
        except ValueError as error:
            raise Refused(str(error)) from None
        return await self.show_faults(request, given)

    async def clear_faults(self, request: Request, given: dict[str, Any]) -> Any:
        self.box.faults.save([])
        return await self.show_faults(request, given)

    async def show_requests(self, request: Request, given: dict[str, Any]) -> Any:
        return {"requests": self.box.journal.as_json()}

    async def clear_requests(self, request: Request, given: dict[str, Any]) -> Any:
        self.box.journal.clear()
        return {"requests": []}

    async def show_deliveries(self, request: Request, given: dict[str, Any]) -> Any:
        """Show every delivery; ``?wait=5`` first waits, so many seconds at most, until none is due."""
        deadline = time.monotonic() + min(float(request.query_params.get("wait", 0)), 60)
        while time.monotonic() < deadline and not deliveries.is_idle(self.box):
            await asyncio.sleep(0.01)
        return {"deliveries": deliveries.all_as_json(self.box)}

    async def resend(self, request: Request, given: dict[str, Any]) -> Any:
        event = self.box.store.find(request.path_params["event"], "event")
        if event is None:
            raise Refused("No such event.", 404)
        with self.box.store.transaction():
            return {"resent_to": deliveries.resend(self.box, event)}

    async def reset(self, request: Request, given: dict[str, Any]) -> Any:
        """Forget everything but the command line's key and endpoint."""
        with self.box.store.transaction():
            self.box.store.clear()
            self.box.clock.set_offset(0)
            webhook_endpoints.configure(self.box)
        self.box.journal.clear()
        return {"reset": True}


def chosen(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


async def read_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        given = json.loads(body) if body.strip() else {}
    except ValueError:
        raise Refused("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise Refused("The body must be a JSON object.")
    return given
