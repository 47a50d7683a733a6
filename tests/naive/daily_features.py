"""Features of daily bars and of hourly variance, from their definitions, over the whole history each time."""

import math
from datetime import date, timedelta

NAN = math.nan


def pieces(bars):
    """Log returns, nights and paths of (day, open, high, low, close, volume, before, market)."""
    out, last = [], 0.0
    for _, o, h, low, c, _, before, _ in bars:
        start = before if before > 0 else last
        top, bottom = (max(h, c) if h > 0 else c), (min(low, c) if low > 0 else c)
        first = last == 0.0
        out.append(
            {
                "r": 0.0 if first else math.log(c / start),
                "night": 0.0 if first else math.log((o if o > 0 else c) / start),
                "range": math.log(top / bottom),
                "location": (2 * c - top - bottom) / (top - bottom) if top > bottom else 0.0,
            }
        )
        last = c
    return out


def moments(xs):
    mean = sum(xs) / len(xs)
    return mean, [sum((x - mean) ** p for x in xs) / len(xs) for p in (2, 3)]


def daily(bars):
    rows = pieces(bars)
    r, n = [row["r"] for row in rows], len(rows)
    ln_p = [sum(r[: k + 1]) for k in range(n)]
    volume, dollars = [b[5] for b in bars], [b[5] * b[4] for b in bars]

    def past(newest, oldest):
        return sum(r[n - oldest : n - newest]) if n > oldest else NAN

    def sd(window):
        return math.sqrt(moments(r[-window:])[1][0]) if n > window else NAN

    out = {f"return_{w}d": past(0, w) for w in (1, 5, 21, 63)}
    out |= {"momentum_126d": past(21, 126), "momentum_252d": past(21, 252)}
    out |= {"volatility_21d": sd(21), "volatility_63d": sd(63)}
    out["volatility_ratio"] = math.log(sd(5) / sd(63)) if n > 63 else NAN
    out |= dict.fromkeys(("beta_63d", "residual_volatility_63d", "residual_return_63d", "skewness_63d"), NAN)
    if n > 63:
        x, y = [b[7] for b in bars[-63:]], r[-63:]
        mx, my = sum(x) / 63, sum(y) / 63
        beta = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)
        rest = [b - beta * a for a, b in zip(x, y, strict=True)]
        _, (square, cube) = moments(y)
        out |= {"beta_63d": beta, "residual_return_63d": sum(rest), "skewness_63d": cube / square**1.5}
        out["residual_volatility_63d"] = math.sqrt(moments(rest)[1][0])
    names = ["amihud", "dollar_volume", "range", "night", "intraday", "quiet_days", "max", "average_distance"]
    out |= dict.fromkeys([*(f"{name}_21d" for name in names), "volume_trend", "volume_shock"], NAN)
    out |= {"strength_14d": NAN, "high_distance_126d": NAN}
    if n > 21:
        traded = [abs(x) / d for x, d in zip(r[-21:], dollars[-21:], strict=True) if d > 0]
        mean_volume = sum(volume[-21:]) / 21
        night = sum(row["night"] for row in rows[-21:])
        gains, losses = sum(max(x, 0) for x in r[-14:]), sum(max(-x, 0) for x in r[-14:])
        out |= {
            "amihud_21d": math.log(1e-12 + 1e6 * sum(traded) / len(traded)),
            "dollar_volume_21d": math.log(1 + sum(dollars[-21:]) / 21),
            "volume_trend": math.log(sum(volume[-5:]) / 5 / mean_volume),
            "volume_shock": math.log(volume[-1] / mean_volume) if volume[-1] > 0 else NAN,
            "range_21d": math.sqrt(sum(row["range"] ** 2 for row in rows[-21:]) / 21 / (4 * math.log(2))),
            "night_21d": night,
            "intraday_21d": sum(r[-21:]) - night,
            "quiet_days_21d": sum(x == 0 for x in r[-21:]) / 21,
            "max_21d": max(r[-21:]),
            "average_distance_21d": ln_p[-1] - sum(ln_p[-21:]) / 21,
            "strength_14d": 100 * gains / (gains + losses),
        }
    if n > 63:
        out["high_distance_126d"] = ln_p[-1] - max(ln_p[-126:])
    out |= {"gap": rows[-1]["night"], "close_location": rows[-1]["location"]}
    day = date(1970, 1, 1) + timedelta(days=bars[-1][0])
    return out | {"weekday": day.weekday(), "month_day": day.day, "month": day.month}


def variance_days(hours):
    """Per day: variance and its parts; hours are (ts, day, open, high, low, close, volume, split)."""
    out, close, spans = [], 0.0, []
    usual = 0.0
    for day in sorted({h[1] for h in hours}):
        bars = [h for h in hours if h[1] == day]
        begin = close / (bars[0][7] or 1.0) if close else bars[0][2]
        ranges = []
        for _, _, o, h, low, c, *_ in bars:
            limit = 10 * usual if len(spans) >= 35 else math.inf
            wicks = min(math.log(h / max(o, c)), limit) + min(math.log(min(o, c) / low), limit)
            spans.append(wicks + abs(math.log(o / c)))
            usual += (spans[-1] - usual) / min(len(spans), 70)
            ranges.append(spans[-1] ** 2 / (4 * math.log(2)))
        night = math.log(bars[0][2] / begin)
        close = bars[-1][5]
        out.append(
            {
                "day": day,
                "rv": max(sum(ranges) + night**2, 1e-10),
                "night": night,
                "ranges": ranges,
                "steps": [math.log(b[5] / b[2]) for b in bars],
                "r": math.log(close / begin),
                "volume": sum(b[6] for b in bars),
            }
        )
    return out


def hourly(hours):
    days = variance_days(hours)
    rv, now, n = [d["rv"] for d in days], days[-1], len(days)
    out = {f"variance_{w}d": math.log(sum(rv[-w:]) / w) if n >= w else NAN for w in (1, 5, 22, 66)}
    out |= dict.fromkeys(("variance_of_variance_22d", "leverage_1d", "leverage_5d", "volume_22d"), NAN)
    if n >= 22:
        scale = math.sqrt(sum(rv[-22:]) / 22)
        out |= {
            "variance_of_variance_22d": math.sqrt(moments([math.log(x) for x in rv[-22:]])[1][0]),
            "leverage_1d": min(now["r"], 0) / scale,
            "leverage_5d": min(sum(d["r"] for d in days[-5:]), 0) / scale,
            "volume_22d": math.log(now["volume"] / (sum(d["volume"] for d in days[-22:]) / 22)),
        }
    squares = [x * x for x in now["steps"]]
    falls = sum(x * x for x in now["steps"] if x < 0)
    return out | {
        "night_share": now["night"] ** 2 / now["rv"],
        "largest_hour": max(now["ranges"]) / sum(now["ranges"]),
        "last_hour": now["ranges"][-1] / sum(now["ranges"]),
        "falls_share": falls / sum(squares) if sum(squares) else 0.5,
        "day_of_week": (date(1970, 1, 1) + timedelta(days=now["day"])).weekday(),
    }
