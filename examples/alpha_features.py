"""Ticks to features and labels, ready for any model: python examples/alpha_features.py FOLDER."""

import sys

from tradewind.alpha.datasets import book_ticks

panel = book_ticks(sys.argv[1], ["IBM"], horizon=100)
print(f"{len(panel.y):,} rows of {len(panel.features)} features, {panel.symbols}")
for name in ("imbalance", "ofi_100", "flow_share_10s"):
    column = panel.X[:, panel.features.index(name)]
    print(f"{name:15} {float(((column - column.mean()) * panel.value).mean() / column.std() / panel.value.std()):+.3f}")
