"""
``make peers``: dj-stripe processes every webhook of a season, and another dj-stripe syncs every object.

Nothing stands between it and the sandbox: its own setting leads there, and its files are as published.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.djstripe import PYTHON, DjStripe
from tests.peers.season import Scene, departures, scenes
from tests.sandbox.support.process import Obj, Sandbox
from tests.support.postgres import databases

# dj-stripe 2.11.0 reads an event's ``request`` only if it is a dict. With stripe 15 it isn't one, so its text
# goes into a column of 50 characters. An event that a request has caused can't be synced, even from Stripe.
OWN_MISTAKE = "DataError('value too long for type character varying(50)')"
ERROR = re.compile(r"[Ee]rror|[Ff]ailed")
SUM = re.compile(r"^(\d+ Event object\(s\) failed to sync|(CommandError: )?1 model/key sync\(s\) failed)")
MOST = 5  # tracebacks to show
# Lists that need more than a path: of what they are part of.
PARTS = {"LineItem": "invoices/{}/lines", "SubscriptionItem": "subscription_items?subscription={}"}
KEY = "sk_test_51PeersPeersPeersPeersPeers"  # dj-stripe requires the length of Stripe's


@dataclass
class Result:
    versions: dict[str, str]
    shims: list[str]
    triggers: list[Obj] = field(default_factory=list)
    undelivered: list[Obj] = field(default_factory=list)
    served: dict[str, set[str]] = field(default_factory=dict)  # ids by model, as the sandbox lists them
    unserved: list[str] = field(default_factory=list)
    kept: dict[str, set[str]] = field(default_factory=dict)  # ids by model, in dj-stripe's database
    output: str = ""  # of the sync
    requested: set[str] = field(default_factory=set)  # ids of events that an API request has caused
    sandbox_log: str = ""

    @property
    def failures(self) -> list[str]:
        """Everything that isn't as it should be."""
        return [
            *(f"changed file: {path}" for path in self.shims),
            *(f"{it['type']}: {it['problem']}" for it in self.triggers if not it["is_processed"]),
            *(f"not delivered: {it['type']} ({it['state']})" for it in self.undelivered),
            *(f"{model}: {len(lost)} not synced" for model, lost in self.lost.items()),
            *(f"sync: {line}" for line in self.sync_errors),
            *(["the sandbox's log isn't empty"] if self.sandbox_log else []),
        ]

    @property
    def lost(self) -> dict[str, set[str]]:
        """Ids by model that weren't synced, without those that dj-stripe can't have."""
        missing = {model: ids - self.kept.get(model, set()) for model, ids in self.served.items()}
        missing["Event"] -= self.requested
        return {model: ids for model, ids in missing.items() if ids}

    @property
    def refused(self) -> set[str]:
        """Events that dj-stripe refused for a mistake of its own: see ``OWN_MISTAKE``."""
        return self.requested & (self.served["Event"] - self.kept["Event"])

    @property
    def sync_errors(self) -> list[str]:
        """What the sync complained about, besides ``OWN_MISTAKE`` and the sums of complaints."""
        errors = [line.strip() for line in self.output.splitlines() if ERROR.search(line)]
        own = {f"Error syncing {event}: {OWN_MISTAKE}" for event in self.refused}
        return [line for line in errors if line not in own and not SUM.search(line)]


def main() -> None:
    if not PYTHON.exists():
        sys.exit("Run `make peers`: it installs dj-stripe into .venv-peers.")
    result = play()
    sys.stdout.write("\n".join(lines(result)) + "\n")
    if result.failures:
        sys.exit(1)


def play() -> Result:
    """Play the season with dj-stripe listening, then let it sync everything."""
    with (
        tempfile.TemporaryDirectory(prefix="peers-") as name,
        databases.empty_database() as first,
        databases.empty_database() as second,
    ):
        folder = Path(name)
        sandbox = Sandbox(folder / "state.sqlite3", "--retries", "fast", "--redirect", "listen", key=KEY)
        try:
            listener = DjStripe(folder / "listener", stripe=sandbox.url, key=KEY, database=first)
            result = Result(listener.versions(), listener.shims())
            with listener:
                listener.task("endpoint", listener.url)
                for scene in scenes():
                    deliver(sandbox, scene)
                newcomer = DjStripe(folder / "newcomer", stripe=sandbox.url, key=KEY, database=second)
                sync(sandbox, newcomer, result)
                deliver(sandbox, departures)
                sys.stdout.write("\n")
                result.undelivered = [it for it in sandbox.deliveries() if it["state"] != "delivered"]
                result.triggers = listener.task("triggers")
            result.sandbox_log = sandbox.log.read_text()
        finally:
            sandbox.stop()
        return result


def deliver(sandbox: Sandbox, scene: Scene) -> None:
    """Play a scene, and wait until all its events are delivered."""
    scene(sandbox)
    sandbox.deliveries()
    sys.stdout.write(".")
    sys.stdout.flush()


def sync(sandbox: Sandbox, peer: DjStripe, result: Result) -> None:
    """Let dj-stripe, which has nothing yet, sync all models that the sandbox serves."""
    for model, path in peer.task("models").items():
        ids = ids_of(sandbox, model, path)
        if ids is None:
            result.unserved.append(model)
        else:
            result.served[model] = ids
    result.requested = {it["id"] for it in listed(sandbox, "/v1/events") or [] if it["request"]["id"]}
    done = peer.attempt("-m", "django", "djstripe_sync_models", *result.served)
    result.output = done.stdout + done.stderr
    result.kept = {model: set(ids) for model, ids in peer.task("ids").items()}


def ids_of(sandbox: Sandbox, model: str, path: str | None) -> set[str] | None:
    """Return the ids of all objects of a model that the sandbox lists; None if it has no such list."""
    if model == "Account":
        return {sandbox.api("GET", "/v1/account").json()["id"]}
    if model in PARTS:
        kind = "invoices" if model == "LineItem" else "subscriptions"
        wholes = listed(sandbox, f"/v1/{kind}") or []
        paths = [f"/v1/{PARTS[model].format(it['id'])}" for it in wholes]
        return {it["id"] for path in paths for it in listed(sandbox, path) or []}
    if model == "PaymentMethod":
        wholes = listed(sandbox, "/v1/customers") or []
        paths = [f"/v1/customers/{it['id']}/payment_methods" for it in wholes]
        return {it["id"] for path in paths for it in listed(sandbox, path) or []}
    found = listed(sandbox, path) if path else None
    return None if found is None else {it["id"] for it in found}


def listed(sandbox: Sandbox, path: str) -> list[Any] | None:
    """Return all pages of a list, or None if the sandbox lacks it."""
    found: list[Any] = []
    mark = "&" if "?" in path else "?"
    while True:
        after = f"&starting_after={found[-1]['id']}" if found else ""
        page = sandbox.api("GET", f"{path}{mark}limit=100{after}").json()
        if "error" in page:
            return None
        found += page["data"]
        if not page["has_more"]:
            return found


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of the report."""
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    yield f"{versions}; {len(result.shims)} shims"
    yield f"\n{'model':24} at the sandbox  in dj-stripe"
    for model, ids in sorted(result.served.items()):
        yield f"  {model:22} {len(ids):14} {len(ids & result.kept.get(model, set())):13}"
    if result.refused:
        yield f"\nNot synced for a mistake of dj-stripe's own: {len(result.refused)} events of API requests"
        yield f"  {OWN_MISTAKE}"
    yield f"\nNot served by the sandbox: {', '.join(sorted(result.unserved))}"
    kinds = {it["type"] for it in result.triggers}
    valid = sum(it["is_valid"] for it in result.triggers)
    processed = sum(it["is_processed"] for it in result.triggers)
    synced = sum(len(ids & result.kept.get(model, set())) for model, ids in result.served.items())
    yield (
        f"\n{len(result.triggers)} signed webhooks of {len(kinds)} types, {valid} valid, "
        f"{processed} processed; {synced} objects of {len(result.served)} models synced; "
        f"{len(result.failures)} failures"
    )
    yield from (f"  {failure}" for failure in result.failures)
    if result.failures:
        yield from [it["traceback"] for it in result.triggers if it["traceback"]][:MOST]
        yield result.sandbox_log


if __name__ == "__main__":
    main()
