"""``tradewind doctor``: what is here, what is missing, and the command that mends it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import msgspec
import numba
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit
from tradewind.core.errors import MissingExtraError
from tradewind.core.kernels import cache_root, kernel_cache

__all__ = ["Check", "diagnose", "doctor"]

ROOMS_WITH_KERNELS = ("book", "data", "market")
MEGABYTE = 1 << 20


class Check(msgspec.Struct, frozen=True):
    """One line of the doctor's report.

    Attributes:
        name: What was looked at.
        status: ``ok``, ``note`` (works without) or ``bad`` (does not work).
        found: What is there.
        mend: Command or advice, empty when nothing is to do.
    """

    name: str
    status: str
    found: str
    mend: str = ""


def diagnose() -> list[Check]:
    """Look at the interpreter, the packages, the kernel cache and the data folders.

    Returns:
        One :class:`Check` per subject, in reading order.
    """
    return [_python(), *_packages(), *_kernels(), _threads(), _data(), _disk()]


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    fine = sys.version_info >= (3, 11)
    return Check("python", "ok" if fine else "bad", found, "" if fine else "install Python 3.11 or newer")


def _packages() -> list[Check]:
    """One line for the base install and one per extra, from the package's own metadata."""
    groups: dict[str, list[str]] = {}
    for line in metadata.requires("tradewind") or []:
        requirement, _, marker = line.partition(";")
        found = re.search(r"extra == ['\"](\w+)['\"]", marker)
        name = re.split(r"[\s<>=!~\[(]", requirement.strip(), maxsplit=1)[0]
        if name != "tradewind":
            groups.setdefault(found[1] if found else "", []).append(name)
    return [_group(extra, names) for extra, names in sorted(groups.items())]


def _group(extra: str, names: list[str]) -> Check:
    here, missing = [], []
    for name in names:
        try:
            here.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    label = f"extra {extra}" if extra else "base packages"
    if not missing:
        return Check(label, "ok", ", ".join(here))
    command = f"pip install 'tradewind[{extra}]'" if extra else "pip install tradewind"
    return Check(label, "note" if extra else "bad", f"missing {', '.join(missing)}", command)


def _kernels() -> list[Check]:
    """Where compiled kernels are kept, and whether they are there for these sources and this CPU."""
    checks = []
    for room in ROOMS_WITH_KERNELS:
        folder = kernel_cache(room)
        files = list(folder.rglob("*.nbc")) if folder.is_dir() else []
        size = sum(f.stat().st_size for f in files) / MEGABYTE
        found = f"{len(files)} compiled, {size:.1f} MB in {folder}" if files else f"not compiled yet ({folder})"
        checks.append(Check(f"kernels of {room}", "ok", found, "" if files else "compiled once, on first use"))
    root = cache_root()
    parent = next(p for p in (root, *root.parents) if p.exists())
    if not os.access(parent, os.W_OK):
        checks.append(
            Check("kernel cache", "bad", f"{root} cannot be written", "export TRADEWIND_CACHE=/a/writable/folder")
        )
    return checks


def _threads() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    layer = "omp" if _has_openmp() else "workqueue"
    mend = "" if layer == "omp" else "install libgomp1 for threads with small overhead; one thread is used until then"
    return Check("threads", "ok" if layer == "omp" else "note", f"{cores} cores, Numba layer {layer}", mend)


def _has_openmp() -> bool:
    try:
        from numba.np.ufunc import omppool  # type: ignore[attr-defined]
    except ImportError:
        return False
    return omppool is not None


def _data() -> Check:
    chosen = os.environ.get("TRADEWIND_DATA")
    if not chosen:
        return Check(
            "data folder", "note", "TRADEWIND_DATA is not set", "export TRADEWIND_DATA=FOLDER for real-data tests"
        )
    folder = Path(chosen)
    if not folder.is_dir():
        return Check("data folder", "bad", f"{folder} is not a folder", "unset TRADEWIND_DATA or point it to a folder")
    return Check("data folder", "ok", f"{folder}, {sum(1 for _ in folder.iterdir())} entries")


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free / (1 << 30)
    fine = free > 1
    return Check("disk", "ok" if fine else "note", f"{free:.1f} GB free here", "" if fine else "free some space")


def doctor(as_json: JsonFlag = False) -> None:
    """Say what is here, what is missing, and the command that mends it.

    Ends with exit code 0 when tradewind can run, 6 when something it needs is missing.
    """
    checks = diagnose()
    bad = [check for check in checks if check.status == "bad"]
    emit(
        {"ok": not bad, "numba": numba.__version__, "checks": checks}, as_json=as_json, show=lambda c: _show(c, checks)
    )
    if bad:
        raise typer.Exit(MissingExtraError.exit_code)


def _show(console: Console, checks: list[Check]) -> None:
    table = Table(title="tradewind doctor", title_justify="left", box=None, pad_edge=False)
    for column in ("", "what", "found", "to mend it"):
        table.add_column(column, overflow="fold")
    marks = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "bad": "[red]✗[/]"}
    for check in checks:
        table.add_row(marks[check.status], check.name, check.found, check.mend.replace("[", r"\["))
    console.print(table)
