r"""Models as data: one file of a JSON header and raw arrays, whole or refused.

::

    tradewind model 1\n
    {"model": ..., "params": {...}, "values": {...}, "arrays": [...], "about": {...}, "sha256": ...}\n
    the arrays, little-endian, one after the other

Nothing in it is ever run: no pickle, no code, no names of classes beyond the models of the registry.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError, InvalidValueError
from tradewind.core.files import read_headed, write_durably

__all__ = ["About", "digest_of", "read_state", "write_state"]

MAGIC = b"tradewind model 1\n"
LONGEST_HEADER = 1 << 24
DTYPES = ("<f8", "<f4", "<i8", "<i4", "|u1", "|b1")


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model comes from.

    Attributes:
        features: Names of the columns it learned from, in order.
        task: What it forecasts, in words.
        trained_on: The data, in words.
        revision: Of the code.
        metrics: Figures by name, such as the score on unseen days.
    """

    features: tuple[str, ...] = ()
    task: str = ""
    trained_on: str = ""
    revision: str = ""
    metrics: dict[str, float] = {}


class _Block(msgspec.Struct, frozen=True, array_like=True):
    name: str
    dtype: str
    shape: tuple[int, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: str
    params: dict[str, Any]
    values: dict[str, Any]
    arrays: list[_Block]
    about: About = About()
    sha256: str = ""


def _split(state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Plain values and arrays of a state, nested dictionaries flattened to ``a/b``."""
    values: dict[str, Any] = {}
    arrays: dict[str, Array] = {}
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            small = value.astype(value.dtype.newbyteorder("<"), copy=False)
            if small.dtype.str not in DTYPES:
                raise InvalidValueError(f"state {name!r}", f"an array of {', '.join(DTYPES)}", value.dtype)
            arrays[name] = np.ascontiguousarray(small)
        elif isinstance(value, dict):
            inside = _split(value)
            values |= {f"{name}/{key}": item for key, item in inside[0].items()}
            arrays |= {f"{name}/{key}": item for key, item in inside[1].items()}
        else:
            values[name] = value.item() if isinstance(value, np.generic) else value
    return values, arrays


def _joined(values: dict[str, Any], arrays: dict[str, Array]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for path, value in {**values, **arrays}.items():
        place, *names = state, *path.split("/")
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = value
    return state


def _encode(state: dict[str, Any], about: About) -> tuple[_Header, bytes]:
    values, arrays = _split(state["state"])
    blocks = [_Block(name, array.dtype.str, array.shape) for name, array in sorted(arrays.items())]
    header = _Header(model=state["model"], params=state["params"], values=values, arrays=blocks, about=about)
    payload = b"".join(arrays[block.name].tobytes() for block in blocks)
    return msgspec.structs.replace(header, sha256=_checksum(header, payload)), payload


def _checksum(header: _Header, payload: bytes) -> str:
    plain = msgspec.json.encode(msgspec.structs.replace(header, sha256=""), order="sorted")
    return hashlib.sha256(plain + payload).hexdigest()


def digest_of(state: dict[str, Any]) -> str:
    """SHA-256 of a model's name, hyper-parameters and learned state."""
    return _encode(state, About())[0].sha256


def write_state(state: dict[str, Any], path: Path, about: About) -> None:
    """Write a model's state to one file, whole or not at all.

    Args:
        state: ``model``, ``params`` and ``state`` (plain values and arrays, dictionaries of them).
        path: The file; its folder is made.
        about: Where it comes from.
    """
    header, payload = _encode(state, about)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, MAGIC + msgspec.json.encode(header) + b"\n" + payload)


def read_state(path: Path) -> tuple[dict[str, Any], About]:
    """Read a model's state.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is no model file, of another version, or cut short.
        IntegrityError: When it was changed after it was written.
    """
    header, payload = read_headed(path, MAGIC, _Header, what="model", longest=LONGEST_HEADER)
    sizes = []
    for block in header.arrays:
        if block.dtype not in DTYPES or any(side < 0 for side in block.shape):
            raise DataError(path, f"arrays of {', '.join(DTYPES)}", block.dtype, field=block.name)
        sizes.append(int(np.prod([int(side) for side in block.shape], dtype=object)) * np.dtype(block.dtype).itemsize)
    if len(payload) != sum(sizes):
        raise DataError(path, f"{sum(sizes)} bytes of arrays", len(payload), field="arrays", hint="Copy it again")
    if _checksum(header, payload) != header.sha256:
        raise IntegrityError(f"{path}: its checksum does not match: the file was changed after it was written")
    arrays, at = {}, 0
    for block, size in zip(header.arrays, sizes, strict=True):
        arrays[block.name] = np.frombuffer(payload[at : at + size], block.dtype).reshape(block.shape).copy()
        at += size
    state = {"model": header.model, "params": header.params, "state": _joined(header.values, arrays)}
    return state, header.about
