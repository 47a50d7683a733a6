"""A learned no-trade band beside delta at 10 basis points a trade (a short run)."""

from tradewind.risk.hedging.learn import LearnRules
from tradewind.risk.hedging.option import OptionPosition, gbm_paths
from tradewind.risk.hedging.study import hedging_study

call = OptionPosition(days=10)
rows, _ = hedging_study(
    call,
    lambda n, seed: gbm_paths(n, 10, 0.2, seed),
    gbm_paths(20_000, 10, 0.2, 99),
    1e-3,
    LearnRules(steps=40, batch=1024),
)
for row in rows:
    print(f"{row.hedger:16} ES {row.shortfall:.3f} %, {row.ratio:.3f} of delta's")
