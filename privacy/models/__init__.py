"""What was erased: not who it was."""

from .erasure import ClearedEvent, Erasure, digest_of

__all__ = ["ClearedEvent", "Erasure", "digest_of"]
