"""Files as streams of bytes: plain, gzip or zstd, with errors that name the file and say what to do."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.core.errors import DataError, NotFoundError
from tradewind.data.reader import FileHead

__all__ = ["blocks", "compression_of", "opened", "read_head"]

HEAD_BYTES = 65_536
BUFFER_BYTES = 1 << 20
LINE_BYTES = 64 << 20
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def compression_of(path: Path) -> str:
    """``none``, ``gzip`` or ``zstd``, from the first bytes, not the name."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise NotFoundError(f"{path}: a folder, expected a file") from None
    except OSError as error:
        raise NotFoundError(f"{path}: cannot be read: {error.strerror}") from None
    if not start:
        raise DataError(path, "market data", "an empty file", hint="Was the download cut off?")
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), "none")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading its decompressed bytes.

    Args:
        path: Plain, gzip or zstd file.

    Yields:
        A binary stream.

    Raises:
        NotFoundError: When the file is not there.
        DataError: When it is empty, truncated or damaged.
    """
    kind = compression_of(path)
    hint = "Download it again."
    try:
        with _raw(path, kind) as stream:
            yield stream
    except EOFError:
        raise DataError(path, "a complete gzip file", "one that ends early", hint=hint) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, "an intact gzip file", str(error), hint=hint) from None
    except OSError as error:
        if kind == "zstd" and error.errno is None:  # Arrow's own; an error of the system has a number
            raise DataError(path, "an intact zstd file", str(error), hint=hint) from None
        raise


def _raw(path: Path, kind: str) -> BinaryIO:
    if kind == "gzip":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if kind == "zstd":
        packed = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, packed), BUFFER_BYTES))
    return path.open("rb")


def blocks(path: Path, size: int = 8 << 20) -> Iterator[bytes]:
    """Decompressed bytes of a text file in blocks of whole lines.

    Args:
        path: The file.
        size: Rough length of a block [bytes].

    Yields:
        Blocks that end with a newline (the last one may not).

    Raises:
        NotFoundError: When the file is not there.
        DataError: When it is empty or damaged, or has no line break in 64 MiB.
    """
    rest = b""
    with opened(path) as file:
        while chunk := file.read(size):
            cut = chunk.rfind(b"\n") + 1
            if cut == 0:
                rest += chunk
                if len(rest) > LINE_BYTES:
                    raise DataError(path, "lines of text", f"{len(rest):,} bytes without a line break")
                continue
            yield rest + chunk[:cut]
            rest = chunk[cut:]
    if rest:
        yield rest


def read_head(path: Path) -> FileHead:
    """Beginning of a file, for telling its format.

    Raises:
        NotFoundError: When the file is not there.
        DataError: When it is empty or its first bytes are damaged.
    """
    kind = compression_of(path)
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            try:
                return FileHead(path, "none", b"", tuple(pq.read_schema(path).names))
            except pa.ArrowException as error:
                raise DataError(path, "an intact Parquet file", str(error), hint="Was it cut off?") from None
    data = b""
    try:
        with opened(path) as file:
            while len(data) < HEAD_BYTES and (chunk := file.read(HEAD_BYTES - len(data))):
                data += chunk
    except DataError:
        if not data:
            raise
    return FileHead(path, kind, data)
