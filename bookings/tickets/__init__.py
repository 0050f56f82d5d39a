"""Tickets: issue, sign, draw as QR codes, suspend or void, rename, and email them again."""
