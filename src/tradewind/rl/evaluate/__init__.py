"""Proof: policies and baselines on the same orders in the same markets, and what the difference is worth."""

from tradewind.execution.tca import cost_of, cost_parts, order_metrics

__all__ = ["cost_of", "cost_parts", "order_metrics"]
