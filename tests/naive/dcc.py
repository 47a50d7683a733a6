"""Slow twins of the DCC kernels: matrices, written as the equations are."""

import numpy as np


def last_state(z: np.ndarray, start: np.ndarray, target: np.ndarray, a: float, b: float) -> np.ndarray:
    q = start.copy()
    for row in z:
        q = (1 - a - b) * target + a * np.outer(row, row) + b * q
    return q


def pair_cost(z: np.ndarray, target: np.ndarray, a: float, b: float) -> float:
    days, symbols = z.shape
    total = 0.0
    for i in range(symbols - 1):
        pair = [i, i + 1]
        small = target[np.ix_(pair, pair)]
        q = small.copy()
        for row in z[:, pair]:
            scale = np.sqrt(np.diag(q))
            r = q / np.outer(scale, scale)
            total += np.log(np.linalg.det(r)) + row @ np.linalg.inv(r) @ row
            q = (1 - a - b) * small + a * np.outer(row, row) + b * q
    return 0.5 * total / (days * (symbols - 1))
