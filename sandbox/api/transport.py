"""
API requests, from headers to reply.

Checks happen in Stripe's order: authentication, rate limit, route, idempotency, parameters, object, state.
Nothing awaits between the idempotency check and the commit, so each request is atomic.

What was answered after execution began is kept with the idempotency key and repeated, also a 500.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api import expand, form_encoding, idempotency, json_encoding
from sandbox.api.authentication import check_key
from sandbox.api.connections import abort, wait_for_disconnect
from sandbox.api.faults import Fault, Faults, key_in_use, rate_limited, reply_of, unknown_error
from sandbox.api.journal import ApiBox, Entry
from sandbox.api.rate_limit import Bucket
from sandbox.core import overrides, registry
from sandbox.core.account import Account, no_access
from sandbox.core.box import Origin, caused_by
from sandbox.core.errors import StripeError, missing_route
from sandbox.core.ids import new_id
from sandbox.core.settings import API_VERSION
from sandbox.inventory.stripe_routes import find_template, placeholders
from sandbox.versions.api_versions import check_version
from sandbox.versions.rendering import shape_of

log = logging.getLogger("sandbox")

V2_CODES = {  # of errors that have no code in v1, or another
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limit",
    500: "api_error",
}


@dataclass
class Call:
    """A request that is being answered."""

    id: str
    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]

    @property
    def key(self) -> str | None:
        """The idempotency key; only a POST has one."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def version(self) -> str:
        return self.headers.get("stripe-version", API_VERSION)

    @property
    def is_v2(self) -> bool:
        return self.path.startswith("/v2/")

    @property
    def raw_params(self) -> dict[str, Any]:
        if self.is_v2 and self.method == "POST":
            return json_encoding.decode(self.body)
        return form_encoding.decode(self.body if self.method == "POST" else self.query)


@dataclass
class Reply:
    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    is_anonymous: bool = False  # to somebody without a key, who is told nothing about the request
    is_kept: bool = False  # with an idempotency key


class Api:
    """The endpoint of everything under ``/v1/`` and ``/v2/``."""

    def __init__(self, box: ApiBox) -> None:
        self.box = box
        self.faults = Faults(box.store)
        self.in_flight: set[str] = set()  # idempotency keys
        self.bucket = Bucket(box.settings.rate_limit)

    async def __call__(self, request: Request) -> Response:
        call = await read_call(request)
        entry = self.open_entry(call)
        fault = self.faults.take(call.method, call.path)
        entry.fault = fault.do if fault else None
        reply = await self.reply_with(fault, call)
        if reply is None:
            await self.drop(request, fault)
            return Response(status_code=500)  # Never sent: the connection is cut.
        self.box.journal.answer(entry, reply.status, reply.text)
        return Response(
            reply.text,
            status_code=reply.status,
            media_type="application/json",
            headers={
                **({} if reply.is_anonymous else {"Request-Id": call.id}),
                "Cache-Control": "no-cache, no-store",
                "Date": formatdate(self.box.clock.exact(), usegmt=True),
                **reply.headers,
            },
        )

    def open_entry(self, call: Call) -> Entry:
        url = f"{call.path}?{call.query}" if call.query else call.path
        shown: dict[str, str] = {
            name: call.headers[name] for name in ("idempotency-key", "stripe-version") if name in call.headers
        }
        entry = Entry(call.id, self.box.clock.exact(), call.method, url, call.body, shown)
        self.box.journal.add(entry)
        return entry

    async def reply_with(self, fault: Fault | None, call: Call) -> Reply | None:
        """Return the reply, with the fault applied; None if no reply is sent."""
        if fault is None or fault.is_stored:
            return self.answer(call, fault)
        if fault.do == "slow_ms":
            return await self.answer_slowly(call, fault)
        if fault.is_after:
            self.answer(call)
        error = reply_of(fault)
        return Reply(error.status, json.dumps(body_of(call, error)), error.headers) if error else None

    async def answer_slowly(self, call: Call, fault: Fault) -> Reply:
        """Wait before answering; another request with the same idempotency key gets a 409 meanwhile."""
        key = call.key or call.id
        if key in self.in_flight:
            return self.answer(call)
        self.in_flight.add(key)
        try:
            await asyncio.sleep(fault.ms / 1_000)
        finally:
            self.in_flight.discard(key)
        return self.answer(call)

    async def drop(self, request: Request, fault: Fault | None) -> None:
        """Cut the connection without a reply: at once, or after the fault's timeout."""
        if fault is not None and fault.do.startswith("timeout"):
            await wait_for_disconnect(self.box, request, seconds=fault.seconds)
        await abort(request)

    def answer(self, call: Call, fault: Fault | None = None) -> Reply:
        """Return the reply to ``call``; a ``fault`` is one that happens while it is executed."""
        headers = {"Stripe-Version": call.version}
        if (shape := shape_of(call.version)) is not None:
            headers["Sandbox-Shape"] = shape
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        reply = self.checked(call, fault)
        if not reply.is_anonymous:
            reply.headers = {**headers, **reply.headers}
        return reply

    def checked(self, call: Call, fault: Fault | None) -> Reply:
        try:
            check_key(self.box.settings.key, call.headers.get("authorization"))
        except StripeError as error:
            return Reply(error.status, json.dumps(body_of(call, error)), error.headers, is_anonymous=True)
        try:
            if not self.bucket.take():
                raise rate_limited()
            check_version(call.version)
            self.check_account(call)
            return self.run(call, fault)
        except StripeError as error:
            return self.refusal(call, error)

    def check_account(self, call: Call) -> None:
        """Raise ``StripeError`` for a request on behalf of another account."""
        for name in ("stripe-account", "stripe-context"):
            wanted = call.headers.get(name)
            if wanted and wanted != Account(self.box.store).id:
                raise no_access(wanted)

    def refusal(self, call: Call, error: StripeError) -> Reply:
        """Return an error with the address of the request's log, as Stripe sends it to whom it knows."""
        log_url = (
            f"https://dashboard.stripe.com/{Account(self.box.store).id}/test/workbench/logs?object={call.id}"
        )
        body = body_of(call, error)
        body["error"]["request_log_url"] = log_url
        return Reply(error.status, json.dumps(body), error.headers)

    def run(self, call: Call, fault: Fault | None) -> Reply:
        found = registry.find_route(call.method, call.path)
        template = find_template(call.method, call.path)
        if template is not None and (found is None or placeholders(template) < len(found[1])):
            raise missing_route(call.method, template)
        if found is None:
            raise StripeError(
                f"Unrecognized request URL ({call.method}: {call.path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/.",
                status=404,
            )
        route, path = found
        with caused_by(self.box, Origin(call.id, call.key)):
            if call.key is None:
                return self.run_now(route, path, call, fault)
            return self.run_once(route, path, call, call.key, fault)

    def run_once(
        self, route: registry.Route, path: dict[str, str], call: Call, key: str, fault: Fault | None
    ) -> Reply:
        """Return the reply kept for ``key``, or run the request and keep its reply."""
        wanted = idempotency.fingerprint(call.method, call.path, call.raw_params)
        kept = idempotency.find_reply(self.box, key, wanted)
        if kept is not None:
            return Reply(kept.status, kept.reply, idempotency.headers(kept.request, is_replay=True))
        if key in self.in_flight:
            raise key_in_use()
        reply = self.run_now(route, path, call, fault, key=(key, wanted))
        reply.headers |= idempotency.headers(call.id, is_kept=reply.is_kept)
        return reply

    def run_now(
        self,
        route: registry.Route,
        path: dict[str, str],
        call: Call,
        fault: Fault | None,
        *,
        key: tuple[str, str] | None = None,
    ) -> Reply:
        """
        Run a request, and keep its reply if it has a ``key`` (the key, and the fingerprint of the request).

        A reply that is not an error commits with the work. An error undoes the work first.
        """

        def keep(reply: Reply) -> Reply:
            if key is not None:
                reply.is_kept = True
                kept = idempotency.SavedReply(reply.status, reply.text, call.id)
                idempotency.save_reply(self.box, *key, kept)
            return reply

        try:
            with self.box.store.transaction():
                return keep(self.perform(route, path, call, fault))
        except StripeError as error:
            reply = self.refusal(call, error)
            return reply if error.is_validation else keep(reply)
        except Exception:
            log.exception("The sandbox failed on %s %s", call.method, call.path)
            bug = StripeError("The sandbox itself failed; see its log.", status=500, kind="api_error")
            return keep(self.refusal(call, bug))

    def perform(self, route: registry.Route, path: dict[str, str], call: Call, fault: Fault | None) -> Reply:
        """Return the handler's reply, also for an error that ``leaves_traces``: its changes are committed."""
        if fault is not None and not fault.is_after:
            raise unknown_error()
        try:
            reply = Reply(200, json.dumps(self.execute(route, path, call)))
        except StripeError as error:
            if not error.leaves_traces:
                raise
            reply = self.refusal(call, error)
        return reply if fault is None else self.refusal(call, unknown_error())

    def execute(self, route: registry.Route, path: dict[str, str], call: Call) -> dict[str, Any]:
        raw = call.raw_params
        paths = expand.EXPAND.parse(raw.pop("expand"), "expand") if "expand" in raw else []
        params = route.params.parse(raw, "")
        expand.check(route.returns, paths, call.version)
        obj = route.handler(self.box, params, **path)
        shown = expand.apply(self.box, obj, paths, call.version)
        return overrides.rendered(self.box, shown, into=call.id)


def body_of(call: Call, error: StripeError) -> dict[str, Any]:
    """Return an error's body. In v2 every error has a code, and none names a parameter."""
    if not call.is_v2:
        return error.body
    shown = {name: error.error[name] for name in ("type", "message")}
    code = error.error.get("code")
    if code in (None, "resource_missing"):
        code = V2_CODES.get(error.status, "invalid_fields")
    return {"error": {**shown, "code": code}}


async def read_call(request: Request) -> Call:
    body = (await request.body()).decode("utf-8", "replace")
    return Call(
        id=new_id("req_"),
        method=request.method,
        path=request.scope["path"],
        query=request.scope["query_string"].decode("ascii", "replace"),
        body=body,
        headers=dict(request.headers),
    )
