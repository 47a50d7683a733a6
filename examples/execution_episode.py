"""Work one order by a plain rule (rest at the best price, cross what is late) and draw what happened.

Usage: python examples/execution_episode.py environment.png   (drawing needs matplotlib)
"""

import sys

import numpy as np

from tradewind.execution.actions import ACTIONS
from tradewind.execution.features import FEATURES
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.paths import PathRecorder
from tradewind.rl.env.task import parse_task

LATE = [f.name for f in FEATURES].index("behind_schedule")


def main() -> None:
    order = {"side": "buy", "horizon_s": [300, 300], "share": [0.05, 0.05]}
    batch = ExecutionBatch(parse_task({"order": order, "decisions": {"every_s": 2.0}}), 1, seed=11, fill_rows=4096)
    recorder = PathRecorder(batch, 1)
    while not len(batch.ended[batch.ended["fills"] > 0]):
        late = batch.observations[:, LATE] > 0.08
        batch.step(np.where(late, ACTIONS.index("cross_1"), ACTIONS.index("join")).astype(np.int32))
        recorder.note()
    episodes, fills, _ = batch.finished_fills()
    row, path = episodes[0], recorder.path(0)
    print(f"{row['quantity_lots']} lots, {row['maker_lots']} of them resting; cost {-row['reward']:.2f} spreads a lot")
    if len(sys.argv) > 1:
        draw(sys.argv[1], row, path, fills)


def draw(target: str, row: np.void, path: np.ndarray, fills: np.ndarray) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (price, left) = pyplot.subplots(2, 1, sharex=True, figsize=(9, 5.4), height_ratios=[2, 1])
    price.step(path["at_s"], path["mid_half_ticks"] / 2, where="post", color="0.4", lw=1, label="mid")
    works = path["work_ticks"] > 0
    price.plot(path["at_s"][works], path["work_ticks"][works], "_", color="tab:blue", ms=4, label="own resting order")
    at = fills["ts_ns"] / 1e9 - row["base_ns"] / 1e9 - row["start_s"]
    for passive, colour, label in ((1, "tab:green", "filled resting"), (0, "tab:red", "crossed")):
        chosen = fills["passive"] == passive
        price.scatter(at[chosen], fills["price_ticks"][chosen], s=14, color=colour, label=label, zorder=3)
    price.axhline(row["decision_half"] / 2, color="0.7", lw=0.8, ls=":", label="mid at the decision")
    price.set_ylabel("price [ticks]")
    price.legend(fontsize=8, ncols=3)
    left.step(path["at_s"], path["left_lots"], where="post", color="tab:blue", label="left")
    left.plot([0, row["horizon_s"]], [row["quantity_lots"], 0], color="0.7", ls=":", label="even schedule")
    left.set_ylabel("lots left")
    left.set_xlabel("seconds since the order")
    left.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(target, dpi=100)


if __name__ == "__main__":
    main()
