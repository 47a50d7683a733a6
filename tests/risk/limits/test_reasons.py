"""The guide's tables are printed from the code, and the order of the checks is pinned."""

from pathlib import Path

from tradewind.risk.limits.reasons import REDUCIBLE, Cause, Reason, reason_rows, reason_table


def test_the_guide_holds_the_tables_of_the_code(repository: Path) -> None:
    guide = (repository / "docs" / "guide" / "risk-limits.md").read_text(encoding="utf-8")
    for kind in (Reason, Cause):
        assert reason_table(kind) in guide, "paste the output of reason_table() into docs/guide/risk-limits.md"


def test_every_reason_says_what_it_means() -> None:
    for kind in (Reason, Cause):
        rows = reason_rows(kind)
        assert [number for number, *_ in rows] == list(range(len(kind)))
        assert all(meaning.endswith(".") for _, _, meaning, _ in rows)


def test_the_order_of_the_checks_is_pinned() -> None:
    order = [r.name for r in (Reason.MALFORMED, Reason.KILLED_STRATEGY, Reason.HALTED_STRATEGY, Reason.RESTRICTED)]
    order += [r.name for r in (Reason.OFF_TICK, Reason.STALE_MARKET_DATA, Reason.PRICE_COLLAR, Reason.ORDER_LOTS)]
    order += [r.name for r in (Reason.SELF_MATCH, Reason.POSITION_LONG, Reason.GROSS_FIRM, Reason.RATE_BUCKET_FIRM)]
    assert order == sorted(order, key=lambda name: Reason[name])
    assert len(Reason) - 1 == 61


def test_no_kill_can_be_waived() -> None:
    assert not [reason for reason in REDUCIBLE if reason.name.startswith("KILLED")]
