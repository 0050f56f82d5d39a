"""2026-03-25.dahlia: other names for the interfaces of Checkout."""

from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.versions.release import Release

UI_MODES = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}


def undo_session(box: Box, session: Obj) -> None:
    session["ui_mode"] = UI_MODES.get(session["ui_mode"], session["ui_mode"])


RELEASE = Release("2026-03-25.dahlia", {"checkout.session": undo_session})
