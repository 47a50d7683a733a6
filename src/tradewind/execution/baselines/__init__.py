"""Baselines, strong ones: compiled rules that want something of the market, through the same interface as a policy."""

from tradewind.execution.baselines.catalogue import BASELINES, Baseline, Setting, plan_of
from tradewind.execution.baselines.choose import choose_intents, fresh_memory

__all__ = ["BASELINES", "Baseline", "Setting", "choose_intents", "fresh_memory", "plan_of"]
