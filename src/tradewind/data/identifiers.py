"""Order names of any kind as positive 64-bit integers."""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["order_id_of"]

SIGN_MASK = 2**63 - 1


def order_id_of(name: str) -> int:
    """Number of an order that its venue names by text, such as a UUID.

    The first 8 bytes of BLAKE2b of the text (big-endian), without the sign bit, never 0: the same name gives the same
    number in every file and run. Among a million orders two collide with a probability of 5e-8.

    Args:
        name: As the source spells it.

    Returns:
        A number from 1 to 2**63 - 1.

    Examples:
        >>> order_id_of("d8dc857e-db15-458c-9b4d-c3e0591cdf43")
        868002010233191184
    """
    return (int.from_bytes(blake2b(name.encode()).digest()[:8], "big") & SIGN_MASK) or 1
