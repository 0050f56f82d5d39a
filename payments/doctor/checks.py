"""
The checks of ``manage.py stripe_doctor``.

They change nothing, here or at Stripe, and print no secret.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from bookings.models import Event
from bookings.money import format_money, require_price
from payments.doctor import probe
from payments.doctor.checkout import examine_options
from payments.doctor.database import examine_log
from payments.doctor.door import OWN_MACHINE, examine_door, examine_signing
from payments.doctor.findings import Finding, Severity, fault, lacking, ok, warning
from payments.doctor.memberships import examine_memberships
from payments.doctor.wallets import examine_wallets
from payments.durations import CLOCK_ERROR_ALLOWED
from payments.gateway.account import READS, WRITES, fetch_endpoints, try_reading, try_writing
from payments.gateway.client import API_VERSION
from payments.gateway.errors import KeyRefused, StripeRefused, StripeUnavailable
from payments.gateway.event_objects import WebhookEndpoint
from payments.health import checks
from payments.health.proxies import unlisted_proxies
from payments.ledger.going_live import open_test_payments
from payments.memberships.going_live import open_test_memberships
from payments.mode import is_live
from payments.models import shop_id
from payments.webhook import payments
from payments.webhook.routing import needed_types


def examine(*, sends_probe: bool) -> Iterator[Finding]:
    """Yield what each check found. With ``sends_probe``, probes are sent to the webhook's public address."""
    yield from _mode()
    yield from _secrets()
    yield from examine_signing()
    yield from examine_wallets()
    yield from _stripe()
    if sends_probe:
        answers = list(_webhook())
        yield from answers
        if all(answer.severity == Severity.OK for answer in answers):  # Else something else is there.
            yield from examine_door()
    try:
        yield from _shop()
        yield from _proxies()
        yield from examine_log()
        yield from _test_purchases()
        yield from _deliveries()
        yield from _prices()
        yield from examine_memberships()
    except DatabaseError:
        words = "Can't read the database."
        yield fault("database", words, "Check DATABASE_URL and run `python manage.py migrate`.")


def _proxies() -> Iterator[Finding]:
    """Warn of proxies that aren't listed; that none was met says little."""
    found = ", ".join(proxy.address for proxy in unlisted_proxies())
    if found:
        words = f"Requests come through {found}, not in TRUSTED_PROXIES: all customers look like one."
        yield warning("proxies", words, "If it's your proxy, add it and have it set X-Forwarded-For.")


def _mode() -> Iterator[Finding]:
    stand_in = settings.STRIPE_API_BASE
    match is_live():
        case True if settings.DEBUG:
            yield fault("mode", "The key is live, but DEBUG is on.", "Set DEBUG=0, or use a test key.")
        case True if urlsplit(settings.SITE_URL).scheme != "https":
            words = f"The key is live, but {settings.SITE_URL} is not encrypted."
            yield fault("mode", words, "Set up https and use it in SITE_URL.")
        case True if stand_in:
            words = f"The key is live, but STRIPE_API_BASE points to {stand_in}."
            yield fault("mode", words, "Unset STRIPE_API_BASE to use Stripe itself.")
        case True:
            yield ok("mode", "Live: customers pay with real money.")
        case _ if stand_in:
            yield ok("mode", f"Test, with Stripe's stand-in at {stand_in}. No real money moves.")
        case _ if settings.DEBUG:
            yield ok("mode", "Test, for development. No real money moves.")
        case _:
            words = "A test key in production: anyone can get tickets with a test card, without paying."
            yield warning("mode", words, "To take real payments, set STRIPE_SECRET_KEY to the live key.")


def _test_purchases() -> Iterator[Finding]:
    """Once the key is live, name what was bought with a test key and still counts."""
    if not is_live():
        return
    count = open_test_payments().count() + open_test_memberships().count()
    if count:
        words = f"{count} test purchases and memberships are still active: they hold seats or valid tickets."
        remedy = "List them with `python manage.py end_test_mode --dry-run`, end them without --dry-run."
        yield fault("test mode", words, remedy)
    else:
        yield ok("test mode", "No test purchases are active.")


def _secrets() -> Iterator[Finding]:
    secrets = settings.STRIPE_WEBHOOK_SECRETS
    wrong = [number for number, secret in enumerate(secrets, 1) if not secret.startswith("whsec_")]
    for number in wrong:
        words = f"Secret {number} of {len(secrets)} in STRIPE_WEBHOOK_SECRET doesn't begin with whsec_."
        yield fault("secret", words, "Copy the endpoint's signing secret, not its id or an API key.")
    if not wrong:
        yield ok("secret", f"STRIPE_WEBHOOK_SECRET has {len(secrets)}.")


def _stripe() -> Iterator[Finding]:
    """Check what Stripe has to answer. If it doesn't, that is one fault, not one for each check."""
    try:
        for what in READS:
            time_there = try_reading(what)
        for what in WRITES:
            try_writing(what)
        yield ok("key", "Valid, with all permissions Admit needs.")
        yield from _clock((time_there - timezone.now()).total_seconds() if time_there else None)
        yield from _endpoint(fetch_endpoints())
        yield from examine_options()
    except KeyRefused:
        yield fault(
            "key",
            "Stripe rejects the key (401).",
            "Copy it again from Stripe's dashboard, under Developers, API keys, to STRIPE_SECRET_KEY.",
        )
    except StripeRefused as refusal:
        yield lacking("key", refusal)
    except StripeUnavailable:
        yield fault(
            "key",
            f"{settings.STRIPE_API_BASE or 'Stripe'} doesn't answer properly.",
            "Check this machine's outgoing connections and https://status.stripe.com.",
        )


def _clock(skew: float | None) -> Iterator[Finding]:
    if skew is None:
        yield warning("clock", "Stripe's answer has no Date header.", "Check whether a proxy removes it.")
    elif abs(skew) > CLOCK_ERROR_ALLOWED.total_seconds():
        side = "behind" if skew > 0 else "ahead of"
        yield fault(
            "clock",
            f"This machine's clock is {abs(skew):.0f} s {side} Stripe's.",
            "Sync the clock with NTP: otherwise events are rejected as too old.",
        )
    else:
        yield ok("clock", "In sync with Stripe.")


def webhook_url() -> str:
    """Return the address to which Stripe has to deliver events."""
    return settings.SITE_URL + reverse("payments:webhook")


def _endpoint(endpoints: list[WebhookEndpoint]) -> Iterator[Finding]:
    ours = [endpoint for endpoint in endpoints if endpoint.url == webhook_url()]
    if not ours:
        yield _missing(endpoints)
        return
    enabled = [endpoint for endpoint in ours if endpoint.is_enabled]
    if not enabled:
        words = f"The endpoint {webhook_url()} is disabled."
        yield fault("endpoint", words, "Enable it in Stripe's dashboard, under Developers, Webhooks.")
    elif len(enabled) > 1:
        words = f"{len(enabled)} endpoints have this URL, so each event arrives that many times."
        yield warning("endpoint", words, "Delete all but one and keep its secret.")
    else:
        yield ok("endpoint", f"{webhook_url()} is enabled.")
    for endpoint in enabled or ours:
        yield from _version(endpoint)
        yield from _types(endpoint)


def _shop() -> Iterator[Finding]:
    """Say by what this shop is told from others, which may use the same account."""
    words = f"Everything Admit creates at Stripe carries shop={shop_id()}, so shops can share an account."
    yield ok("shop", words)


def _missing(endpoints: list[WebhookEndpoint]) -> Finding:
    if settings.DEBUG and urlsplit(settings.SITE_URL).hostname in OWN_MACHINE:
        words = f"Stripe can't reach {settings.SITE_URL} and has no endpoint for it."
        return warning("endpoint", words, "For development, use `stripe listen` to receive events.")
    near = [words for endpoint in endpoints if (words := _difference(endpoint.url))]
    return fault(
        "endpoint",
        " ".join([f"Stripe has no endpoint {webhook_url()}.", *near]),
        "Set this exact URL for the endpoint at Stripe, under Developers, Webhooks, or correct SITE_URL.",
    )


def _difference(url: str) -> str:
    """Say how ``url`` differs from the webhook's address if it looks like a mistyped one, else nothing."""
    theirs, ours = urlsplit(url), urlsplit(webhook_url())
    if url.rstrip("/") == webhook_url():
        return f"{url} has a trailing slash."
    if theirs.netloc == ours.netloc and theirs.path == ours.path:
        return f"{url} has another scheme."
    if theirs.path.rstrip("/") == ours.path:
        return f"{url} is on another host."
    if theirs.netloc == ours.netloc:
        return f"{url} has another path."
    return ""


def _version(endpoint: WebhookEndpoint) -> Iterator[Finding]:
    wanted = API_VERSION
    if endpoint.is_thin:
        yield ok("version", "Thin events: Admit gets each object from Stripe.")
        return
    remedy = f"Create a new endpoint with version {wanted}, use its secret, and delete the old one."
    if not endpoint.api_version:
        yield warning("version", f"Events use the account's version, which may not be {wanted}.", remedy)
    elif endpoint.api_version != wanted:
        words = f"Events use version {endpoint.api_version}, but this installation needs {wanted}."
        yield warning("version", words, remedy)
    else:
        yield ok("version", f"Events use version {wanted}, as needed.")


def _types(endpoint: WebhookEndpoint) -> Iterator[Finding]:
    missing = [] if "*" in endpoint.types else sorted(_needed_types() - endpoint.types)
    remarks = [] if "*" in endpoint.types else sorted(payments.USEFUL - endpoint.types)
    if missing:
        words = f"The endpoint doesn't send: {', '.join(missing)}."
        yield fault("events", words, "Add them to the endpoint, under Developers, Webhooks.")
    elif remarks:
        words = f"The endpoint doesn't send {', '.join(remarks)}, so staff can't search by card digits."
        yield warning("events", words, "Add it to the endpoint, under Developers, Webhooks.")
    else:
        yield ok("events", f"All {len(_needed_types() | payments.USEFUL)} event types are sent.")


def _needed_types() -> frozenset[str]:
    try:
        return needed_types()
    except DatabaseError:  # Whether there are plans isn't known; ``examine`` reports the database itself.
        return payments.APPLIED


def _webhook() -> Iterator[Finding]:
    """Send probes to the webhook's public address: one signed with each of our secrets, and one unsigned."""
    secrets = settings.STRIPE_WEBHOOK_SECRETS
    for number, secret in enumerate(secrets, 1):
        yield _signed(probe.send(webhook_url(), secret), f"secret {number} of {len(secrets)}")
    yield _unsigned(probe.send(webhook_url()))


def _signed(answer: probe.Answer, secret: str) -> Finding:
    if answer.failure:
        words = f"{webhook_url()} can't be reached: {answer.failure}"
        return fault("webhook", words, "Check that the shop is running and SITE_URL is right.")
    if 300 <= answer.status < 400:
        words = f"{webhook_url()} redirects to {answer.location}, which Stripe counts as a failure."
        return fault("webhook", words, "Have the proxy pass on /api/, or set SITE_URL to the real address.")
    if answer.code == "invalid_signature":
        words = f"The running shop doesn't accept {secret} of STRIPE_WEBHOOK_SECRET."
        return fault("webhook", words, "Restart its processes with the same STRIPE_WEBHOOK_SECRET.")
    if not 200 <= answer.status < 300:
        words = f"{webhook_url()} answered {answer.status} to a signed event."
        return fault("webhook", words, "Check the logs of the web process and its proxy.")
    if not answer.is_ignored:
        words = f"{webhook_url()} answered {answer.status}, but not as this shop does."
        return fault("webhook", words, "Check what runs at this address: it isn't this shop.")
    return ok("webhook", f"The shop accepts events signed with {secret}.")


def _unsigned(answer: probe.Answer) -> Finding:
    if 200 <= answer.status < 300:
        words = f"{webhook_url()} accepts unsigned events."
        return fault("unsigned", words, "Check what runs at this address: it isn't this shop's webhook.")
    return ok("unsigned", "Unsigned events are rejected.")


def _deliveries() -> Iterator[Finding]:
    """Check that Stripe signs with one of our secrets, which only its deliveries can show."""
    untold = checks.untold_payments(timezone.now()).count()
    if untold:
        yield fault(
            "deliveries",
            f"{untold} recent payments were paid without an event from Stripe.",
            (
                "Check the endpoint's deliveries in Stripe's dashboard. If they got a 400, copy its "
                "signing secret to STRIPE_WEBHOOK_SECRET again. Then resend one and run this again."
            ),
        )
    elif checks.last_delivery() is None:
        yield ok("deliveries", "None yet. The first payment will show whether Stripe signs with this secret.")
    else:
        yield ok("deliveries", f"The last event came {checks.last_delivery():%Y-%m-%d %H:%M} UTC.")


def _prices() -> Iterator[Finding]:
    """Check that Stripe can charge every price of the events that are on sale, or will be."""
    events = Event.objects.public().filter(sales_until__gt=timezone.now())
    prices = events.filter(seats__isnull=False).values_list("slug", "currency", "seats__price")
    problems = [
        words for slug, currency, price in prices.distinct() if (words := _problem(slug, currency, price))
    ]
    for words in problems:
        yield fault("prices", words, "Change the price of these seats in the admin.")
    if not problems:
        yield ok("prices", f"Stripe accepts all prices of the {events.count()} events on sale.")


def _problem(slug: str, currency: str, price: int) -> str:
    try:
        require_price(price, currency)
    except ValueError as error:
        return f"{slug} has seats for {format_money(price, currency)}. {error}"
    return ""
