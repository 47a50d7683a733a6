import msgspec
import pytest

from tradewind.bench.result import Report, machine, row


def test_rates_are_better_when_larger_and_times_when_smaller() -> None:
    assert row("x", 30.0, "messages/s", ("twin", 3.0)).ratio == 10
    assert row("x", 30.0, "ns", ("twin", 3.0)).ratio == 0.1


@pytest.mark.parametrize(
    ("value", "reference", "aim", "met"),
    [
        (80.0, 10.0, "ratio >= 8", True),
        (79.0, 10.0, "ratio >= 8", False),
        (79.0, None, "ratio >= 8", None),
        (0.9, None, "value <= 1", True),
        (1.1, 2.0, "value <= 1", False),
        (5.0, 1.0, "", None),
    ],
)
def test_an_aim_is_met_missed_or_unknown(value: float, reference: float | None, aim: str, met: bool | None) -> None:
    assert row("x", value, "messages/s", ("twin", reference), aim).met is met


def test_a_report_says_what_a_machine_reads() -> None:
    report = Report("book", machine(), 1, [row("a", 1.0, "ns")])
    document = msgspec.json.decode(msgspec.json.encode(report))
    assert set(document) == {"benchmark", "machine", "threads", "rows"}
    assert set(document["rows"][0]) >= {"name", "value", "unit", "reference", "reference_value", "ratio", "aim", "met"}
