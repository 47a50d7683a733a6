import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from tradewind.core import kernels


@kernels.entry
def _bits(words, out):
    for i in range(len(words)):
        out[i, 0] = kernels.ctz(words[i])
        out[i, 1] = kernels.clz(words[i])


def test_bit_counts_equal_the_obvious() -> None:
    words = np.array([1, 2, 3, 1 << 63, (1 << 63) | 1, 0x00F0_0000], dtype=np.uint64)
    out = np.zeros((len(words), 2), dtype=np.int64)
    _bits(words, out)
    expected = [((int(w) & -int(w)).bit_length() - 1, 64 - int(w).bit_length()) for w in words]
    assert out.tolist() == [list(pair) for pair in expected]


def test_the_cache_folder_follows_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRADEWIND_CACHE", str(tmp_path / "cache"))
    package = tmp_path / "tradewind"
    for room in ("core", "book", "data"):
        (package / room).mkdir(parents=True)
        (package / room / "dtypes.py").write_text(f"# {room}")
        (package / room / "plain.py").write_text("pass")
    monkeypatch.setattr(kernels, "PACKAGE", package)

    def folders() -> dict[str, Path]:
        monkeypatch.setattr(kernels, "_caches", {})
        return {room: kernels.kernel_cache(room) for room in ("core", "book", "data", "market")}

    before = folders()
    (package / "book" / "plain.py").write_text("print()")
    assert folders() == before, "a file without kernels does not matter"
    (package / "book" / "dtypes.py").write_text("# changed")
    after = folders()
    assert [room for room in before if before[room] != after[room]] == ["book", "market"]


PROGRAM = """
import numpy as np
from tradewind.core.kernels import entry, inner, kernel_cache

@inner
def half(x):
    return x // 2

@entry
def total(values):
    out = 0
    for i in range(len(values)):
        out += half(values[i])
    return out

assert total(np.arange(10)) == 20
print(total.stats.cache_hits.__len__() if hasattr(total.stats.cache_hits, "__len__") else total.stats.cache_hits)
"""


def test_a_second_process_loads_what_the_first_compiled(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    environment = {"TRADEWIND_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    runs = [
        subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True, env=environment)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["0", "1"]
    assert list((tmp_path / "cache" / "kernels").iterdir())


TWO_RECORDS = """
import sys
import numba
import numpy as np
from numba.core.itanium_mangler import mangle_type
from tradewind.core import kernels

DTYPES = {"short": np.dtype([("a", "i8"), ("b", "i8")]), "long": np.dtype([("b", "i8"), ("a", "i8"), ("c", "i8")])}
for name in sys.argv[1:]:
    print(name, mangle_type(numba.from_dtype(DTYPES[name])))
"""


def test_code_for_two_records_has_two_names_whichever_process_compiled_it() -> None:
    """With one name, a process that loaded the code of two others from the cache called the wrong one and crashed."""
    told = []
    for order in (["short", "long"], ["long", "short"]):
        command = [sys.executable, "-c", TWO_RECORDS, *order]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        told.append(dict(line.split() for line in lines))
    assert told[0] == told[1]
    assert told[0]["short"] != told[0]["long"]
