"""Reactive order flow: tables compiled from a preset, kernels that run them on the matching engine's book."""
