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
from sandbox.core import account
from sandbox.pages import overview
from sandbox.pages.checkout_page import CheckoutPage
from sandbox.pages.invoice_page import InvoicePage
from sandbox.pages.mail_pages import MailPages
from sandbox.pages.portal_pages import PortalPages
from sandbox.pages.voucher_page import VoucherPage
from sandbox.webhooks import webhook_endpoints
from sandbox.webhooks.delivery_worker import DeliveryWorker

# Each module registers its routes, timers and listeners when it is imported.
RESOURCES = (
    "billing.customer_deletion",
    "billing.invoice_collection",
    "billing.invoice_discounts",
    "billing.invoice_payments",
    "billing.invoices",
    "billing.renewals",
    "billing.subscription_status",
    "catalog.line_items",
    "catalog.prices",
    "catalog.products",
    "checkout.payment_mode",
    "checkout.sessions",
    "checkout.subscription_mode",
    "control.account",
    "control.customers",
    "control.disputes",
    "control.overrides",
    "control.refunds",
    "control.sessions",
    "control.state",
    "control.subscriptions",
    "control.webhooks",
    "embedded_lists.customer_sources",
    "embedded_lists.customer_subscriptions",
    "embedded_lists.product_features",
    "payments.accounts",
    "payments.balance",
    "payments.balance_transactions",
    "payments.charges",
    "payments.customers",
    "payments.payment_intents",
    "payments.payment_methods",
    "payments.saved_cards",
    "portal.portal_configurations",
    "portal.portal_sessions",
    "pricing.coupons",
    "pricing.promotion_codes",
    "reversals.dispute_simulation",
    "reversals.disputes",
    "reversals.early_fraud_warnings",
    "reversals.refund_lifecycle",
    "reversals.refunds",
    "webhooks.event_destinations",
    "subscriptions.invoice_previews",
    "subscriptions.subscription_items",
    "subscriptions.subscriptions",
    "webhooks.events",
    "webhooks.thin_event_routes",
    "webhooks.webhook_endpoints",
)
log = logging.getLogger("sandbox")

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def build(box: RunningBox) -> Starlette:
    """Return the application that serves ``box``."""
    for name in RESOURCES:
        import_module(f"sandbox.{name}")
    with box.store.transaction():
        account.configure(box.store, box.settings, now=box.clock.now())
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
        Route("/v2/{path:path}", serve_api, methods=METHODS),
        *CheckoutPage(box).routes(),
        *InvoicePage(box).routes(),
        *VoucherPage(box).routes(),
        *PortalPages(box).routes(),
        *MailPages(box).routes(),
        *surface.routes(box),
        *overview.routes(box),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def report(task: "asyncio.Task[None]") -> None:
    """Log the error that ended the delivery worker."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("Webhooks and timers have stopped.", exc_info=error)
