import numpy as np

from tradewind.market.reactive import Market


def alone_share(seed: int, closer_ticks: int) -> tuple[float, int]:
    """How often a one-lot buy order, renewed every second, is all there is at the best bid; and its fills."""
    market = Market("aig", seed=seed)
    alone, looks, fills, order = 0, 0, 0, 0
    for _ in range(30):
        price, _size = market.view.best_bid
        if order:
            market.cancel(order)
            fills += len(market.advance(0.0))
        price, _size = market.view.best_bid
        order = market.buy(1, price + closer_ticks)
        for _ in range(10):
            fills += len(market.advance(0.1))
            best, size = market.view.best_bid
            looks += 1
            alone += best == price + closer_ticks and size == 1
    return alone / looks, fills


def test_a_price_that_everyone_left_is_not_held_up_by_one_order() -> None:
    shares, fills = zip(*(alone_share(seed, 0) for seed in range(6)), strict=True)
    assert np.mean(shares) < 0.02
    assert sum(fills) > 0


def test_who_joined_a_queue_did_not_found_it() -> None:
    market = Market("aig", seed=3)
    price, _ = market.view.best_bid
    market.buy(1, price)
    market.advance(0.0)
    market.buy(1, price - 400)
    market.advance(0.0)
    own = market._markets[0]["own"]
    assert own["founded"][:2].tolist() == [0, 1]
