"""Strategies without learning, behind the same intent as the agent's actions."""
