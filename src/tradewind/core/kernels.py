"""Compiled kernels: two decorators, two intrinsics, and a cache that cannot go stale.

A kernel is a plain function over records. ``@entry`` marks what Python calls: it takes arrays and passes
``books[0]``, a bare pointer, on. ``@inner`` marks its parts, always inlined, so no reference counts and no status
checks are emitted between them (measured: 5 to 50 times faster than passing arrays).

Numba's own cache does not notice a changed callee in another file. Kernels are therefore cached under a folder
named by a hash of the kernel sources, the Numba version and the CPU: ``<cache>/kernels/<room>-<key>``. A room's key
covers the room and the rooms below it, so an edit in one room does not recompile its neighbours.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import binding as llvm
from llvmlite import ir
from numba import cfunc, njit, types
from numba.core import event
from numba.extending import intrinsic

from tradewind.core.clock import SystemClock

__all__ = [
    "cache_root",
    "callback",
    "clz",
    "ctz",
    "entry",
    "inner",
    "kernel_cache",
    "kernel_sources",
    "parallel_entry",
    "prefetch",
    "rare",
]

F = TypeVar("F", bound=Callable[..., Any])


def _named_by_fields(record: Any) -> tuple[str, tuple[int]]:
    """What a record type adds to the name of compiled code: a hash of its fields."""
    return "Record", (int.from_bytes(hashlib.sha256(record.name.encode()).digest()[:7], "little"),)


types.Record.mangling_args = property(_named_by_fields)
"""Numba names a record type by a number counted in each process: code for two records, compiled by two processes, had
one name, and a third process that loaded both from the cache called the wrong one."""

PACKAGE = Path(__file__).resolve().parents[1]
ROOMS_BELOW = {
    "core": (),
    "book": ("core",),
    "data": ("core",),
    "market": ("book", "core"),
    "execution": ("book", "core"),
    "stats": ("core",),
    "rl": ("market", "execution", "book", "core"),
    "alpha": ("stats", "core"),
    "risk": ("stats", "core"),
}
"""Rooms a kernel room may call into; any room not named here lies above them all and depends on every one."""
CONSTANTS = ("kernels.py", "dtypes.py", "types.py", "reasons.py", "layout.py")
"""Files whose constants kernels compile in, beside those that define kernels."""
OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "boundscheck": False}
PART: dict[str, Any] = {"cache": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""A part is never called from Python, and the entry's cached code holds it: a quarter less to compile."""


def cache_root() -> Path:
    """Folder for everything that can be made again: ``$TRADEWIND_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("TRADEWIND_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tradewind"


def kernel_sources(room: str) -> list[Path]:
    """Source files whose text decides what a room's kernels compile to, sorted."""
    below = ROOMS_BELOW.get(room)
    rooms = [room, *below] if below is not None else sorted(p.name for p in PACKAGE.iterdir() if p.is_dir())
    markers = (b"core.kernels import", b"numba.extending import")
    files = [f for name in rooms for f in sorted((PACKAGE / name).rglob("*.py"))]
    return [f for f in files if f.name in CONSTANTS or any(m in f.read_bytes() for m in markers)]


_caches: dict[str, Path] = {}


def kernel_cache(room: str) -> Path:
    """Cache folder of a room's kernels, named by what they are compiled from and for."""
    if room not in _caches:
        digest = hashlib.sha256(f"{numba.__version__} {llvm.get_host_cpu_name()}".encode())
        digest.update(llvm.get_host_cpu_features().flatten().encode())
        for source in kernel_sources(room):
            digest.update(source.read_bytes())
        _caches[room] = cache_root() / "kernels" / f"{room}-{digest.hexdigest()[:16]}"
    return _caches[room]


def _compiled(function: F, **extra: bool) -> F:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(kernel_cache(_room_of(function)))
    try:
        return cast(F, njit(**(OPTIONS | extra))(function))
    finally:
        numba.config.CACHE_DIR = before


def entry(function: F) -> F:
    """Compile a function that Python calls; it takes arrays and passes records on."""
    return _compiled(function)


def inner(function: F) -> F:
    """Compile a part of an entry: always inlined, takes records, is never called from Python."""
    return _compiled(function, forceinline=True, **PART)


def parallel_entry(function: F) -> F:
    """Compile an entry whose ``numba.prange`` loop runs on several threads (``numba.set_num_threads``)."""
    return _compiled(function, parallel=True)


def rare(function: F) -> F:
    """Compile a part that an entry seldom reaches: takes records, is called and not inlined: hot paths stay short.

    Said explicitly, because a part that is compiled on behalf of an ``inner`` one would inherit its inlining.
    """
    return _compiled(function, forceinline=False, **PART)


def callback(signature: Any) -> Callable[[F], Any]:
    """Compile a function that other kernels call by address (``callback(...)(f).address``): a wall between two rooms.

    What stands behind the wall is compiled once, not again into every entry that reaches it, and which function is
    called is chosen when it runs. Arguments are whole numbers and floats; records go as addresses
    (``core.pointers``).
    """

    def compiled(function: F) -> Any:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(kernel_cache(_room_of(function)))
        try:
            return cfunc(signature, **OPTIONS)(function)
        finally:
            numba.config.CACHE_DIR = before

    return compiled


def _room_of(function: Callable[..., Any]) -> str:
    parts = function.__module__.split(".")
    return parts[1] if parts[0] == "tradewind" and len(parts) > 1 else "outside"


def _bit_count(name: str) -> Any:
    def typed(_typing: Any, _word: Any) -> Any:
        def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(arguments[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.uint64), emit

    typed.__name__ = name
    return intrinsic(typed)


ctz = _bit_count("cttz")
"""Trailing zero bits of a uint64; undefined for 0."""
clz = _bit_count("ctlz")
"""Leading zero bits of a uint64; undefined for 0."""


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, record: Any) -> Any:
    """Ask for the cache line of a record (``prefetch(book.orders[slot])``); touches nothing, so any address will do."""

    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        declared = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], declared)
        read, keep, data = (ir.Constant(word, value) for value in (0, 3, 1))
        builder.call(function, [builder.bitcast(arguments[0], byte), read, keep, data])

    return types.void(record), emit


class _CompileNotice(event.Listener):  # type: ignore[misc]
    """Tells the user, on stderr, that kernels are being compiled: once, and that it will not happen again."""

    def __init__(self) -> None:
        self.depth = 0
        self.functions = 0
        self.spent_ns = 0
        self.started_ns = 0
        self.clock = SystemClock()

    def _ours(self, evt: Any) -> bool:
        return str(getattr(evt.data["dispatcher"].py_func, "__module__", "")).startswith("tradewind")

    def on_start(self, evt: Any) -> None:
        """A compilation begins."""
        if not self._ours(evt):
            return
        if self.depth == 0:
            self.started_ns = self.clock.monotonic_ns()
            if self.functions == 0:
                self._say(
                    f"tradewind: compiling kernels, once for this machine; cached in {cache_root() / 'kernels'}\n"
                )
        self.depth += 1

    def on_end(self, evt: Any) -> None:
        """A compilation is done."""
        if not self._ours(evt):
            return
        self.depth -= 1
        self.functions += 1
        if sys.stderr.isatty():
            seconds = (self.spent_ns + self.clock.monotonic_ns() - self.started_ns) / 1e9
            self._say(f"\r  {self.functions} functions, {seconds:.1f} s ")
        if self.depth == 0:
            self.spent_ns += self.clock.monotonic_ns() - self.started_ns
            if sys.stderr.isatty():
                self._say("\n")

    def _say(self, text: str) -> None:
        if not os.environ.get("TRADEWIND_QUIET"):
            sys.stderr.write(text)
            sys.stderr.flush()


event.register("numba:compile", _CompileNotice())
