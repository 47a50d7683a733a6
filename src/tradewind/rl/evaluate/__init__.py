"""Proof: policies and baselines on the same orders in the same markets, and what the difference is worth."""

from tradewind.rl.evaluate.result import Backtest, summarise

__all__ = ["Backtest", "summarise"]
