"""The costliest requests that are allowed, for each address of the shop."""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from config.server.request_body import largest_body

Headers = dict[str, str]
TOKEN = "a" * 32  # against forged forms: the same in cookie and header
BOUNDARY = "x"


@dataclass(frozen=True)
class Shop:
    """What is in the shop: an event, a paid booking of 20 seats, and who is signed in, by their cookies."""

    event: str
    layout: str
    booking: str
    ticket: str
    session_id: str
    customer: str
    staff: str
    payment: int


@dataclass(frozen=True)
class Request:
    what: str
    method: str
    path: str
    body: bytes = b""
    headers: Headers = field(default_factory=dict)


def requests(shop: Shop) -> Iterator[tuple[str, list[Request]]]:
    """Yield each address with the requests of which the costliest counts."""
    bookings, tickets = f"/bookings/{shop.booking}/", f"/tickets/{shop.ticket}/"
    pages = ["/", f"/events/{shop.event}/", "/tickets/worker.js", "/api/schema", "/healthz", "/styleguide/"]
    pages += [f"/payments/success/?session_id={shop.session_id}", "/account/login/", "/account/signed-out/"]
    pages += [bookings, *(bookings + page for page in ("tickets/", "tickets.pdf", "event.ics", "cancel/"))]
    pages += [tickets, *(tickets + page for page in ("name/", "ticket.pdf", "qr.png", "qr.svg"))]
    pages += [
        f"/api/payment-status?session_id={shop.session_id}",
        f"/api/events/{shop.event}/seats/best?quantity=20",
    ]
    for page in pages:
        yield page, monsters(page)
    yield (
        f"/api/events/{shop.event}/seats",
        [
            *monsters(f"/api/events/{shop.event}/seats"),
            Request(
                "400 tags", "GET", f"/api/events/{shop.event}/seats", headers={"If-None-Match": tags(shop)}
            ),
        ],
    )
    for page in (
        "/bookings/",
        "/membership/",
        "/account/email/",
        "/api/bookings/sync",
        "/api/subscription-status",
    ):
        yield page, [one for one in monsters(page, shop.customer) if "cookies" not in one.what]
    forms = [
        f"/events/{shop.event}/checkout/",
        "/account/login/",
        "/account/code/",
        "/account/logout/",
        "/language/",
    ]
    forms += [f"/payments/cancelled/?session_id={shop.session_id}", "/account/email/"]
    forms += [bookings + page for page in ("check/", "cancel/", "pay/", "resend/")] + [tickets + "name/"]
    forms += [f"/membership/{page}/" for page in ("x/subscribe", "portal", "card", "check", "leave")]
    for page in forms:
        yield f"POST {page}", posted_forms(page, shop.customer)
    for page in (
        "/api/checkout",
        "/api/payment-status/verify",
        f"/api/bookings/{shop.booking}/cancel",
        "/api/subscription-status/verify",
    ):
        yield f"POST {page}", posted_json(page)
    yield (
        "POST /api/webhook/stripe",
        [
            Request(
                "2.5 MB, unsigned",
                "POST",
                "/api/webhook/stripe",
                b"{" * largest_body("/api/webhook/"),
                signed("t=1,v1=" + "0" * 64),
            ),
            Request(
                "200 signatures",
                "POST",
                "/api/webhook/stripe",
                b"{}" * 1000,
                signed("t=1" + ",v1=" + ",v1=".join(["0" * 64] * 200)),
            ),
        ],
    )
    yield "POST /admin/login/", posted_forms("/admin/login/", "")
    lists = ["bookings/booking", "bookings/seat", "payments/payment", "payments/stripeevent", "auth/user"]
    for name in lists:
        yield f"/admin/{name}/", searches(f"/admin/{name}/", shop.staff)
    page = f"/admin/payments/payment/{shop.payment}/change/"
    yield page, monsters(page, shop.staff)[:1]


def monsters(page: str, session: str = "") -> list[Request]:
    """Return requests for a page with as much around it as is taken."""
    query = ("&" if "?" in page else "?") + "&".join(f"a{n}=%41" for n in range(490))
    cookies = {"Cookie": f"sessionid={session}; " + "; ".join(f"c{n}=%22" for n in range(1_200))}
    return [
        Request("490 parameters", "GET", page + query, headers={"Cookie": f"sessionid={session}"}),
        Request("1,200 cookies", "GET", page, headers=cookies),
        Request(
            "15 kB of languages",
            "GET",
            page,
            headers={"Accept-Language": ",".join(["de-AT-1996;q=0.1"] * 900)},
        ),
        Request("3,000 tags", "GET", page, headers={"If-None-Match": ",".join(['"x"'] * 3_000)}),
        Request("3,000 ranges", "GET", page, headers={"Range": "bytes=" + ",".join(["0-1"] * 3_000)}),
        Request(
            "types",
            "GET",
            page,
            headers={"Accept": ",".join(["a/b;q=0.1"] * 1_500), "Accept-Encoding": "gzip," * 400},
        ),
    ]


def posted_forms(page: str, session: str) -> list[Request]:
    """Return forms as large as are taken: of many fields, of one that is long, and in parts."""
    size = largest_body(page) - 100
    common = {"Cookie": f"csrftoken={TOKEN}; sessionid={session}", "X-CSRFToken": TOKEN}
    kind = {**common, "Content-Type": "application/x-www-form-urlencoded"}
    parts = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="seats"\r\n\r\nA-1\r\n' * 490
    seats = "&".join(f"seats=A-{n}&offered=B-{n}" for n in range(245))
    long = "%C3%A4" * ((size - 200) // 18)
    return [
        Request("490 fields", "POST", page, f"attempt=x&name=Ada&email=a@b.cd&{seats}".encode(), kind),
        Request(
            "long values", "POST", page, f"name={long}&email={long}&password={long}&username=x".encode(), kind
        ),
        Request(
            "490 parts",
            "POST",
            page,
            f"{parts}--{BOUNDARY}--\r\n".encode()[:size],
            {**common, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        ),
    ]


def posted_json(page: str) -> list[Request]:
    size = largest_body(page) - 200
    wishes = {
        "items": '{"seats":[' + "[]," * (size // 3) + "[]]}",
        "seats": json.dumps({"event": "bench", "seats": [f"A-{n}" for n in range(size // 9)]}),
        "nesting": "[" * size,
        "escapes": '{"name":"' + "\\u00e4" * (size // 6) + '"}',
        "members": "{" + ",".join(f'"{n}":0' for n in range(size // 9)) + "}",
        "address": '{"email":"' + "a.@" * (size // 3) + '"}',
    }
    kind = {"Content-Type": "application/json"}
    return [Request(what, "POST", page, body.encode(), kind) for what, body in wishes.items()]


def searches(page: str, session: str) -> list[Request]:
    """Return searches of staff, and filters that mean nothing."""
    cookie = {"Cookie": f"sessionid={session}"}
    words = {
        "2,500 words": " ".join(f"a{n % 90}" for n in range(2_500)),
        "300 addresses": " ".join(["ada.lovelace@example.com"] * 300),
        "one long word": "a" * 7_800,
    }
    asked = [
        Request(what, "GET", f"{page}?q={quote(typed, safe='@.')}"[:7_990], headers=cookie)
        for what, typed in words.items()
    ]
    return [*asked, Request("all", "GET", f"{page}?all=", headers=cookie)]


def tags(shop: Shop) -> str:
    """Return tags that say they have the states of seats, and unpack to a thousand times their size."""
    packer = zlib.compressobj(9, wbits=-15)
    bomb = base64.urlsafe_b64encode(packer.compress(bytes(10_000)) + packer.flush()).rstrip(b"=").decode()
    one = f'"{shop.layout}.{bomb}"'
    return ",".join([one] * (15_000 // (len(one) + 1)))


def signed(signature: str) -> Headers:
    return {"Content-Type": "application/json", "Stripe-Signature": signature}
