"""The obvious slow version of the bank of recursive regressions: one object an expert, everything in NumPy."""

import numpy as np


def density(z):
    """Log of Student's t density with six degrees of freedom, up to a constant."""
    return -3.5 * np.log1p(z * z / 6)


class Expert:
    def __init__(self, d, memory, prior, birth, weight):
        self.mean, self.cov = np.zeros(d), prior * np.eye(d)
        self.memory, self.prior, self.birth, self.weight = memory, prior, birth, weight


class NaiveBank:
    """Reaches the same coefficients as ``RestartBank`` for features that are already in standard units."""

    def __init__(self, d, *, share=1e-3, every=25, experts=24, slow=5e-4):
        self.share, self.every, self.most, self.slow = share, every, experts, slow
        self.scales = [0.02 / (d + 1), 0.1 / (d + 1)]
        pairs = list(zip((0.9995, 0.9985), self.scales, strict=True))
        self.experts = [Expert(d + 1, m, s, -1, 0.25) for m, s in pairs]
        self.experts += [Expert(d + 1, 1.0, s, 0, 0.25) for s in self.scales]
        self.seen = []
        self.mean, self.var = np.zeros(d), np.zeros(d)
        self.count, self.noise, self.square = 0, 0.0, 0.0
        self.echo, self.last = 0.0, 0.0

    def standard(self, x):
        z = np.where(self.var > 0, (x - self.mean) / np.sqrt(np.maximum(self.var, 1e-300)), 0.0)
        return np.append(np.clip(z, -5, 5), 1.0)

    def learn(self, x, y):
        row = self.standard(x)
        if self.square > 0:
            y = np.clip(y, -10 * np.sqrt(self.square), 10 * np.sqrt(self.square))
        pace = max(1 / (self.count + 1), self.slow)
        self.square += (y * y - self.square) * pace
        noise = self.noise if self.count > 1 else self.square
        echo = np.clip(self.echo / max(noise, 1e-300), 0.0, 0.95)
        news = (1 - echo) / (1 + echo)
        logs, errors = [], []
        for e in self.experts:
            e.mean = e.memory * e.mean
            e.cov = e.memory**2 * e.cov + (1 - e.memory**2) * e.prior * np.eye(len(row))
            spread = row @ e.cov @ row
            error = y - e.mean @ row
            scale = np.sqrt(noise * (1 + spread) * 4 / 6)
            logs.append(np.log(e.weight) + news * (density(error / scale) - np.log(scale)))
            errors.append(error)
            bound = 3 * np.sqrt(noise * (1 + spread))
            gain = e.cov @ row / (1 / news + spread)
            e.mean = e.mean + gain * np.clip(error, -bound, bound)
            e.cov = e.cov - np.outer(gain, gain) * (1 / news + spread)
        posterior = np.exp(np.array(logs) - max(logs))
        posterior /= posterior.sum()
        pooled = posterior @ np.array(errors)
        for e, w in zip(self.experts, posterior, strict=True):
            e.weight = w
        self.settle(len(row))
        self.echo += (pooled * self.last - self.echo) * max(1 / (self.count + 100), self.slow)
        self.last = pooled
        self.noise = noise + (min(pooled**2, 9 * noise) - noise) * max(1 / (self.count + 10), self.slow)
        far = x - self.mean
        self.mean = self.mean + far * pace
        self.var = self.var + (far * (x - self.mean) - self.var) * pace

    def settle(self, d):
        self.count += 1
        if self.count % self.every == 0:
            for scale in self.scales:
                if len(self.experts) == self.most:
                    old = [e for e in self.experts if e.birth >= 0 and e.birth <= self.count - 8 * self.every]
                    self.experts.remove(min(old, key=lambda e: e.weight))
                self.experts.append(Expert(d, 1.0, scale, self.count, 1e-12))
            total = sum(e.weight for e in self.experts)
            for e in self.experts:
                e.weight /= total
        latest = max(e.birth for e in self.experts)
        takers = [e for e in self.experts if e.birth < 0 or e.birth == latest]
        for e in self.experts:
            e.weight = (1 - self.share) * e.weight + (self.share / len(takers) if e in takers else 0.0)
            e.weight = max(e.weight, 1e-12)

    def coefficients(self):
        weight = np.array([e.weight for e in self.experts])
        return weight / weight.sum() @ np.array([e.mean for e in self.experts])
