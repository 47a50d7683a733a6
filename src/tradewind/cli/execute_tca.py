"""``tradewind execute tca``: where the cost of recorded orders came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit

if TYPE_CHECKING:
    from tradewind.execution.orders_file import OrderBundle

__all__ = ["execute_tca"]

SHOWN = 20


def execute_tca(
    orders: Annotated[Path, typer.Argument(help="Parquet file of orders and fills (execute backtest --record).")],
    strategy: Annotated[str | None, typer.Option(help="Only orders of this strategy.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Orders to show one by one; 0 shows only the means.")] = SHOWN,
    as_json: JsonFlag = False,
) -> None:
    """Take recorded orders apart: delay, spread, temporary and permanent impact, drift, opportunity, fees.

    The parts sum to the implementation shortfall of every order exactly, in currency and in basis points.
    """
    from tradewind.core.errors import NotFoundError
    from tradewind.execution.orders_file import read_orders

    bundles = [b for b in read_orders(orders) if strategy in (None, b.strategy)]
    if not bundles:
        raise NotFoundError(f"{orders}: no orders of strategy {strategy!r}")
    found = [_analysed(bundle, limit) for bundle in bundles]
    emit({"file": str(orders), "strategies": found}, as_json=as_json, show=lambda console: _show(console, found))


def _analysed(bundle: OrderBundle, limit: int) -> dict[str, Any]:
    """One strategy's orders: means in basis points, totals and single orders in currency."""
    import numpy as np

    from tradewind.execution.tca import ORDER_METRICS, PARTS, cost_of, cost_parts, cvar, order_metrics

    costs = cost_parts(bundle.marks, bundle.fills, bundle.first, bundle.twin_half_ticks)
    metrics = order_metrics(bundle.marks, costs, bundle.instrument, bundle.fees)
    exact = [
        cost_of(mark, cost, bundle.instrument, bundle.fees) for mark, cost in zip(bundle.marks, costs, strict=True)
    ]
    means = {}
    for name in ORDER_METRICS.names or ():
        values = metrics[name][np.isfinite(metrics[name])]
        means[name] = float(values.mean()) if len(values) else None
    parts = (*PARTS, "shortfall")
    orders = [
        {
            "order": k,
            "side": "buy" if mark["side"] > 0 else "sell",
            "quantity_lots": int(mark["quantity_lots"]),
            "notional": str(cost.notional),
            "bps": round(float(cost.bps()), 4),
            **{part: str(getattr(cost, part)) for part in parts},
        }
        for k, (mark, cost) in enumerate(zip(bundle.marks[:limit], exact[:limit], strict=True))
    ]
    return {
        "strategy": bundle.strategy,
        "symbol": bundle.instrument.symbol,
        "currency": bundle.instrument.currency,
        "orders": len(exact),
        "has_twin": bundle.twin_half_ticks is not None,
        "total": {
            part: str(sum((getattr(cost, part) for cost in exact), start=exact[0].notional * 0)) for part in parts
        },
        "mean": means,
        "timing_risk_bps": float(metrics["shortfall_bps"].std()),
        "cvar_95_bps": cvar(metrics["shortfall_bps"]),
        "each": orders,
    }


def _show(console: Console, found: list[dict[str, Any]]) -> None:
    from tradewind.execution.tca import PARTS
    from tradewind.report.console import rich_table
    from tradewind.report.parts import Column, Table

    heads = ("Strategy", "Orders", *(part.capitalize() for part in PARTS), "Shortfall", "Timing risk", "Worst 5 %")
    rows = []
    for item in found:
        bps = [f"{item['mean'][f'{part}_bps']:.3f}" for part in (*PARTS, "shortfall")]
        risk = [f"{item['timing_risk_bps']:.2f}", f"{item['cvar_95_bps']:.2f}"]
        rows.append((item["strategy"], f"{item['orders']:,}", *bps, *risk))
    columns = tuple(Column(head, number=k > 0) for k, head in enumerate(heads))
    console.print(rich_table(Table(columns, tuple(rows), "Means per order [bps of its value]; positive is a cost.")))
    for item in found[:1]:
        if item["each"]:
            heads = ("Order", "Side", "Lots", *(p.capitalize() for p in PARTS), "Shortfall", "bps")
            columns = tuple(Column(head, number=k > 1) for k, head in enumerate(heads))
            rows = []
            for o in item["each"]:
                money = (f"{float(o[part]):.4f}" for part in (*PARTS, "shortfall"))
                rows.append((str(o["order"]), o["side"], f"{o['quantity_lots']:,}", *money, f"{o['bps']:.3f}"))
            title = f"{item['strategy']}, {item['symbol']}: the first orders [{item['currency']}]"
            console.print(rich_table(Table(columns, tuple(rows)), title))
