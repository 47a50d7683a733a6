"""Figures of a backtest's report, in the house style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.execution.tca import PARTS
from tradewind.report.parts import Figure
from tradewind.report.plots import SERIES, Panel, Plot, stack_panels
from tradewind.rl.evaluate.result import Backtest, StrategyResult
from tradewind.rl.evaluate.scenes import PolicyMap, Scenes, Trajectory

__all__ = ["attribution_figure", "gain_figure", "inventory_figure", "map_figure", "order_figure", "shortfall_figure"]

PART_COLORS = dict(
    zip(PARTS, ("#8490a0", "#4a86d8", "#9a7bd6", "#d6607c", "#b59a3b", "#e08a3c", "#3aa583"), strict=True)
)
HIGHLIGHT = "#d8483e"
QUIET = "#8490a0"


def _plain(values: Array) -> list[float | None]:
    return [None if not np.isfinite(v) else float(f"{v:.7g}") for v in np.asarray(values, np.float64).tolist()]


def _layout(height: int, left: int, x_axis: Plot, y_axis: Plot) -> Plot:
    """One plot with room for names on the left."""
    base: Plot = stack_panels([Panel(title="", traces=(), height=height)], x_axis, left=left)["layout"]
    base["yaxis"] |= y_axis
    base["hovermode"] = "closest"
    base["annotations"] = []
    return base


def _color(row: StrategyResult, number: int) -> str:
    return HIGHLIGHT if row.is_policy else SERIES[number % len(SERIES)]


def gain_figure(result: Backtest) -> Figure:
    """Where the cost comes from: parts of each strategy's shortfall as stacked bars, costs right, gains left."""
    rows = sorted(result.strategies, key=lambda row: -row.shortfall.mean)
    names = [row.title for row in rows]
    data: list[Plot] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "y": names,
            "x": _plain(np.array([row.parts[part] for row in rows])),
            "marker": {"color": PART_COLORS[part], "line": {"width": 0}},
            "hovertemplate": f"%{{y}}<br>{part} %{{x:.3f}} bps<extra></extra>",
        }
        for part in PARTS
        if any(abs(row.parts[part]) > 1e-9 for row in rows)
    ]
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "shortfall",
            "y": names,
            "x": _plain(np.array([row.shortfall.mean for row in rows])),
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": _plain(np.array([row.shortfall.high - row.shortfall.mean for row in rows])),
                "arrayminus": _plain(np.array([row.shortfall.mean - row.shortfall.low for row in rows])),
                "color": QUIET,
                "thickness": 1.2,
            },
            "marker": {"symbol": "diamond", "size": 9, "color": HIGHLIGHT, "line": {"width": 1, "color": "#ffffff"}},
            "hovertemplate": "%{y}<br>shortfall %{x:.3f} bps<extra></extra>",
        }
    )
    layout = _layout(30 * len(rows) + 20, 170, {"title": {"text": "bps of the order's value"}}, {"type": "category"})
    layout |= {"barmode": "relative", "bargap": 0.35, "height": 30 * len(rows) + 110}
    layout["margin"] |= {"t": 40, "b": 50}
    layout["xaxis"] |= {"zeroline": True, "zerolinewidth": 1, "showgrid": True}
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}}
    caption = (
        "Stacked parts sum to the diamond, the implementation shortfall with its 95 % interval. Left of 0 is earned."
    )
    return Figure("Where the cost comes from", {"data": data, "layout": layout}, caption)


def inventory_figure(result: Backtest, scenes: Scenes) -> Figure:
    """Mean share of the order left along its life, by strategy."""
    data: list[Plot] = []
    for number, row in enumerate(result.strategies):
        left = scenes.left[row.name]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": row.title,
                "x": _plain(np.linspace(0, 100, len(left))),
                "y": _plain(100 * left),
                "line": {"color": _color(row, number), "width": 3 if row.is_policy else 1.4},
                "hovertemplate": row.title + " %{y:.0f} %<extra></extra>",
            }
        )
    axis = {"title": {"text": "time, % of the horizon"}, "nticks": 6}
    layout = _layout(300, 44, axis, {"title": {"text": "left, %"}, "range": [-2, 102], "nticks": 6})
    layout |= {"height": 360, "hovermode": "x", "legend": {"font": {"size": 11}}}
    return Figure("Inventory", {"data": data, "layout": layout}, "Mean share of the order still to be done.")


def shortfall_figure(result: Backtest, scenes: Scenes) -> Figure:
    """Distribution of shortfalls: a box by strategy, whiskers from 5 to 95 %, the worst twentieth's mean marked."""
    data: list[Plot] = []
    for number, row in enumerate(reversed(result.strategies)):
        costs = scenes.shortfalls[row.name]
        low, first, middle, third, high = (float(q) for q in np.quantile(costs, [0.05, 0.25, 0.5, 0.75, 0.95]))
        color = HIGHLIGHT if row.is_policy else SERIES[(len(result.strategies) - 1 - number) % len(SERIES)]
        box = {"lowerfence": [low], "q1": [first], "median": [middle], "q3": [third], "upperfence": [high]}
        data.append(
            {
                "type": "box",
                "orientation": "h",
                "name": row.title,
                "y": [row.title],
                "mean": [row.shortfall.mean],
                "marker": {"color": color},
                "line": {"width": 1.4},
                "showlegend": False,
                **box,
            }
        )
    tails = result.strategies[::-1]
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "y": [row.title for row in tails],
            "x": _plain(np.array([row.cvar for row in tails])),
            "marker": {"symbol": "line-ns-open", "size": 13, "color": HIGHLIGHT, "line": {"width": 2}},
            "hovertemplate": "%{y}<br>worst twentieth %{x:.2f} bps<extra></extra>",
            "showlegend": False,
        }
    )
    height = 28 * len(result.strategies)
    layout = _layout(height, 170, {"title": {"text": "implementation shortfall, bps"}}, {"type": "category"})
    layout |= {"height": height + 60}
    layout["xaxis"] |= {"zeroline": True, "zerolinewidth": 1, "showgrid": True}
    caption = "Boxes hold half of the orders, whiskers nine in ten, dashes are means, red ticks the worst twentieth."
    return Figure("Timing risk", {"data": data, "layout": layout}, caption)


def order_figure(order: Sequence[Trajectory], number: int) -> Figure:
    """One order worked by a few strategies: price and own orders, one panel each, and what is left."""
    panels = []
    for k, path in enumerate(order):
        color = HIGHLIGHT if k == 0 else SERIES[k - 1]
        x = _plain(path.seconds)
        traces: list[Plot] = [_path(x, path.mid, "mid", QUIET, 1.0), _path(x, path.resting, "own order", color, 1.6)]
        traces += [_fills(path, color, passive=passive) for passive in (True, False)]
        panels.append(
            Panel(title=path.title, traces=tuple(traces), height=150, axis={"nticks": 4, "tickformat": ".4~f"})
        )
    lefts = tuple(
        _path(_plain(p.seconds), 100 * p.left, p.title, HIGHLIGHT if k == 0 else SERIES[k - 1], 2.0)
        for k, p in enumerate(order)
    )
    panels.append(Panel(title="Left", unit="% of the order", traces=lefts, height=110, axis={"nticks": 4}))
    caption = "Circles were filled resting, crosses crossing; a coloured line is the strategy's resting order."
    return Figure(f"Order {number}", stack_panels(panels, {"title": {"text": "seconds"}}), caption)


def _fills(path: Trajectory, color: str, *, passive: bool) -> Plot:
    mask = (path.fill_passive != 0) == passive
    size = 5 + 9 * np.sqrt(path.fill_lots[mask] / max(1, path.fill_lots.max(initial=1)))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "filled resting" if passive else "filled crossing",
        "x": _plain(path.fill_seconds[mask]),
        "y": _plain(path.fill_prices[mask]),
        "text": [f"{int(n):,} lots" for n in path.fill_lots[mask]],
        "hovertemplate": "%{text} at %{y}<extra></extra>",
        "marker": {"symbol": "circle" if passive else "x", "color": color, "size": _plain(size), "opacity": 0.85},
    }


def _path(x: list[float | None], y: Array, name: str, color: str, width: float) -> Plot:
    line = {"color": color, "width": width, "shape": "hv"}
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": _plain(y), "line": line, "hoverinfo": "skip"}


def map_figure(found: PolicyMap) -> Figure:
    """What the policy does most: imbalance across, time left up, one panel by inventory."""
    used = sorted({int(a) for a in found.chosen.ravel() if a >= 0})
    scale = []
    for k in range(len(used)):
        color = SERIES[k % len(SERIES)]
        scale += [[k / len(used), color], [(k + 1) / len(used), color]]
    layout = _layout(240, 92, {}, {})
    count = len(found.panels)
    for k, name in enumerate(found.panels):
        suffix = "" if k == 0 else str(k + 1)
        domain = [k / count + 0.008, (k + 1) / count - 0.008]
        small = {"tickfont": {"size": 10}, "tickangle": 0, "type": "category"}
        layout[f"xaxis{suffix}"] = small | {"domain": domain, "anchor": f"y{suffix}"}
        layout[f"yaxis{suffix}"] = small | {"anchor": f"x{suffix}", "showticklabels": k == 0}
        title = {"xref": "paper", "yref": "paper", "x": sum(domain) / 2, "y": 1.0, "yshift": 22, "showarrow": False}
        layout["annotations"].append(title | {"text": f"<b>{name}</b>"})
    layout["yaxis"]["title"] = {"text": "time left"}
    layout["xaxis2"]["title"] = {"text": "imbalance of the best queues (positive: the price is about to move away)"}
    layout |= {"height": 330}
    layout["margin"] |= {"t": 36, "b": 56}
    data = [_map_panel(found, k, used) | {"colorscale": scale, "zmin": 0, "zmax": len(used)} for k in range(count)]
    caption = "The action chosen most in each state that was met, and how often; a gap was not met."
    return Figure("What the policy does", {"data": data, "layout": layout}, caption)


def _map_panel(found: PolicyMap, panel: int, used: list[int]) -> Plot:
    place = {action: k for k, action in enumerate(used)}
    text = [
        [f"{found.actions[int(a)]}<br>{s:.0%}" if a >= 0 else "" for a, s in zip(row, shares, strict=True)]
        for row, shares in zip(found.chosen[panel], found.share[panel], strict=True)
    ]
    suffix = "" if panel == 0 else str(panel + 1)
    return {
        "type": "heatmap",
        "x": list(found.leans),
        "y": list(found.times),
        "z": [[place[int(a)] + 0.5 if a >= 0 else None for a in row] for row in found.chosen[panel]],
        "text": text,
        "customdata": found.counts[panel].tolist(),
        "texttemplate": "%{text}",
        "textfont": {"size": 10, "color": "#ffffff"},
        "hovertemplate": "imbalance %{x}, time left %{y}<br>%{text}, %{customdata:,} decisions<extra></extra>",
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


def attribution_figure(scenes: Scenes) -> Figure:
    """How many decisions change when one feature is shuffled among orders."""
    found = scenes.attributions[:16][::-1]
    names = [a.feature for a in found]
    data: list[Plot] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "x": _plain(np.array([100 * a.changed for a in found])),
            "marker": {"color": SERIES[0]},
            "hovertemplate": "%{y}: %{x:.1f} % of decisions change<extra></extra>",
        }
    ]
    layout = _layout(20 * len(found), 190, {"title": {"text": "decisions that change, %"}}, {"type": "category"})
    layout |= {"height": 20 * len(found) + 70, "bargap": 0.3}
    caption = "Permutation importance (Breiman, 2001): each feature in turn is shuffled among the states that were met."
    return Figure("What the policy looks at", {"data": data, "layout": layout}, caption)
