"""
What signs wallet passes, from environment variables: each wrong one is named in a sentence.

Nothing here asks a network. What is optional and empty is None: then its button isn't shown.
"""

from .apple import AppleWallet, apple_wallet
from .google import GoogleWallet, google_wallet

__all__ = ["AppleWallet", "GoogleWallet", "apple_wallet", "google_wallet"]
