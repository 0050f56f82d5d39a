"""What our objects at Stripe carry to be told from those of other shops on the same account."""

from dataclasses import dataclass

from payments.gateway.objects import Json
from payments.models import shop_id


def metadata_of(kind: str, reference: str) -> dict[str, str]:
    """Return the metadata of an object made for the row of this ``kind`` (``payment``) and ``reference``."""
    return {kind: reference, "shop": shop_id()}


@dataclass(frozen=True)
class Claim:
    """What an object's metadata says: the ``reference`` of a row, and the ``shop``; empty if it doesn't."""

    reference: str
    shop: str

    @property
    def is_foreign(self) -> bool:
        """Whether it names another shop."""
        return bool(self.shop) and self.shop != shop_id()

    @property
    def is_ours(self) -> bool:
        """Whether it names this shop and a row, so that it is owed even if no row here has that reference."""
        return bool(self.reference and self.shop) and self.shop == shop_id()


def read_claim(subject: Json, kind: str) -> Claim:
    """Return what the metadata of an object, or of what holds it, claims of a row of this ``kind``."""
    metadata = subject.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return Claim(reference=_text(known.get(kind)), shop=_text(known.get("shop")))


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""
