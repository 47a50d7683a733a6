"""A network's program in plain NumPy, float64: the slow, obvious twin of the kernel."""

import numpy as np

from tradewind.alpha.models.network import OPERATIONS


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def run(  # noqa: C901
    table: np.ndarray, numbers: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """What the last layer says of one window (rows, channels)."""
    numbers, saved = numbers.astype(float), {}
    for kind, a, b, c, long, at in table.tolist():
        name, n = OPERATIONS[kind], numbers[at:]
        if name in ("dense", "conv"):
            size, kernel = a * b, max(long, 1)
            w, bias = n[: kernel * size].reshape(kernel, a, b), n[kernel * size : kernel * size + b]
            groups = x.reshape(len(x), c, a)
            out = np.tile(bias, (len(x), c, 1))
            for t in range(len(x)):
                for k in range(kernel):
                    if (row := t - (kernel - 1 - k)) >= 0:
                        out[t] += groups[row] @ w[k]
            x = out.reshape(len(x), c * b)
        elif name == "relu":
            x = np.where(x > 0, x, x * 0.01 * a)
        elif name == "lstm":
            w, u = n[: a * 4 * b].reshape(a, -1), n[a * 4 * b : (a + b) * 4 * b].reshape(b, -1)
            bias, h, state, told = n[(a + b) * 4 * b :][: 4 * b], np.zeros(b), np.zeros(b), []
            for row in x:
                i, f, g, o = np.split(row @ w + h @ u + bias, 4)
                state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(state)
                told.append(h)
            x = np.array(told)
        elif name == "norm":
            z = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
            x = z * n[:a] + n[a : 2 * a]
        elif name == "attend":
            asked = x @ n[: 3 * a * a].reshape(a, 3 * a) + n[3 * a * a : 3 * a * (a + 1)]
            q, k, v = np.split(asked, 3, axis=1)
            q, size, parts = q[-1:] if c else q, a // b, []
            for head in range(b):
                cut = slice(head * size, (head + 1) * size)
                score = q[:, cut] @ k[:, cut].T / np.sqrt(size)
                share = np.exp(score - score.max(axis=1, keepdims=True))
                parts.append(share / share.sum(axis=1, keepdims=True) @ v[:, cut])
            n = n[3 * a * (a + 1) :]
            x = np.concatenate(parts, axis=1) @ n[: a * a].reshape(a, a) + n[a * a : a * a + a]
        elif name == "place":
            x = x + n[: a * b].reshape(b, a)
        elif name == "last":
            x = x[-1:]
        elif name == "save":
            saved[a] = x
        elif name == "load":
            x = saved[a]
        elif name == "add":
            x = x + saved[a][-len(x) :]
        else:
            x = np.concatenate([x, saved[a]], axis=1)
    return x[0]
