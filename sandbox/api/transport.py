"""
API requests, from headers to reply.

Checks happen in Stripe's order: authentication, rate limit, route, idempotency, parameters, object, state.
Nothing awaits between the idempotency check and the commit, so each request is atomic.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api import expand, form_encoding, idempotency
from sandbox.api.authentication import check_key
from sandbox.api.connections import abort, wait_for_disconnect
from sandbox.api.faults import Fault, Faults, key_in_use, rate_limited, reply_of
from sandbox.api.journal import ApiBox, Entry
from sandbox.api.rate_limit import Bucket
from sandbox.core import overrides, registry
from sandbox.core.box import Origin, caused_by
from sandbox.core.errors import StripeError
from sandbox.core.ids import new_id
from sandbox.core.settings import API_VERSION

log = logging.getLogger("sandbox")


@dataclass
class Call:
    """A request that is being answered."""

    id: str
    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]
    reply_headers: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        """The idempotency key; only a POST has one."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def raw_params(self) -> dict[str, Any]:
        return form_encoding.decode(self.body if self.method == "POST" else self.query)


@dataclass
class Reply:
    status: int
    text: str


class Api:
    """The endpoint of everything under ``/v1/``."""

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
                "Request-Id": call.id,
                "Date": formatdate(self.box.clock.exact(), usegmt=True),
                **call.reply_headers,
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
        if fault is None:
            return self.answer(call)
        if fault.do == "slow_ms":
            return await self.answer_slowly(call, fault)
        if fault.is_after:
            self.answer(call)
        error = reply_of(fault)
        return Reply(error.status, json.dumps(error.body)) if error else None

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

    def answer(self, call: Call) -> Reply:
        call.reply_headers["Stripe-Version"] = call.headers.get("stripe-version", API_VERSION)
        if call.key is not None:
            call.reply_headers["Idempotency-Key"] = call.key
        try:
            check_key(self.box.settings.key, call.headers.get("authorization"))
            if not self.bucket.take():
                raise rate_limited()
            return self.run(call)
        except StripeError as error:
            return Reply(error.status, json.dumps(error.body))
        except Exception:
            log.exception("The sandbox failed on %s %s", call.method, call.path)
            bug = StripeError("The sandbox itself failed; see its log.", status=500, kind="api_error")
            return Reply(bug.status, json.dumps(bug.body))

    def run(self, call: Call) -> Reply:
        found = registry.find_route(call.method, call.path)
        if found is None:
            raise StripeError(
                f"Unrecognized request URL ({call.method}: {call.path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/.",
                status=404,
            )
        route, path = found
        with caused_by(self.box, Origin(call.id, call.key)):
            if call.key is None:
                with self.box.store.transaction():
                    return self.perform(route, path, call)
            return self.run_once(route, path, call, call.key)

    def run_once(self, route: registry.Route, path: dict[str, str], call: Call, key: str) -> Reply:
        wanted = idempotency.fingerprint(call.method, call.path, call.raw_params)
        kept = idempotency.find_reply(self.box, key, wanted)
        if kept is not None:
            call.reply_headers |= {"Idempotent-Replayed": "true", "Original-Request": kept.request}
            return Reply(kept.status, kept.reply)
        if key in self.in_flight:
            raise key_in_use()
        try:
            with self.box.store.transaction():
                reply = self.perform(route, path, call)
                idempotency.save_reply(
                    self.box, key, wanted, idempotency.SavedReply(reply.status, reply.text, call.id)
                )
                return reply
        except StripeError as error:
            if not error.is_validation:
                kept = idempotency.SavedReply(error.status, json.dumps(error.body), call.id)
                idempotency.save_reply(self.box, key, wanted, kept)
            raise

    def perform(self, route: registry.Route, path: dict[str, str], call: Call) -> Reply:
        """Return the handler's reply, also for an error that ``leaves_traces``: its changes are committed."""
        try:
            return Reply(200, json.dumps(self.execute(route, path, call)))
        except StripeError as error:
            if not error.leaves_traces:
                raise
            return Reply(error.status, json.dumps(error.body))

    def execute(self, route: registry.Route, path: dict[str, str], call: Call) -> dict[str, Any]:
        raw = call.raw_params
        paths = expand.EXPAND.parse(raw.pop("expand"), "expand") if "expand" in raw else []
        params = route.params.parse(raw, "")
        expand.check(route.returns, paths)
        obj = route.handler(self.box, params, **path)
        return overrides.rendered(self.box, expand.apply(self.box, obj, paths), into=call.id)


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
