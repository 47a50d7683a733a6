"""Environments for execution: one compiled batch, with a Gymnasium and a Stable-Baselines3 face."""
