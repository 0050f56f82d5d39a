"""The sandbox's front page: the latest sessions, and how many webhooks wait."""

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.core.box import Box
from sandbox.pages.rendering import render

SHOWN = 25  # sessions


def routes(box: Box) -> list[Route]:
    async def show(request: Request) -> Response:
        rows = box.store.rows(
            "SELECT body FROM object WHERE kind = 'checkout.session' ORDER BY seq DESC LIMIT ?", (SHOWN,)
        )
        sessions = [json.loads(row["body"]) for row in rows]
        owed = box.store.execute("SELECT count(*) AS n FROM delivery WHERE state != 'delivered'").fetchone()
        return render("overview.html", merchant=box.settings.merchant, sessions=sessions, owed=owed["n"])

    return [Route("/", show, methods=["GET"])]
