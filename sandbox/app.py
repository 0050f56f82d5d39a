"""The sandbox's web application, put together from its resources."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib import import_module

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import webhook_endpoints
from sandbox.box import Box
from sandbox.control import Control
from sandbox.courier import Courier
from sandbox.hosted import Hosted
from sandbox.transport import Api

# Each registers itself when it is imported. A new resource is a new name here.
RESOURCES = (
    "balance_transactions",
    "charges",
    "customers",
    "events",
    "line_items",
    "payment_intents",
    "payment_methods",
    "payments",
    "prices",
    "sessions",
    "webhook_endpoints",
)
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def build(box: Box) -> Starlette:
    """Return the application that serves ``box``."""
    for name in RESOURCES:
        import_module(f"sandbox.{name}")
    with box.store.transaction():
        webhook_endpoints.configure(box)
    api = Api(box)

    async def serve_api(request: Request) -> Response:
        return await api(request)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        courier = Courier(box)
        task = asyncio.create_task(courier.run())
        yield
        task.cancel()
        await courier.close()
        box.store.close()

    routes = [
        Route("/v1/{path:path}", serve_api, methods=METHODS),
        *Hosted(box).routes(),
        *Control(box).routes(),
        Route("/", index, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def index(request: Request) -> Response:
    return PlainTextResponse("A stand-in for Stripe. No real money moves here.\n")
