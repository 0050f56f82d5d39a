"""
``/healthz``, ``/readyz`` and ``/metrics``.

Warnings and metrics are only for the networks in ``MONITORING_NETWORKS``.
"""

import functools
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config.database.trouble import Trouble, is_full, trouble_of
from config.middleware.proxies import BY_STRANGER, is_within
from payments.health import checks, collectors
from payments.health.proxies import save_unlisted


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer, which says that the process is alive."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """
    Say whether this process can serve customers: 503 while the database is away, can't be written to for
    want of room or since it is a standby, or isn't migrated.

    Everything else that is wrong is a warning: a load balancer that took the shop down would help nobody.
    """
    try:
        unapplied, is_read_only = _state()
        if is_read_only or is_full():
            trouble = Trouble.READ_ONLY if is_read_only else Trouble.FULL
            return JsonResponse({"ready": False, "database": trouble}, status=503)
        if not unapplied:
            save_unlisted()
        state: dict[str, Any] = {
            "ready": not unapplied,
            "database": "ok",
            "unapplied_migrations": unapplied,
        }
        if not unapplied and _is_watching(request):
            state |= _warnings()
    except DatabaseError as error:
        trouble = trouble_of(error) or Trouble.AWAY
        return JsonResponse({"ready": False, "database": trouble}, status=503)
    return JsonResponse(state, status=503 if unapplied else 200)


def _warnings() -> dict[str, Any]:
    """Return the warnings; while a table is locked, only that it takes too long to read them."""
    try:
        return {"warnings": [asdict(warning) for warning in checks.warnings()]}
    except OperationalError as error:
        if trouble_of(error) != Trouble.SLOW:
            raise
        return {"database": Trouble.SLOW, "warnings": []}


def _state() -> tuple[int, bool]:
    """
    Return how many of this code's migrations the database lacks, and whether it can't be written to.

    It can't after half a failover, on a standby. One small query asks for both.
    """
    read_only = RawSQL("current_setting('transaction_read_only')::bool", [])
    rows = MigrationRecorder(connection).migration_qs.annotate(read_only=read_only)
    try:
        applied = list(rows.values_list("app", "name", "read_only"))
    except ProgrammingError:  # No migration has ever run: there is no table of them.
        applied = []
    unapplied = len(_migrations() - {(app, name) for app, name, _read_only in applied})
    return unapplied, any(is_read_only for _app, _name, is_read_only in applied)


@functools.cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations on disk. Reading them takes a while, so it is done once a process."""
    return frozenset(MigrationLoader(None).graph.nodes)


def metrics(request: HttpRequest) -> HttpResponse:
    """Return this process's counters and the database's gauges in Prometheus's text format."""
    if not _is_watching(request):
        raise PermissionDenied
    text = generate_latest() + generate_latest(collectors.DATABASE)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _is_watching(request: HttpRequest) -> bool:
    """Whether it comes from ``MONITORING_NETWORKS``, as far as that can be known: see ``TRUSTED_PROXIES``."""
    if request.META.get(BY_STRANGER):
        return False
    return is_within(settings.MONITORING_NETWORKS, request.META.get("REMOTE_ADDR", ""))
