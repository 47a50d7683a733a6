"""Limits files, signatures, statements, journal and restart: what is refused, and what comes back to the bit."""

from pathlib import Path
from typing import Any

import pytest

from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import ConfigError, DataError, IntegrityError, InvalidValueError, NotFoundError, StorageError
from tradewind.risk.limits.contradictions import contradictions, remarks
from tradewind.risk.limits.explain import explained
from tradewind.risk.limits.gate import Gate
from tradewind.risk.limits.journal import Journal, read_frames, recover, write_snapshot
from tradewind.risk.limits.layout import InputKind, Scope
from tradewind.risk.limits.limits_file import SignedLimits, load_signed, parse_limits
from tradewind.risk.limits.reasons import Reason
from tradewind.risk.limits.signing import PublicKey, make_keys, read_public, sign_bytes, sign_file

START = 1_700_000_000_000_000_000
LEVEL = """
cumulative_lots = 10000
cumulative_notional = 100000
gross = 50000
net = 40000
daily_loss = 500
drawdown = 400
open_orders = 50
messages_per_s = 100
burst = 50
window_ms = 1000
window_messages = 80
"""
TEXT = f"""
gate = "desk-1"
version = 1
currency = "USD"
clock_tolerance_ms = 5
day_starts_utc = "13:30"
reducing_passes = ["HALTED_STRATEGY"]
[[people]]
name = "Ada Lovelace"
public_key = "KEY"
may = ["rearm", "adjust"]
[firm]{LEVEL}
[[desks]]
name = "equities"{LEVEL}
[[strategies]]
name = "maker"
desk = "equities"
instruments = ["AIG"]
directions = ["buy", "sell"]
order_types = ["limit", "ioc"]
position_lots = 1000
repeats = 100
repeat_period_s = 60
identical_orders = 2
identical_window_ms = 1000
rejects = 5
reject_window_s = 10{LEVEL}
[[venues]]
name = "XNYS"
report_window = 64
[[instruments]]
symbol = "AIG"
venue = "XNYS"
restricted = false
tick_size = "0.01"
lot_size = "1"
multiplier = "1"
tick_step = 1
lot_step = 1
min_price_ticks = 100
max_price_ticks = 100000
collar_bps = 100
period_collar_bps = 300
collar_period_s = 300
stale_after_ms = 60000
order_lots = 500
order_notional = 30000
long_lots = 800
short_lots = 400
cumulative_lots = 10000
cumulative_notional = 100000
open_orders = 20
"""


class Firm:
    """A folder with Ada's and Eve's keys, and a limits file that Ada signed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "limits.toml"
        self.ada, public = make_keys("Ada Lovelace", folder)
        self.eve, self.eve_public = make_keys("Eve", folder)
        self.trusted = [read_public(public)]
        self.write(TEXT)

    def write(self, text: str) -> None:
        self.file.write_text(text.replace("KEY", self.trusted[0].public_key), encoding="utf-8")
        sign_file(self.file, self.ada)

    def signed(self, **changes: Any) -> SignedLimits:
        text = TEXT
        for old, new in changes.items():
            text = text.replace(f"{old} = ", f"{old} = {new} # ", 1)
        self.write(text)
        return load_signed(self.file, self.trusted)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def play(gate: Gate, clock: SimulatedClock, first: int = 1) -> None:
    gate.quote("AIG", 4999, 5001)
    for k in range(first, first + 20):
        clock.advance(50_000_000)
        gate.order(k, "maker", "AIG", 1 - 2 * (k % 2), 10 + k, 4990 + 20 * (k % 2))
        if k % 3:
            gate.report(InputKind.FILL, k, k, 10, 5000, strategy="maker", symbol="AIG", side=1)
    gate.kill(Scope.INSTRUMENT, "AIG", "Ada Lovelace")


def test_a_signed_file_loads_and_is_put_in_words(firm: Firm) -> None:
    signed = load_signed(firm.file, firm.trusted)
    assert signed.signer == "Ada Lovelace"
    words = explained(signed.limits)
    assert list(words) == ["gate", "firm", "desk equities", "strategy maker", "instrument AIG"]
    assert "Ada Lovelace and nobody else" in words["gate"][2]
    assert any("500 lots and 30,000 USD" in sentence for sentence in words["instrument AIG"])


def test_wrong_signatures_are_refused(firm: Firm) -> None:
    changed = firm.file.read_bytes().replace(b"order_lots = 500", b"order_lots = 900")
    firm.file.write_bytes(changed)
    with pytest.raises(IntegrityError, match="wrong signature"):
        load_signed(firm.file, firm.trusted)
    sign_file(firm.file, firm.eve)
    with pytest.raises(IntegrityError, match="'Eve'"):
        load_signed(firm.file, firm.trusted)
    forged = PublicKey(name="Ada Lovelace", public_key=read_public(firm.eve_public).public_key)
    firm.file.with_name("limits.toml.sig").write_text(
        '{"signer":"Ada Lovelace","signature":"AAAA","algorithm":"ed25519"}'
    )
    with pytest.raises(IntegrityError, match="wrong signature"):
        load_signed(firm.file, [forged])
    firm.file.with_name("limits.toml.sig").write_text("{}")
    with pytest.raises(DataError, match="a signature"):
        load_signed(firm.file, firm.trusted)
    firm.file.with_name("limits.toml.sig").unlink()
    with pytest.raises(IntegrityError, match="not signed"):
        load_signed(firm.file, firm.trusted)


def test_a_statement_signature_is_worth_nothing_on_a_file(firm: Firm) -> None:
    import msgspec

    signature = sign_bytes(firm.file.read_bytes(), firm.ada, "statement")
    firm.file.with_name("limits.toml.sig").write_bytes(msgspec.json.encode(signature))
    with pytest.raises(IntegrityError, match="wrong signature"):
        load_signed(firm.file, firm.trusted)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("collar_bps = 100\n", "collar_bps = 100\ncolar = 3\n", "colar"),
        ("order_lots = 500\n", "", "order_lots: missing"),
        ("order_lots = 500\n", "order_lots = 0\n", "order_lots"),
        ("order_lots = 500\n", "order_lots = 5.5\n", "order_lots"),
        ("order_notional = 30000", "order_notional = nan", "order_notional"),
        ("order_notional = 30000", "order_notional = -1", "order_notional"),
        ("version = 1\n", 'version = "one"\n', "version"),
        ("gate = ", "gate = = ", "not TOML"),
    ],
)
def test_what_does_not_fit_is_named(old: str, new: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_limits(TEXT.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('desk = "equities"', 'desk = "rates"', "no desk 'rates'"),
        ('instruments = ["AIG"]', 'instruments = ["IBM"]', "no instrument 'IBM'"),
        ('venue = "XNYS"', 'venue = "XNAS"', "no venue 'XNAS'"),
        ('may = ["rearm", "adjust"]', "may = []", "nobody may rearm"),
        ('"HALTED_STRATEGY"', '"KILLED_STRATEGY"', "cannot be waived"),
        ('tick_size = "0.01"', 'tick_size = "0.00000001"', "not a whole number"),
        ("min_price_ticks = 100", "min_price_ticks = 200000", "above max_price_ticks"),
        ("order_lots = 500", "order_lots = 20000", "above cumulative_lots"),
        ("order_notional = 30000", "order_notional = 300000", "above cumulative_notional"),
        ("order_notional = 30000", "order_notional = 0.5", "smallest order"),
        ("lot_step = 1", "lot_step = 600", "no order could pass"),
        ("net = 40000", "net = 60000", "never larger than gross"),
        ("burst = 50", "burst = 90", "could never be sent"),
        ('public_key = "KEY"', 'public_key = "short"', "32 bytes"),
        (
            '[[venues]]\nname = "XNYS"',
            '[[venues]]\nname = "XNYS"\nreport_window = 1\n[[venues]]\nname = "XNYS"',
            "twice",
        ),
    ],
)
def test_contradictions_are_found(old: str, new: str, problem: str) -> None:
    text = TEXT.replace(old, new, 1) if old in TEXT else TEXT
    if "KEY" not in old:
        text = text.replace("KEY", "A" * 43 + "=")
    found = contradictions(parse_limits(text.encode()))
    assert any(problem in line for line in found), found
    assert not contradictions(parse_limits(TEXT.replace("KEY", "A" * 43 + "=").encode()))


def test_what_never_binds_is_remarked() -> None:
    text = TEXT.replace("KEY", "A" * 43 + "=").replace("open_orders = 50", "open_orders = 40", 1)
    assert any("open_orders 50 never binds" in line for line in remarks(parse_limits(text.encode())))


def test_only_a_newer_version_of_the_same_gate_comes_into_force(firm: Firm) -> None:
    gate = Gate(firm.signed(), SimulatedClock(START))
    with pytest.raises(ConfigError, match="version: must be above 1"):
        gate.load(firm.signed(order_lots=400))
    with pytest.raises(ConfigError, match="gate: expected 'desk-1'"):
        gate.load(firm.signed(version=2, gate='"other"'))
    with pytest.raises(ConfigError, match="may not change in a session"):
        gate.load(firm.signed(version=2, multiplier='"2"'))
    gate.quote("AIG", 4999, 5001)
    gate.order(1, "maker", "AIG", 1, 300, 5000)
    gate.load(firm.signed(version=2, long_lots=200))
    assert gate.order(2, "maker", "AIG", 1, 1, 5000).reason is Reason.POSITION_LONG
    assert int(gate.state["instruments"]["open_buy"][0][0]) == 300


def test_only_a_named_person_opens_a_latch_and_only_once(firm: Firm) -> None:
    gate = Gate(firm.signed(), SimulatedClock(START))
    gate.quote("AIG", 4999, 5001)
    gate.kill(Scope.STRATEGY, "maker", "Ada Lovelace")
    word = "desk-1 rearm latch 1"
    by_eve, by_ada = (sign_bytes(word.encode(), key, "statement") for key in (firm.eve, firm.ada))
    as_file = sign_bytes(word.encode(), firm.ada, "limits")
    for signature in (by_eve, as_file):
        with pytest.raises(IntegrityError):
            gate.statement(word, signature)
    with pytest.raises(IntegrityError):
        gate.statement("desk-1 rearm latch 2", by_ada)
    assert gate.order(1, "maker", "AIG", 1, 1, 5000).reason is Reason.KILLED_STRATEGY
    gate.statement(word, by_ada)
    assert gate.order(1, "maker", "AIG", 1, 1, 5000).accepted
    gate.kill(Scope.STRATEGY, "maker")
    with pytest.raises(InvalidValueError, match="closed latch"):
        gate.statement(word, by_ada)
    assert gate.latches()[0]["number"] == 2


def test_positions_are_set_by_a_signed_word_that_holds_once(firm: Firm) -> None:
    gate = Gate(firm.signed(), SimulatedClock(START))
    gate.quote("AIG", 4999, 5001)
    word = "desk-1 adjust maker | AIG | -250 | 5000 at 1"
    signature = sign_bytes(word.encode(), firm.ada, "statement")
    gate.statement(word, signature)
    assert int(gate.state["cells"]["position"][0][0]) == -250
    with pytest.raises(InvalidValueError, match="adjust at 2"):
        gate.statement(word, signature)


def test_a_restart_gives_the_same_state_to_the_bit(firm: Firm, tmp_path: Path) -> None:
    clock, journal = SimulatedClock(START), Journal(tmp_path / "gate.journal")
    gate = Gate(firm.signed(), clock, journal)
    play(gate, clock)
    write_snapshot(gate, tmp_path / "gate.snapshot")
    word = f"desk-1 rearm latch {gate.latches()[-1]['number']}"
    gate.statement(word, sign_bytes(word.encode(), firm.ada, "statement"))
    gate.load(firm.signed(version=2, order_lots=300))
    play(gate, clock, 30)
    journal.close()
    trusted = firm.trusted
    for start in (None, tmp_path / "gate.snapshot"):
        again = recover(journal.path, trusted, clock, start)
        assert again.state.tobytes() == gate.state.tobytes()
        assert again.signed.limits.version == 2
    assert sum(1 for _ in read_frames(journal.path)) > 40


def test_a_torn_end_is_cut_and_damage_before_it_is_an_error(firm: Firm, tmp_path: Path) -> None:
    clock, path = SimulatedClock(START), tmp_path / "gate.journal"
    with Journal(path) as journal:
        gate = Gate(firm.signed(), clock, journal)
        play(gate, clock)
    whole, frames = path.read_bytes(), sum(1 for _ in read_frames(path))
    for cut in (1, 30, 100):
        path.write_bytes(whole[:-cut])
        assert sum(1 for _ in read_frames(path)) == frames - 1
    Journal(path).close()
    assert path.stat().st_size < len(whole) - 100
    assert recover(path, firm.trusted, clock).sequence == gate.sequence - 1
    path.write_bytes(whole[: len(whole) // 2] + b"\x00\xff" + whole[len(whole) // 2 + 2 :])
    with pytest.raises(IntegrityError, match="damaged"):
        list(read_frames(path))
    with pytest.raises(NotFoundError):
        recover(tmp_path / "none", firm.trusted, clock)


def test_a_damaged_snapshot_is_refused(firm: Firm, tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    with Journal(tmp_path / "j") as journal:
        write_snapshot(Gate(firm.signed(), clock, journal), tmp_path / "s")
    raw = bytearray((tmp_path / "s").read_bytes())
    raw[-1] ^= 1
    (tmp_path / "s").write_bytes(raw)
    with pytest.raises(IntegrityError, match="damaged"):
        recover(tmp_path / "j", firm.trusted, clock, tmp_path / "s")


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    key, _ = make_keys("Ada Lovelace", tmp_path)
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(StorageError, match="exists"):
        make_keys("Ada Lovelace", tmp_path)
    with pytest.raises(InvalidValueError):
        make_keys('a"b', tmp_path)
