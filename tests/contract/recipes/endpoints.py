"""Webhook endpoints, each with the API version that its events have, and the events themselves."""

from tests.contract.play import Play
from tests.contract.table import recipe

ENDPOINTS = "/v1/webhook_endpoints"
URL = "https://example.com/stripe"


@recipe()
def endpoint(play: Play) -> None:
    """An endpoint, made, asked for, changed, switched off and deleted"""
    params = {"url": URL, "enabled_events": ["checkout.session.completed", "charge.refunded"]}
    made = play.post(ENDPOINTS, {**params, "description": "Demo night"}, step="make")
    path = f"{ENDPOINTS}/{made['id']}"
    play.later("DELETE", path)
    play.get(path, step="ask")
    play.post(path, {"enabled_events": ["*"], "metadata": {"shop": "s1"}}, step="change")
    play.post(path, {"disabled": True}, step="switch off")
    play.delete(path, step="delete")
    play.get(path, step="ask for the deleted")


@recipe()
def versions(play: Play) -> None:
    """Endpoints of this version, of an older one, and of one that never was"""
    for version in ("2026-10-28.endive", "2024-06-20", "2019-13-32"):
        params = {"url": URL, "enabled_events": ["charge.succeeded"], "api_version": version}
        made = play.post(ENDPOINTS, params, step=version)
        if "id" in made:
            play.later("DELETE", f"{ENDPOINTS}/{made['id']}")


@recipe()
def refusals(play: Play) -> None:
    """Endpoints that can't be"""
    play.post(ENDPOINTS, {"url": "nowhere", "enabled_events": ["*"]}, step="address")
    play.post(ENDPOINTS, {"url": URL, "enabled_events": ["bogus.created"]}, step="type")
    play.post(ENDPOINTS, {"url": URL, "enabled_events": []}, step="no types")
    play.post(ENDPOINTS, {"url": URL, "enabled_events": ["*"], "api_version": ""}, step="empty version")


@recipe()
def event(play: Play) -> None:
    """The event about a new customer, and the one about a change"""
    made = play.post("/v1/customers", {"email": "ada@example.com"}, Idempotency_Key=f"event-{play.unique}")
    path = f"/v1/customers/{made['id']}"
    play.later("DELETE", path)
    play.post(path, {"name": "Ada"})
    play.settle()
    for kind in ("customer.created", "customer.updated"):
        (found,) = [it for it in play.target.events() if it["type"] == kind and about(it) == made["id"]]
        play.get(f"/v1/events/{found['id']}", step=kind)


def about(event: dict[str, dict[str, dict[str, str]]]) -> str:
    return event["data"]["object"]["id"]
