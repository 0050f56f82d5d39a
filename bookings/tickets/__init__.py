"""Tickets: issued, signed, drawn as QR codes, stopped, renamed, sent again."""
