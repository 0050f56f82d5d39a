"""What Stripe's billing settings decide: when invoices are finalised, retried and given up."""

from dataclasses import asdict, dataclass
from typing import Any

from sandbox.core.store import Store

HOUR, DAY = 3_600, 24 * 3_600
ENDS = ("canceled", "unpaid", "past_due")
CANCELS_BY = ("cancel_at", "cancel_at_period_end")


@dataclass(frozen=True)
class Rules:
    """
    The settings of one account; all times in seconds.

    A renewal's invoice stays a draft for ``finalize_after``. After a failed payment the next is tried as long
    after it as ``retries`` say in turn; then the subscription becomes ``after_retries``. In the portal a
    customer cancels by ``portal_cancels_by``: with Stripe's flexible billing that is ``cancel_at`` alone.
    The portal isn't open until somebody has saved its settings in the dashboard.
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
    """Change some of the settings; raise ``ValueError`` on nonsense."""
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
