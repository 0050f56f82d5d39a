"""
``python tasks.py TASK``: what is asked of dj-stripe. Each task prints JSON.

``endpoint URL`` registers a webhook endpoint at Stripe and in the database, as dj-stripe's admin does.
``models`` lists the models that dj-stripe syncs, ``ids`` what it has of each, ``triggers`` all webhooks.
"""

import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django
from django.apps import apps


def main() -> None:
    django.setup()
    task, *given = sys.argv[1:]
    sys.stdout.write(json.dumps(TASKS[task](*given)))


def models() -> dict[str, Any]:
    return {model.__name__: model for model in apps.get_app_config("djstripe").get_models()}


def register_endpoint(url: str) -> dict[str, Any]:
    uuid = str(uuid4())
    model = models()["WebhookEndpoint"]
    made = model._api_create(
        url=f"{url}/stripe/webhook/{uuid}/", enabled_events=["*"], metadata={"djstripe_uuid": uuid}
    )
    endpoint = model.sync_from_stripe_data(made)
    return {"id": endpoint.id, "uuid": str(endpoint.djstripe_uuid), "has_secret": bool(endpoint.secret)}


def list_models() -> dict[str, str | None]:
    """Return the models that dj-stripe syncs, each with the path of its list, if it has one of its own."""
    from djstripe.management.commands.djstripe_sync_models import Command  # once Django is set up

    command = Command()
    found = {}
    for name, model in models().items():
        if command._should_sync_model(model)[0]:
            kind = model.stripe_class
            found[name] = kind.class_url() if hasattr(kind, "list") else None
    return found


def list_ids() -> dict[str, list[Any]]:
    return {
        name: list(model.objects.values_list("id", flat=True))
        for name, model in models().items()
        if any(field.name == "id" for field in model._meta.get_fields())
    }


def list_triggers() -> list[dict[str, Any]]:
    rows = models()["WebhookEventTrigger"].objects.order_by("pk")
    return [
        {
            "type": json.loads(row.body)["type"],
            "is_valid": row.valid,
            "is_processed": row.processed,
            "problem": row.exception,
            "traceback": row.traceback,
        }
        for row in rows
    ]


TASKS: dict[str, Callable[..., Any]] = {
    "endpoint": register_endpoint,
    "ids": list_ids,
    "models": list_models,
    "triggers": list_triggers,
}

if __name__ == "__main__":
    main()
