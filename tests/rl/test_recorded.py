"""Recorded days: which are trained on, selected on and tested on."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.data.store.importer import import_paths
from tradewind.execution.policies.policy import read_policy
from tradewind.rl.env.recorded import Recorded, pick_days, training_grounds
from tradewind.rl.env.task import Task
from tradewind.rl.train.campaign import load_training, train_seeds

DAYS = [date(2013, 10, 7) + timedelta(days=k) for k in range(12)]


def test_the_last_day_is_tested_on_what_came_before() -> None:
    assert pick_days(DAYS[:3], [], []) == ([DAYS[2]], DAYS[:2])
    assert pick_days(DAYS, [DAYS[3], DAYS[2]], []) == ([DAYS[2], DAYS[3]], DAYS[:2])
    assert pick_days(DAYS, [DAYS[2]], [DAYS[5]]) == ([DAYS[2]], [DAYS[5]])
    assert pick_days(DAYS[:1], [], []) == (DAYS[:1], [])


def test_no_day_is_fitted_and_tested_on() -> None:
    with pytest.raises(InvalidValueError, match="other days than those tested on"):
        pick_days(DAYS, [DAYS[2]], [DAYS[2], DAYS[1]])
    with pytest.raises(InvalidValueError, match="at most 8"):
        pick_days(DAYS, [DAYS[11]], [])


SECONDS = 1800
FILE = """
name = "recorded"
steps = 1024
environments = 16
[recorded]
catalog = "{catalog}"
symbols = ["XYZ"]
impact = {impact}
[ppo]
hidden = [16]
rollout_steps = 16
minibatch = 256
[validation]
every = 2
episodes = 8
[task.order]
horizon_s = [10.0, 10.0]
[task.market]
snapshots = 8
lead_s = 1.0
"""


def catalog_of(folder: Path) -> Path:
    """Half an hour of best quotes that move every second, with trades between them."""
    chance = stream(3, "test/recorded")
    bids = np.round(20 + 0.01 * np.cumsum(chance.integers(-1, 2, SECONDS)), 2)
    begin = datetime(2013, 10, 7, 14, tzinfo=UTC)
    at = [begin + timedelta(seconds=k) for k in range(SECONDS)]
    clock = pl.Series(at).cast(pl.Datetime("ns", "UTC"))
    sizes = pl.Series([5] * SECONDS, dtype=pl.Int64)
    quotes = {"ts_event": clock, "bid_price": bids, "bid_size": sizes, "ask_price": bids + 0.01, "ask_size": sizes}
    trades = {"ts_event": clock.dt.offset_by("500ms"), "price": bids + 0.01, "size": pl.Series([20] * SECONDS)}
    trades |= {"venue": ["N"] * SECONDS, "condition": ["@"] * SECONDS}
    pl.DataFrame(quotes).write_parquet(folder / "XYZ_20131007_quotes.parquet")
    pl.DataFrame(trades).write_parquet(folder / "XYZ_20131007_trades.parquet")
    import_paths(folder / "catalog", sorted(folder.glob("*.parquet")))
    return folder / "catalog"


@pytest.mark.parametrize("impact", ["false", "true"])
def test_a_policy_trains_on_the_first_part_of_a_day_and_is_selected_on_the_rest(tmp_path: Path, impact: str) -> None:
    path = tmp_path / "recorded.toml"
    path.write_text(FILE.format(catalog=catalog_of(tmp_path), impact=impact))
    config = load_training(path)
    assert config.recorded is not None
    training, validation = training_grounds(config.task, config.recorded)
    (first,), (rest,) = training.recordings, validation.recordings
    assert first.end_ns == rest.start_ns
    assert first.end_ns - first.start_ns == pytest.approx(3 * (rest.end_ns - rest.start_ns), rel=1e-6)
    assert (first.impact is not None) == (impact == "true")
    done = train_seeds(config, tmp_path / "out", seeds=[1])
    policy = read_policy(Path(done.policy))
    assert policy.header.provenance.markets == ("XYZ 2013-10-07, first part",)
    assert '"recorded"' in policy.header.provenance.configuration


def test_too_many_days_are_refused(tmp_path: Path) -> None:
    recorded = Recorded(catalog=catalog_of(tmp_path), symbols=["XYZ"] * 9)
    with pytest.raises(InvalidValueError, match="at most 8 pairs of symbol and day"):
        training_grounds(Task(), recorded)
