"""Every address of the shop, with anything in its path, query, headers and form, as anybody."""

import random
from typing import Any
from urllib.parse import quote, urlencode

from tests.fuzz.answers import Answers, ask
from tests.fuzz.scene import TOKEN, Scene, shuffled
from tests.fuzz.values import TEXTS, odd

METHODS = ["GET"] * 6 + ["POST"] * 6 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
# What would end the session that the others are made with, or stop the sale.
SPARED = ("logout", "sign-out", "signed-out", "/auth/user/", "delete", "/password", "i18n")
QUERIES = [
    *("session_id", "payment", "q", "p", "o", "e", "all", "_popup", "page", "quantity", "seats", "next"),
    *("status__exact", "id__in", "created_at__gte", "event__id__exact", "kind", "refund", "d", "n"),
]
FIELDS = [
    *("event", "seats", "seat", "quantity", "name", "email", "code", "username", "password", "plan"),
    *("refund", "attempt", "reason", "amount", "action", "_selected_action", "language", "next"),
    *("session_id", "version", "title", "slug", "starts_at_0", "starts_at_1", "price", "currency"),
    *("form-TOTAL_FORMS", "index", "_save"),
]
HEADERS = [
    *("Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "Prefer"),
    *("Range", "Cookie", "Referer", "Origin", "Idempotency-Key", "X-Forwarded-Proto"),
    *("X-Requested-With",),
]
FORM = "application/x-www-form-urlencoded"
TYPES = [
    *(FORM, "application/json", "application/json; charset=utf-8", "text/plain", "text/html;;;=", "x", ""),
    *("multipart/form-data", "multipart/form-data; boundary=", "a/b; q=\xe9"),
]


def fuzz_pages(scene: Scene, answers: Answers, *, cases: int, seed: object) -> None:
    """Ask ``cases`` times."""
    clients = {
        who: scene.client(who, number=place) for place, who in enumerate(["stranger", "customer", "staff"])
    }
    for number in range(cases):
        dice = shuffled(number, f"{seed} pages")
        method, path, more = request(scene, number, dice)
        who = "staff" if path.startswith("/admin/") and dice.random() < 0.8 else dice.choice(list(clients))
        ask(answers, clients[who], method, path, follow_redirects=False, **more)
    for client in clients.values():
        client.close()


def request(scene: Scene, number: int, dice: random.Random) -> tuple[str, str, dict[str, Any]]:
    """Return one request: its method, its path with the query, and what else httpx is told."""
    is_admin = dice.random() < 0.5
    pattern = dice.choice([it for it in scene.addresses if it.startswith("/admin/") == is_admin])
    method = dice.choice(METHODS)
    if method != "GET" and any(word in pattern for word in SPARED):
        method = "GET"
    path = filled(pattern, scene, dice)
    if dice.random() < 0.6:
        path += "?" + urlencode(pairs(QUERIES, scene, dice), errors="surrogatepass")
    headers: dict[str, str | bytes] = {"X-Forwarded-For": f"10.9.{number >> 8 & 255}.{number & 255}"}
    if dice.random() < 0.4:
        headers[dice.choice(HEADERS)] = header_value(dice)
    more: dict[str, Any] = {"headers": headers}
    if method not in ("GET", "HEAD", "OPTIONS"):
        more["content"] = form(scene, dice)
        chosen = FORM if dice.random() < 0.8 else dice.choice(TYPES)
        headers["Content-Type"] = chosen.encode("latin-1")
    return method, path, more


def filled(pattern: str, scene: Scene, dice: random.Random) -> str:
    """Return an address with something known in its placeholders, or something odd."""
    while "<" in pattern:
        before, _, rest = pattern.partition("<")
        name, _, after = rest.partition(">")
        known = scene.known.get(name.rpartition(":")[2]) or scene.known["object_id"]
        value = dice.choice(known) if dice.random() < 0.7 else str(odd(dice))
        pattern = before + quote(value[:2_000], safe="", errors="surrogatepass") + after
    return pattern


def pairs(names: list[str], scene: Scene, dice: random.Random) -> list[tuple[str, str]]:
    chosen = dice.choices(names, k=dice.choice([1, 2, 5]))
    return [(name, value_of(name, scene, dice)[:5_000]) for name in chosen]


def value_of(name: str, scene: Scene, dice: random.Random) -> str:
    known = scene.known.get(name)
    return dice.choice(known) if known and dice.random() < 0.4 else str(odd(dice))


def form(scene: Scene, dice: random.Random) -> bytes:
    """Return the body of a form, with the token that its cookie asks for."""
    token = [("csrfmiddlewaretoken", TOKEN)] if dice.random() < 0.95 else []
    encoded = urlencode(token + pairs(FIELDS * 2, scene, dice), errors="surrogatepass").encode()
    return encoded if dice.random() < 0.9 else encoded + bytes(dice.choices(range(256), k=40))


def header_value(dice: random.Random) -> bytes:
    """Return a header that HTTP allows: no line breaks, no NUL."""
    value = dice.choice(
        [*TEXTS, 'W/"x"', "wait=25", "wait=-1", "wait=" + "9" * 400, "bytes=0-1,5-", "de;q=x"]
    )
    if "wait=25" in value:
        value = "wait=0"
    kept = "".join(letter for letter in value[:4_000] if letter.isprintable())
    return kept.strip().encode("utf-8", errors="replace")
