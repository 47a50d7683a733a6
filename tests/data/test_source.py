import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from tradewind.core.errors import DataError, NotFoundError
from tradewind.data.parsing.source import blocks, compression_of, opened, read_head

TEXT = b"".join(b"line %d\n" % i for i in range(20_000))


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


PACKED = {"none": TEXT, "gzip": gzip.compress(TEXT), "zstd": zstd(TEXT)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.bin"


@pytest.mark.parametrize("kind", PACKED)
def test_the_content_tells_the_compression(kind: str, path: Path) -> None:
    path.write_bytes(PACKED[kind])
    assert compression_of(path) == kind
    with opened(path) as file:
        assert file.read(10) + file.read() == TEXT
    head = read_head(path)
    assert (head.compression, head.data) == (kind, TEXT[:65_536])


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_several_packed_parts_are_one_file(kind: str, path: Path) -> None:
    path.write_bytes(PACKED[kind] + PACKED[kind])
    with opened(path) as file:
        assert file.read() == TEXT + TEXT


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.999])
def test_a_truncated_file_is_an_error(kind: str, kept: float, path: Path) -> None:
    path.write_bytes(PACKED[kind][: int(len(PACKED[kind]) * kept)])
    with pytest.raises(DataError, match=kind) as caught:
        list(blocks(path, 1000))
    assert caught.value.path == path
    assert "Download it again" in str(caught.value)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_damaged_file_is_an_error(kind: str, path: Path) -> None:
    damaged = bytearray(PACKED[kind])
    damaged[len(damaged) // 2 : len(damaged) // 2 + 20] = bytes(20)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=kind):
        list(blocks(path))


def test_an_error_of_the_reader_is_not_blamed_on_the_file(path: Path) -> None:
    path.write_bytes(PACKED["zstd"])
    with pytest.raises(OSError, match="No space left"), opened(path):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("size", [1, 8, 100, 1 << 20])
def test_blocks_are_whole_lines_and_lose_nothing(size: int, path: Path) -> None:
    text = b"a\n\nbb" * 50 + b"no newline at the end"
    path.write_bytes(text)
    found = list(blocks(path, size))
    assert b"".join(found) == text
    assert all(block.endswith(b"\n") for block in found[:-1])


def test_a_file_without_lines_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.data.parsing.source.LINE_BYTES", 1000)
    path.write_bytes(b"x" * 2000)
    with pytest.raises(DataError, match="without a line break"):
        list(blocks(path, 100))


def test_a_missing_or_empty_file_or_a_folder(path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        read_head(path)
    with pytest.raises(NotFoundError, match="a folder"):
        read_head(path.parent)
    path.write_bytes(b"")
    for read in (read_head, compression_of, lambda p: list(blocks(p))):
        with pytest.raises(DataError, match="empty file"):
            read(path)


def test_a_truncated_parquet_file_is_an_error(path: Path) -> None:
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="intact Parquet file"):
        read_head(path)
