"""The observation and its memory, written plainly: lists and floats, one line a feature."""

import math
from typing import Any

from tradewind.execution.features import FEATURES

TAUS = (2.0, 15.0, 120.0)
Levels = list[tuple[int, int]]


class SlowMemory:
    """Sums that decay, from looks at (time, best bid + best ask, volume, signed volume)."""

    def __init__(self, seen: Any) -> None:
        self.at_s, self.half = float(seen["at_s"]), int(seen["half"])
        self.volume_lots, self.signed_lots = int(seen["volume_lots"]), int(seen["signed_lots"])
        self.sums = {name: [float(x) for x in seen[name]] for name in ("flow", "volume", "square", "mean")}

    def look(self, now_s: float, half: int, volume_lots: int, signed_lots: int) -> None:
        for k, tau in enumerate(TAUS):
            keep = math.exp(-(now_s - self.at_s) / tau)
            gain = {
                "flow": signed_lots - self.signed_lots,
                "volume": volume_lots - self.volume_lots,
                "square": ((half - self.half) / 2) ** 2,
                "mean": half / 2 * (1 - keep),
            }
            for name, values in self.sums.items():
                values[k] = values[k] * keep + gain[name]
        self.at_s, self.half, self.volume_lots, self.signed_lots = now_s, half, volume_lots, signed_lots


def slow_observation(episode: Any, scale: Any, bids: Levels, asks: Levels, memory: SlowMemory) -> list[float]:
    """All features of an episode in a market without a profile; ``bids`` and ``asks`` are (price, size), best first."""
    side = int(episode["side"])
    own, far = (bids, asks) if side > 0 else (asks, bids)
    unit, touch = float(scale["unit_ticks"]), float(scale["touch_lots"])
    rate, sigma = float(scale["volume_per_s"]), float(scale["sigma_ticks"])
    quantity, left = int(episode["quantity_lots"]), int(episode["left_lots"])
    horizon = float(episode["horizon_s"])
    gone = float(episode["now_s"] - episode["start_s"])
    left_s = max(horizon - gone, 0.0)
    mid, spread = (bids[0][0] + asks[0][0]) / 2, asks[0][0] - bids[0][0]
    works = int(episode["work_id"]) != 0
    rests = int(episode["work_slot"]) != 0
    level = dict(own).get(int(episode["work_ticks"]), 0)
    ahead = int(episode["work_ahead_lots"])
    some_left = max(left, 1)

    def lean(levels: int) -> float:
        a, b = sum(size for _, size in own[:levels]), sum(size for _, size in far[:levels])
        return (a - b) / (a + b)

    seen = memory.volume_lots - int(episode["volume_before"])
    moved = side * (mid - int(episode["decision_half"]) / 2)
    done = quantity - left
    notional_gap = mid * int(episode["taker_rate"] - episode["maker_rate"])
    each_gap = int(episode["taker_per_lot"] - episode["maker_per_lot"])
    values = {
        "time_left": left_s / horizon,
        "inventory_left": left / quantity,
        "behind_schedule": left / quantity - left_s / horizon,
        "horizon": math.log10(horizon / 60) / 2,
        "order_size": 5 * quantity / (rate * horizon),
        "rate_needed": 5 * left / max(rate * left_s, 1e-9),
        "slice_size": math.log2(max(int(episode["slice_lots"]), 1) / touch),
        "working": float(works),
        "working_share": int(episode["work_lots"]) / some_left if works else 0.0,
        "working_distance": side * (own[0][0] - int(episode["work_ticks"])) / unit if works else 0.0,
        "queue_ahead": math.log2(1 + ahead / touch) if rests else 0.0,
        "queue_place": (ahead / max(level, 1) if rests else 1.0) if works else 0.0,
        "in_flight": int(episode["flight_lots"]) / some_left,
        "spread": spread / unit,
        "microprice": spread / 2 * (own[0][1] - far[0][1]) / (own[0][1] + far[0][1]) / unit,
        "own_touch": math.log2(own[0][1] / touch),
        "opposite_touch": math.log2(far[0][1] / touch),
        "moved": moved / (sigma * math.sqrt(horizon)),
        "moved_spreads": moved / unit,
        "volume_so_far": (seen + 10 * rate) / (gone * rate + 10 * rate),
        "volume_ahead": left_s / horizon,
        "participation": done / max(seen, done, 1),
        "latency": math.log10(1 + 1e-6 * int(episode["entry_ns"] + episode["data_ns"] + episode["jitter_ns"])) / 2,
        "fee_gap": (notional_gap + each_gap) / 1e7 / unit,
        "alpha": side * float(episode["alpha"]),
        "posture": float(episode["posture"]),
    }
    values |= {f"imbalance_{k}": lean(k) for k in range(1, 6)}
    for k, tau in enumerate(TAUS):
        values[f"flow_{tau:g}s"] = side * memory.sums["flow"][k] / (rate * tau)
        values[f"volume_{tau:g}s"] = memory.sums["volume"][k] / (rate * tau)
        values[f"volatility_{tau:g}s"] = math.sqrt(memory.sums["square"][k]) / (sigma * math.sqrt(tau))
        values[f"trend_{tau:g}s"] = side * (mid - memory.sums["mean"][k]) / (sigma * math.sqrt(tau))
    assert set(values) == {f.name for f in FEATURES}
    return [min(max(values[f.name], f.low), f.high) for f in FEATURES]
