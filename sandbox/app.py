"""The sandbox's web application."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib import import_module

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.transport import Api
from sandbox.box import RunningBox
from sandbox.control import surface
from sandbox.pages import overview
from sandbox.pages.checkout_page import CheckoutPage
from sandbox.pages.invoice_page import InvoicePage
from sandbox.pages.portal_pages import PortalPages
from sandbox.webhooks import webhook_endpoints
from sandbox.webhooks.delivery_worker import DeliveryWorker

# Each module registers its routes, timers and listeners when it is imported.
RESOURCES = (
    "payments.balance",
    "payments.balance_transactions",
    "payments.charges",
    "control.disputes",
    "control.refunds",
    "control.sessions",
    "control.state",
    "control.subscriptions",
    "control.webhooks",
    "billing.invoice_collection",
    "billing.customer_deletion",
    "payments.customers",
    "reversals.dispute_simulation",
    "reversals.disputes",
    "reversals.early_fraud_warnings",
    "webhooks.events",
    "billing.invoice_payments",
    "billing.invoices",
    "catalog.line_items",
    "payments.payment_intents",
    "payments.payment_methods",
    "checkout.payment_mode",
    "portal.portal_sessions",
    "portal.portal_configurations",
    "catalog.prices",
    "catalog.products",
    "reversals.refund_lifecycle",
    "reversals.refunds",
    "billing.renewals",
    "payments.saved_cards",
    "checkout.sessions",
    "billing.subscription_status",
    "checkout.subscription_mode",
    "billing.subscriptions",
    "webhooks.webhook_endpoints",
)
log = logging.getLogger("sandbox")

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def build(box: RunningBox) -> Starlette:
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
        worker = DeliveryWorker(box)
        task = asyncio.create_task(worker.run())
        task.add_done_callback(report)
        yield
        task.cancel()
        await worker.close()
        box.store.close()

    routes = [
        Route("/v1/{path:path}", serve_api, methods=METHODS),
        *CheckoutPage(box).routes(),
        *InvoicePage(box).routes(),
        *PortalPages(box).routes(),
        *surface.routes(box),
        *overview.routes(box),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def report(task: "asyncio.Task[None]") -> None:
    """Log the error that ended the delivery worker."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("No webhook is delivered and no timer fires any more.", exc_info=error)
