"""Stripe's billing settings: when invoices are finalised, retried and given up."""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox.core.store import Store

HOUR, DAY = 3_600, 24 * 3_600
ENDS = ("canceled", "unpaid", "past_due")
CANCELS_BY = ("cancel_at", "cancel_at_period_end")


@dataclass(frozen=True)
class Rules:
    """
    The account's settings. All times are in seconds.

    A renewal's invoice stays a draft for ``finalize_after``. ``retries`` are the pauses after each failed
    payment; after the last one the subscription becomes ``after_retries``. ``portal_cancels_by`` is the
    member that the portal sets to cancel: with Stripe's flexible billing only ``cancel_at``. At Stripe, the
    portal works once its settings are saved in the dashboard (``portal_is_saved``).
    """

    finalize_after: int = HOUR
    retries: tuple[int, ...] = (DAY, 2 * DAY, 4 * DAY)
    after_retries: str = "canceled"
    upcoming_before: int = 7 * DAY
    trial_notice_before: int = 3 * DAY
    portal_cancels_by: str = "cancel_at"
    portal_is_saved: bool = True


def rules(store: Store) -> Rules:
    kept = store.setting("billing", {})
    return Rules(**{**kept, "retries": tuple(kept["retries"])}) if kept else Rules()


def set_rules(store: Store, given: dict[str, Any]) -> Rules:
    """Change some of the settings; raise ``ValueError`` if one is invalid."""
    unknown = set(given) - set(asdict(Rules()))
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: there is {', '.join(asdict(Rules()))}.")
    wanted = Rules(**{**asdict(rules(store)), **given})
    times = [wanted.finalize_after, wanted.upcoming_before, wanted.trial_notice_before]
    if not isinstance(wanted.retries, list | tuple):
        raise ValueError("retries is a list of seconds.")
    if not all(isinstance(seconds, int) and seconds >= 0 for seconds in [*times, *wanted.retries]):
        raise ValueError("Times are whole seconds.")
    if wanted.after_retries not in ENDS:
        raise ValueError(f"after_retries is one of {', '.join(ENDS)}.")
    if wanted.portal_cancels_by not in CANCELS_BY:
        raise ValueError(f"portal_cancels_by is one of {', '.join(CANCELS_BY)}.")
    if not isinstance(wanted.portal_is_saved, bool):
        raise ValueError("portal_is_saved is true or false.")
    store.set("billing", asdict(wanted))
    return wanted
