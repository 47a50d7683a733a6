"""Statistics that more than one pillar stands on: distributions, filters, losses, intervals, splits."""

from tradewind.stats.comparison import (
    ConfidenceSet,
    DieboldMariano,
    SuperiorAbility,
    diebold_mariano,
    model_confidence_set,
    superior_predictive_ability,
)
from tradewind.stats.intervals import (
    Interval,
    clustered_interval,
    correlation_interval,
    mean_interval,
    ratio_interval,
    stationary_indices,
    stationary_interval,
    wilson,
)
from tradewind.stats.losses import qlike
from tradewind.stats.newey_west import LongRun, long_run_variance, newey_west

__all__ = [
    "ConfidenceSet",
    "DieboldMariano",
    "Interval",
    "LongRun",
    "SuperiorAbility",
    "clustered_interval",
    "correlation_interval",
    "diebold_mariano",
    "long_run_variance",
    "mean_interval",
    "model_confidence_set",
    "newey_west",
    "qlike",
    "ratio_interval",
    "stationary_indices",
    "stationary_interval",
    "superior_predictive_ability",
    "wilson",
]
