"""Compress a page by Brotli, to a length that says nothing of what is in it."""

import secrets

import brotli

QUALITY = 5  # about as fast as gzip at its usual level, for pages a quarter smaller
PADDING = 100  # bytes at most, as Django adds to what it compresses by gzip


def pack(content: bytes) -> bytes:
    """Return ``content`` compressed, with a block of random length in it that browsers skip."""
    compressor = brotli.Compressor(quality=QUALITY)
    packed = compressor.process(content) + compressor.flush()  # which ends at a whole byte
    return packed + _skipped(1 + secrets.randbelow(PADDING)) + compressor.finish()


def _skipped(length: int) -> bytes:
    """
    Return a metadata block of ``length`` bytes, at most 256.

    https://www.rfc-editor.org/rfc/rfc7932#section-9.2: ISLAST 0, MNIBBLES 11, a reserved 0, MSKIPBYTES 01,
    and MSKIPLEN in eight bits, from the lowest bit on.
    """
    header = 0b01_0_11_0 | (length - 1) << 6
    return header.to_bytes(2, "little") + bytes(length)
