"""The benchmark of features: both sides compute the same numbers."""

import numpy as np

from tradewind.alpha.features.catalogue import TOUCH
from tradewind.alpha.features.stream import touch_batch
from tradewind.bench.features import SHARED, bench_features, made_up_session, polars_features


def test_the_reference_computes_the_same_features() -> None:
    ticks = made_up_session(5000)
    ours, theirs = touch_batch(ticks, 0.01).values, polars_features(ticks, 0.01)
    names = [feature.name for feature in TOUCH]
    assert len(theirs) == len(ours) > 4000
    for name in SHARED:
        np.testing.assert_allclose(
            ours[:, names.index(name)], theirs[name].to_numpy(), rtol=1e-6, atol=1e-6, err_msg=name
        )


def test_every_row_has_a_figure_and_batches_a_reference() -> None:
    report = bench_features(0.01)
    assert [row.name for row in report.rows] == [
        "batch_every_change",
        "batch_every_tenth",
        "live_update",
        "live_values",
    ]
    assert all(row.value > 0 for row in report.rows)
    assert all(row.ratio for row in report.rows[:2])
