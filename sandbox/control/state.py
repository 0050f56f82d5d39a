"""Control of the clock, the API's faults, the journal and the stored objects."""

import json
import time

from sandbox.api.faults import Faults
from sandbox.api.journal import ApiBox
from sandbox.control.surface import Refused, control
from sandbox.core import account, timers
from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.webhooks import webhook_endpoints


@control("GET", "clock")
def show_clock(box: Box, given: Obj) -> Obj:
    return {"now": box.clock.exact(), "offset": box.clock.offset, "real": time.time()}


@control("POST", "clock")
@control("POST", "clock/advance")
def advance(box: Box, given: Obj) -> Obj:
    """Move the clock forward and fire every timer on the way: ``{"seconds": 3600}``."""
    seconds = given.get("seconds")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= timers.LONGEST_JUMP:
        raise Refused("Give the seconds to move forward.")
    timers.advance(box, seconds)
    return show_clock(box, given)


@control("GET", "faults")
def show_faults(box: Box, given: Obj) -> Obj:
    return {"faults": [vars(fault) for fault in Faults(box.store).all()]}


@control("POST", "faults")
def add_fault(box: Box, given: Obj) -> Obj:
    try:
        Faults(box.store).add(given)
    except ValueError as error:
        raise Refused(str(error)) from None
    return show_faults(box, given)


@control("DELETE", "faults")
def clear_faults(box: Box, given: Obj) -> Obj:
    Faults(box.store).save([])
    return show_faults(box, given)


@control("GET", "requests")
def show_requests(box: ApiBox, given: Obj) -> Obj:
    return {"requests": box.journal.as_json()}


@control("DELETE", "requests")
def clear_requests(box: ApiBox, given: Obj) -> Obj:
    box.journal.clear()
    return show_requests(box, given)


@control("GET", "objects")
def show_objects(box: Box, given: Obj) -> Obj:
    """Show every object of a kind as it is stored, oldest first: ``?kind=refund``."""
    if "kind" not in given:
        raise Refused("Give the kind of object, such as refund or checkout.session.")
    rows = box.store.rows("SELECT body FROM object WHERE kind = ? ORDER BY seq", (given["kind"],))
    return {"objects": [json.loads(row["body"]) for row in rows]}


@control("POST", "reset")
def reset(box: ApiBox, given: Obj) -> Obj:
    """Delete everything except the command line's key and endpoint."""
    with box.store.transaction():
        box.store.clear()
        box.clock.set_offset(0)
        account.configure(box.store, box.settings, now=box.clock.now())
        webhook_endpoints.configure(box)
    box.journal.clear()
    return {"reset": True}


@control("POST", "snapshot")
def take_snapshot(box: ApiBox, given: Obj) -> Obj:
    """Remember everything for ``restore``, until the process ends."""
    box.snapshot = box.store.copy()
    return {"objects": len(box.snapshot["object"])}


@control("POST", "restore")
def restore(box: ApiBox, given: Obj) -> Obj:
    """Return to the last snapshot; the journal is empty then."""
    if box.snapshot is None:
        raise Refused("There is no snapshot.", 409)
    with box.store.transaction():
        box.store.replace(box.snapshot)
    box.clock.read_offset()
    box.journal.clear()
    box.wake()
    return {"objects": len(box.snapshot["object"])}
