"""Names of hosts in any script: as the DNS has them, and as people read them."""

import idna

LONGEST = 253  # characters of a whole name


def encode_domain(domain: str) -> str:
    """
    Return ``domain`` as the DNS has it, in small letters: ``Bücher.example`` is ``xn--bcher-kva.example``.

    It is mapped by UTS 46 without the exceptions of its transition, as browsers do: ``faß.de`` isn't
    ``fass.de``, which is what Python's own codec would make of it. Raise ``ValueError`` if there can be no
    such domain.
    """
    labels = idna.uts46_remap(domain, std3_rules=False, transitional=False).split(".")
    encoded = ".".join(map(_encode_label, labels))
    if len(encoded) > LONGEST:
        raise ValueError("The domain is too long.")
    return encoded


def _encode_label(label: str) -> str:
    # Whatever was registered in ASCII is a domain, such as ab--cd.com, which IDNA's rules would refuse.
    if label.isascii() and not label.startswith("xn--"):
        return label
    return idna.alabel(label).decode()


def decode_domain(domain: str) -> str:
    """Return ``domain`` in its own script; what can't be decoded stays as it is."""
    return ".".join(map(_decode_label, domain.split(".")))


def _decode_label(label: str) -> str:
    try:
        return idna.ulabel(label)
    except ValueError:
        return label
