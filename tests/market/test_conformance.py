"""Books rebuilt from files equal what the exchange published; a published value that is changed is found."""

import pytest
from tests.market.small_files import binance_capture, coinbase_pair, databento_pair, lobster_pair

from tradewind.core.errors import NotFoundError
from tradewind.market.conformance import check_all, check_bitstamp, check_coinbase, check_databento, check_lobster
from tradewind.market.conformance.binance import check_binance

CHECKS = {
    "lobster": (lambda paths: check_lobster(*paths), lobster_pair, {"last_ask_lots": 41}, 6),
    "coinbase": (lambda paths: check_coinbase(*paths), coinbase_pair, {"last_size": "2.5"}, 2),
    "databento": (lambda paths: check_databento(*paths), databento_pair, {"last_count": 3}, 5),
    "binance": (lambda path: check_binance([path])[0], binance_capture, {"last_bid_size": "2.001"}, 4),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_faithful_file_conforms(name, tmp_path):
    check, write, _, compared = CHECKS[name]
    outcome = check(write(tmp_path))
    assert (outcome.compared, outcome.equal, outcome.misses) == (compared, compared, ())


@pytest.mark.parametrize("name", CHECKS)
def test_a_changed_value_is_a_miss_with_a_reason(name, tmp_path):
    check, write, change, compared = CHECKS[name]
    outcome = check(write(tmp_path, **change))
    assert outcome.equal == compared - 1
    assert len(outcome.misses) == 1
    assert "differ" in outcome.misses[0].reason


def test_check_all_finds_what_can_be_compared(tmp_path):
    for name, (_, write, _, _) in CHECKS.items():
        folder = tmp_path / name
        folder.mkdir()
        write(folder)
    assert [outcome.name for outcome in check_all(tmp_path)] == sorted(CHECKS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="no files that a rebuilt book"):
        list(check_all(tmp_path / "empty"))


def test_an_order_that_left_the_files_sight_is_named(tmp_path):
    messages, quotes = lobster_pair(tmp_path)
    kept = messages.read_text().splitlines()
    quotes_kept = quotes.read_text().splitlines()
    kept[3:5] = ["34200.4,1,13,10,1000100,-1", "34200.45,3,13,10,1000100,-1"]
    quotes_kept[3:5] = ["1000100,10,1000000,50", "9999999999,0,1000000,50"]
    messages.write_text("\n".join(kept) + "\n")
    quotes.write_text("\n".join(quotes_kept) + "\n")
    outcome = check_lobster(messages, quotes, levels=1)
    assert [(miss.first, miss.last) for miss in outcome.misses] == [(4, 5)]
    assert "order 11 at 10002 ticks left the 1 levels of the file at message 3" in outcome.misses[0].reason


@pytest.mark.real_data
def test_lobster(real_data):
    folder = real_data / "lobster_l3"
    outcome = check_lobster(
        folder / "AAPL_2012-06-21_message_50.csv.gz", folder / "AAPL_2012-06-21_orderbook_50_first_rows.csv.gz"
    )
    assert outcome.compared >= 91_996
    assert outcome.equal >= 91_906
    assert {miss.reason.partition(" at ")[0] for miss in outcome.misses} == {"order 45367855"}
    assert all("left the 50 levels of the file" in miss.reason for miss in outcome.misses)


@pytest.mark.real_data
def test_coinbase(real_data):
    folder = real_data / "coinbase_l3"
    outcome = check_coinbase(folder / "messages.json.gz", folder / "ending_level_3.json.gz")
    assert (outcome.compared, outcome.equal, outcome.issues) == (66_833, 66_833, {})


@pytest.mark.real_data
def test_databento(real_data):
    folder = real_data / "databento_csv"
    outcome = check_databento(folder / "ARL_2025-07-17_mbo.csv.gz", folder / "ARL_2025-07-17_mbp10.csv.gz")
    assert (outcome.compared, outcome.equal, outcome.issues) == (3_928, 3_928, {})


@pytest.mark.real_data
def test_binance(real_data):
    compared = equal = 0
    for outcome in check_all(real_data / "binance_l2"):
        print(outcome.files, outcome.compared, outcome.equal, outcome.notes)
        compared, equal = compared + outcome.compared, equal + outcome.equal
        assert "0 sequence gaps" in outcome.notes
        assert set(outcome.issues) <= {"absent_level"}
    assert compared > 44_000
    assert equal == compared


@pytest.mark.real_data
def test_bitstamp(real_data):
    outcome = check_bitstamp(real_data / "bitstamp_l3" / "2015-05-01_orders.csv.gz")
    print(outcome.issues)
    assert outcome.equal == outcome.compared > 50_000
    assert outcome.issues["crossed"] + outcome.issues["locked"] > outcome.issues["released"] > 0
    assert outcome.issues["revived_order"] == 6
    assert "stale_removed" not in outcome.issues
