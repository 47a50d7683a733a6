"""``tradewind risk limits``: keys, signatures, a limits file in words, and what it would have blocked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit

if TYPE_CHECKING:
    from tradewind.risk.limits.limits_file import SignedLimits
    from tradewind.risk.limits.signing import PublicKey

__all__ = ["limits_app"]

limits_app = typer.Typer(help="Hard limits: signed files, outside every model.", no_args_is_help=True)
"""The sub-commands of ``tradewind risk limits``."""

LimitsPath = Annotated[Path, typer.Argument(help="Limits file (TOML).")]
Trust = Annotated[
    list[Path] | None, typer.Option("--trust", help="Public key file of a person whose signature counts; repeatable.")
]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Try a draft: do not look at any signature.")]


@limits_app.callback()
def _limits() -> None:
    """Hard limits: signed files, outside every model."""


@limits_app.command("keygen")
def keygen(
    name: Annotated[str, typer.Argument(help="The person.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for NAME.key (keep it secret) and NAME.pub.")] = Path(),
    as_json: JsonFlag = False,
) -> None:
    """Make a person's key pair: NAME.key signs, NAME.pub is what others trust."""
    from tradewind.risk.limits.signing import make_keys, read_public

    key, pub = make_keys(name, out)
    found = {"name": name, "private": str(key), "public": str(pub), "public_key": read_public(pub).public_key}
    text = f'{key}  private: keep it secret\n{pub}  public: to be trusted\npublic_key = "{found["public_key"]}"'
    emit(found, as_json=as_json, show=lambda console: console.print(text, markup=False))


@limits_app.command("sign")
def sign(
    file: LimitsPath,
    key: Annotated[Path, typer.Option("--key", help="The signer's private key file.")],
    as_json: JsonFlag = False,
) -> None:
    """Sign a limits file, if it does not contradict itself: writes FILE.sig beside it."""
    from tradewind.core.errors import ConfigError
    from tradewind.risk.limits.contradictions import contradictions
    from tradewind.risk.limits.limits_file import parse_limits
    from tradewind.risk.limits.signing import read_signature, sign_file

    limits = parse_limits(_content(file), str(file))
    if problems := contradictions(limits):
        raise ConfigError(str(file), problems)
    target = sign_file(file, key)
    found = {"file": str(file), "signature": str(target), "signer": read_signature(target).signer}
    found |= {"gate": limits.gate, "version": str(limits.version)}
    text = f"{target}: version {limits.version} of gate {limits.gate!r}, signed by {found['signer']}"
    emit(found, as_json=as_json, show=lambda console: console.print(text, markup=False))


@limits_app.command("statement")
def statement(
    text: Annotated[str, typer.Argument(help="What is ordered: 'GATE rearm latch N', or an adjust.")],
    key: Annotated[Path, typer.Option("--key", help="The signer's private key file.")],
    as_json: JsonFlag = False,
) -> None:
    """Sign a statement that re-arms a latch or sets a position; the gate checks who may."""
    from tradewind.risk.limits.signing import sign_bytes

    signed = sign_bytes(text.encode(), key, "statement")
    found = {"statement": text, "signer": signed.signer, "signature": signed.signature}
    lines = "\n".join(f"{name}: {value}" for name, value in found.items())
    emit(found, as_json=as_json, show=lambda console: console.print(lines, markup=False))


@limits_app.command("check")
def check(file: LimitsPath, trust: Trust = None, as_json: JsonFlag = False) -> None:
    """Explain a limits file in words, find what contradicts itself and what never binds, check its signature."""
    from tradewind.core.errors import ConfigError
    from tradewind.risk.limits.contradictions import contradictions, remarks
    from tradewind.risk.limits.explain import explained
    from tradewind.risk.limits.limits_file import load_signed, parse_limits

    limits, trusted = parse_limits(_content(file), str(file)), _trusted(trust)
    problems = contradictions(limits)
    if problems:
        raise ConfigError(str(file), problems)
    signer = load_signed(file, trusted).signer if trusted else None
    said = f"signed by {signer}" if signer else "signature not checked: name a public key with --trust"
    words, notes = explained(limits), remarks(limits)
    found = {"file": str(file), "gate": limits.gate, "version": limits.version, "signer": signer}
    found |= {"contradictions": problems, "remarks": notes, "words": words}
    emit(found, as_json=as_json, show=lambda console: _show_words(console, said, words, notes))


@limits_app.command("simulate")
def simulate(  # noqa: PLR0917
    file: LimitsPath,
    orders: Annotated[Path, typer.Option("--orders", help="CSV or Parquet of orders (columns: see the guide).")],
    trust: Trust = None,
    unsigned: Unsigned = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report with the room left over time.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Refusals to print; the JSON document holds all.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Show what a limits file would have blocked in an orders file, and why."""
    from tradewind.risk.limits.simulate import read_orders
    from tradewind.risk.limits.simulate import simulate as run

    signed = _read(file, trust, unsigned)
    result = run(read_orders(orders), signed, orders)
    if html is not None:
        from tradewind.cli.risk_limits_page import simulation_page
        from tradewind.report.page import write_page

        write_page(simulation_page(result, signed, orders), html)
    from tradewind.cli.risk_limits_page import show_simulation

    emit(result, as_json=as_json, show=lambda console: show_simulation(console, result, limit))


@limits_app.command("reasons")
def reasons(as_json: JsonFlag = False) -> None:
    """Print every reason to refuse, in the order of the checks, and what halts a scope."""
    from tradewind.risk.limits.reasons import Cause, Reason, reason_rows

    keys = ("number", "name", "meaning", "waivable")
    found = {
        "reasons": [dict(zip(keys, row, strict=True)) for row in reason_rows(Reason)],
        "causes": [dict(zip(keys, row, strict=True)) for row in reason_rows(Cause)],
    }
    emit(found, as_json=as_json, show=lambda console: _show_reasons(console, found))


def _content(file: Path) -> bytes:
    from tradewind.core.errors import NotFoundError

    if not file.is_file():
        raise NotFoundError(f"{file}: no such limits file")
    return file.read_bytes()


def _trusted(trust: list[Path] | None) -> list[PublicKey]:
    from tradewind.risk.limits.signing import read_public

    return [read_public(path) for path in trust or ()]


def _read(file: Path, trust: list[Path] | None, unsigned: bool) -> SignedLimits:
    """A limits file with its signature checked, or a draft."""
    from tradewind.core.errors import UsageError
    from tradewind.risk.limits.limits_file import draft, load_signed

    if unsigned == bool(trust):
        raise UsageError("say --trust PUBLIC_KEY_FILE for a signed limits file, or --unsigned for a draft")
    return draft(_content(file), str(file)) if unsigned else load_signed(file, _trusted(trust))


def _show_words(console: Console, said: str, words: dict[str, list[str]], notes: list[str]) -> None:
    console.print(f"[bold]No contradictions[/]; {said}.")
    for part, sentences in words.items():
        console.print(f"\n[bold]{part}[/]")
        for sentence in sentences:
            console.print(f"  {sentence}", markup=False)
    if notes:
        console.print("\n[bold yellow]Worth a second look[/]")
        for note in notes:
            console.print(f"  {note}", markup=False)


def _show_reasons(console: Console, found: dict[str, list[dict[str, Any]]]) -> None:
    from tradewind.report.console import rich_table
    from tradewind.report.parts import Column, Table

    for word, rows in found.items():
        columns = (Column("", number=True), Column(word.capitalize()), Column("Meaning", wide=True), Column("Waivable"))
        cells = tuple((str(r["number"]), r["name"], r["meaning"], "yes" if r["waivable"] else "") for r in rows)
        console.print(rich_table(Table(columns, cells)))
