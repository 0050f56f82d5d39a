"""The routes of disputes. Their states are in ``dispute_lifecycle``."""

from copy import deepcopy

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Boolean, Group, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.reversals import dispute_lifecycle, dispute_simulation
from sandbox.reversals.dispute_object import CLOSED, FILES, TEXTS

LONGEST, LONGEST_TOGETHER = 20_000, 150_000
SHORT = ("billing_address", "duplicate_charge_id", "service_date")  # these, and what starts like the others
SHORT_STARTS = ("customer_", "shipping_")


def evidence_text(name: str) -> Text:
    is_short = name in SHORT or name.startswith(SHORT_STARTS)
    return Text(longest=5_000 if is_short else LONGEST, unset=True)


EVIDENCE = Group(
    **{name: evidence_text(name) for name in TEXTS},
    **unsupported(f"appeal enhanced_evidence {' '.join(FILES)}"),
)


@route("GET", "/v1/disputes/{dispute}", returns="dispute", params=Group())
def retrieve(box: Box, params: Obj, dispute: str) -> Obj:
    return box.find("dispute", dispute, param="dispute", in_path=True)


@route(
    "GET",
    "/v1/disputes",
    returns="list:dispute",
    params=lists.paging(charge=Text(), created=lists.CREATED, payment_intent=Text()),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("dispute").equal(params, "charge", "payment_intent").created(params)
    return lists.page(box, filters, params, url="/v1/disputes")


@route(
    "POST",
    "/v1/disputes/{dispute}",
    returns="dispute",
    params=Group(
        evidence=EVIDENCE,
        metadata=Metadata(unset=True),
        submit=Boolean(),
        **unsupported("intended_submission_method"),
    ),
)
def update(box: Box, params: Obj, dispute: str) -> Obj:
    """Stage or submit evidence. Changing only the metadata submits nothing."""
    found = box.find("dispute", dispute, param="dispute", in_path=True)
    before = deepcopy(found)
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if "evidence" in params or params.get("submit"):
        check_accepts_evidence(found)
        add_evidence(found, params.get("evidence", {}))
        if params.get("submit", True):
            dispute_simulation.submit_evidence(box, found, before)
            return found
    if found != before:
        dispute_lifecycle.save(box, found)
        dispute_lifecycle.emit_updated(box, found, before)
    return found


def check_accepts_evidence(dispute: Obj) -> None:
    """Raise ``StripeError`` unless the dispute waits for evidence."""
    if dispute["status"] in CLOSED:
        raise already_closed(dispute)
    if not dispute["status"].endswith("needs_response"):
        raise StripeError("The evidence of this dispute has been submitted already; it is under review.")


def add_evidence(dispute: Obj, evidence: Obj) -> None:
    dispute["evidence"] |= {name: text or None for name, text in evidence.items()}
    if sum(len(dispute["evidence"][name] or "") for name in TEXTS) > LONGEST_TOGETHER:
        raise StripeError(
            f"All of the evidence together may have at most {LONGEST_TOGETHER} characters.", param="evidence"
        )
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())


def already_closed(dispute: Obj) -> StripeError:
    return StripeError(f"This dispute is already closed: it has a status of {dispute['status']}.")


@route("POST", "/v1/disputes/{dispute}/close", returns="dispute", params=Group())
def close(box: Box, params: Obj, dispute: str) -> Obj:
    """Accept the dispute, which loses it."""
    found = box.find("dispute", dispute, param="dispute", in_path=True)
    if found["status"] in CLOSED:
        raise already_closed(found)
    is_inquiry = found["status"].startswith("warning_")
    dispute_lifecycle.set_status(box, found, "warning_closed" if is_inquiry else "lost")
    return found
