"""Signatures of named people: Ed25519 (RFC 8032), so that who can check cannot forge.

A key pair is two small TOML files: ``NAME.key`` (private, readable by its owner only) and ``NAME.pub`` (to be trusted).
What is signed carries its purpose in front, so a signature for one purpose is worth nothing for another.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.config import Config, load_config
from tradewind.core.errors import DataError, IntegrityError, InvalidValueError, MissingExtraError, StorageError

__all__ = [
    "PublicKey",
    "Signature",
    "is_signed",
    "make_keys",
    "read_public",
    "read_signature",
    "sign_bytes",
    "sign_file",
    "verified_signer",
]

LIMITS = b"tradewind limits file v1\n"
STATEMENT = b"tradewind gate statement v1\n"
PURPOSES = {"limits": LIMITS, "statement": STATEMENT}


class PublicKey(Config):
    """Who a public key belongs to.

    Attributes:
        name: The person.
        public_key: 32 bytes, base64.
    """

    name: str
    public_key: str


class PrivateKey(Config):
    """A private key file's content."""

    name: str
    private_key: str


class Signature(msgspec.Struct, frozen=True):
    """A detached signature.

    Attributes:
        signer: The person who says to have signed; the public key decides.
        signature: 64 bytes, base64.
        algorithm: Always ``ed25519``.
    """

    signer: str
    signature: str
    algorithm: str = "ed25519"


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise MissingExtraError("cryptography", "risk", "a signature") from None
    return ed25519


def make_keys(name: str, folder: Path) -> tuple[Path, Path]:
    """Make a person's key pair.

    Args:
        name: The person.
        folder: Where ``NAME.key`` and ``NAME.pub`` are written; an existing key is never overwritten.

    Returns:
        The private and the public file.

    Raises:
        InvalidValueError: For a name that cannot be a file's or stands in quotes badly.
        StorageError: When there is a key of that name.
    """
    if not name or any(not (c.isalnum() or c in " ._-") for c in name) or name[0] == ".":
        raise InvalidValueError("name", "letters, digits, blanks, dots, dashes", name)
    private = _ed25519().Ed25519PrivateKey.generate()
    stem = name.replace(" ", "-").lower()
    key, pub = folder / f"{stem}.key", folder / f"{stem}.pub"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f'name = "{name}"\nprivate_key = "{_text(private.private_bytes_raw())}"\n')
    except FileExistsError:
        raise StorageError(f"{key} exists and is not overwritten; choose another name or folder") from None
    pub.write_text(f'name = "{name}"\npublic_key = "{_text(private.public_key().public_bytes_raw())}"\n', "utf-8")
    return key, pub


def sign_bytes(content: bytes, key: Path, purpose: str) -> Signature:
    """Sign bytes with a private key file.

    Args:
        content: What is signed.
        key: The signer's private key file.
        purpose: ``"limits"`` or ``"statement"``.
    """
    owner = load_config(PrivateKey, key)
    try:
        private = _ed25519().Ed25519PrivateKey.from_private_bytes(_bytes(owner.private_key))
    except (ValueError, binascii.Error):
        raise DataError(key, "an Ed25519 private key of 32 bytes, base64", "something else") from None
    return Signature(owner.name, _text(private.sign(PURPOSES[purpose] + content)))


def sign_file(path: Path, key: Path) -> Path:
    """Sign a limits file: writes ``PATH.sig`` beside it and returns that."""
    target = path.with_name(path.name + ".sig")
    target.write_bytes(msgspec.json.encode(sign_bytes(path.read_bytes(), key, "limits")) + b"\n")
    return target


def read_signature(path: Path) -> Signature:
    """Read a detached signature.

    Raises:
        IntegrityError: Where there is none: an unsigned file is refused.
        DataError: When it is not one.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Signature)
    except FileNotFoundError:
        signed = path.name.removesuffix(".sig")
        raise IntegrityError(f"{signed} is not signed: no {path}; sign it with 'tradewind risk limits sign'") from None
    except msgspec.MsgspecError as error:
        raise DataError(path, "a signature as 'tradewind risk limits sign' writes it", str(error)) from None


def read_public(path: Path) -> PublicKey:
    """Read a public key file."""
    return load_config(PublicKey, path)


def is_signed(content: bytes, signature: Signature, public_key: str, purpose: str) -> bool:
    """Whether the owner of a public key signed these bytes for this purpose."""
    from cryptography.exceptions import InvalidSignature

    try:
        public = _ed25519().Ed25519PublicKey.from_public_bytes(_bytes(public_key))
        public.verify(_bytes(signature.signature), PURPOSES[purpose] + content)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return signature.algorithm == "ed25519"


def verified_signer(content: bytes, signature: Signature, trusted: list[PublicKey], source: str) -> str:
    """Name of the trusted person who signed a limits file.

    Raises:
        IntegrityError: When none of them did.
    """
    for person in trusted:
        if person.name == signature.signer and is_signed(content, signature, person.public_key, "limits"):
            return person.name
    names = ", ".join(p.name for p in trusted) or "nobody"
    raise IntegrityError(
        f"{source}: wrong signature: expected one by {names} over this content, got one by "
        f"{signature.signer!r}; the file was changed after it was signed, or its signer is not trusted"
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
