"""The sandbox's front page: what it is, what can go wrong, where to look, and the latest sessions."""

import json
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.core.box import Box
from sandbox.pages.rendering import HEADERS, render
from sandbox.pages.switchboard import TROUBLES, turn

SHOWN = 25  # sessions


def routes(box: Box) -> list[Route]:
    async def show(request: Request) -> Response:
        rows = box.store.rows(
            "SELECT body FROM object WHERE kind = 'checkout.session' ORDER BY seq DESC LIMIT ?", (SHOWN,)
        )
        owed = box.store.execute("SELECT count(*) AS n FROM delivery WHERE state != 'delivered'").fetchone()
        return render(
            "overview.html",
            merchant=box.settings.merchant,
            links=box.settings.links,
            has_mails=box.settings.mails is not None,
            troubles=[(trouble, trouble.is_on(box)) for trouble in TROUBLES],
            sessions=[json.loads(row["body"]) for row in rows],
            owed=owed["n"],
        )

    async def switch(request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        for on, name in ((True, fields.get("on")), (False, fields.get("off"))):
            if name:
                turn(box, name, on=on)
        return RedirectResponse("/", status_code=303, headers=HEADERS)

    return [Route("/", show, methods=["GET"]), Route("/", switch, methods=["POST"])]
