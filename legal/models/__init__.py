"""Who sells, by law, and the texts that the law asks for."""

from .house import VAT_RATE, House, require_reason
from .legal_text import Kind, LegalText, publish

__all__ = ["VAT_RATE", "House", "Kind", "LegalText", "publish", "require_reason"]
