"""The policy file and its inference: against NumPy in float64, one row against many, and what is refused."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tradewind.core.errors import DataError, IntegrityError, InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.execution.policies.actor import Actor
from tradewind.execution.policies.network import start_weights
from tradewind.execution.policies.policy import Header, Policy, load_policy, new_policy, read_policy, write_policy

FEATURES = tuple(f"feature {i}" for i in range(21))
ACTIONS = tuple(f"action {i}" for i in range(11))


def made(head: str = "masked", activation: str = "tanh", hidden: tuple[int, ...] = (64, 32)) -> Policy:
    header = Header(
        head=head,
        activation=activation,
        hidden=hidden,
        features=FEATURES,
        actions=ACTIONS,
        observation_hash="spec 1",
        action_spec="eleven",
    )
    policy = new_policy(header)
    random = stream(3, "test/policy")
    start_weights(policy.record["network"], random, 1.0)
    for layer in policy.record["network"]["layer"][0][: len(hidden) + 1]:
        width = len(ACTIONS) if layer["columns"] == 16 else int(layer["columns"])
        at = int(layer["bias_at"])
        policy.record["network"]["weights"][0, at : at + width] = 0.3 * random.standard_normal(width)
    policy.record["mean"][0, : len(FEATURES)] = random.standard_normal(len(FEATURES))
    policy.record["scale"][0, : len(FEATURES)] = random.uniform(0.5, 2.0, len(FEATURES))
    return policy


def outputs_of(policy: Policy, observations: np.ndarray) -> np.ndarray:
    """The slow, obvious twin: float64, no padding, no tiles."""
    record, network = policy.record[0], policy.record["network"][0]
    x = (observations.astype(float) - record["mean"][: len(FEATURES)]) * record["scale"][: len(FEATURES)]
    x = np.clip(x, -10.0, 10.0)
    layers = int(network["layers"])
    for number in range(layers):
        layer = network["layer"][number]
        size, columns = int(layer["rows"] * layer["columns"]), int(layer["columns"])
        weights = network["weights"][layer["weights_at"] : layer["weights_at"] + size].reshape(-1, columns)
        x = x @ weights[: x.shape[1]].astype(float) + network["weights"][layer["bias_at"] : layer["bias_at"] + columns]
        if number < layers - 1:
            x = np.tanh(x) if policy.header.activation == "tanh" else np.maximum(x, 0.0)
    return x[:, : len(ACTIONS)]


def rows(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = stream(seed, "test/rows")
    observations = 2.0 * random.standard_normal((count, len(FEATURES))).astype(np.float32)
    masks = random.random((count, len(ACTIONS))) < 0.6
    masks[:, 4] = True
    return observations, masks


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(64, 32), (16,), (128, 48, 16)])
def test_actions_are_those_of_the_twin(activation: str, hidden: tuple[int, ...]) -> None:
    policy = made(activation=activation, hidden=hidden)
    observations, masks = rows(300)
    actions = np.zeros(300, np.int32)
    Actor(policy).act(observations, masks, actions)
    expected = np.where(masks, outputs_of(policy, observations), -np.inf)
    ordered = np.sort(expected, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-4
    assert clear.mean() > 0.9
    assert (actions == expected.argmax(axis=1))[clear].all()


def test_one_row_has_the_bits_of_a_batch_on_any_number_of_threads() -> None:
    policy = made("gaussian")
    observations, masks = rows(157)
    alone, together, threaded = (np.zeros((157, len(ACTIONS)), np.float32) for _ in range(3))
    actor = Actor(policy)
    actor.act(observations, masks, together)
    actor.act(observations, masks, threaded, threads=2)
    for i in range(157):
        alone[i] = actor.decide_continuous(observations[i])
    assert (alone == together).all()
    assert (together == threaded).all()
    assert np.allclose(together, np.clip(outputs_of(policy, observations), -1, 1), atol=2e-6)


def test_draws_follow_the_softmax() -> None:
    policy = made()
    observations, masks = rows(1)
    n = 20_000
    actions = np.zeros(n, np.int32)
    actor = Actor(policy, seed=5)
    actor.act(np.repeat(observations, n, axis=0), np.repeat(masks, n, axis=0), actions)
    logits = np.where(masks[0], outputs_of(policy, observations)[0], -np.inf)
    share = np.exp(logits - logits.max())
    share /= share.sum()
    seen = np.bincount(actions, minlength=len(ACTIONS)) / n
    assert (np.abs(seen - share) < 4 * np.sqrt(share * (1 - share) / n) + 1e-9).all()
    again = np.zeros(n, np.int32)
    actor.act(np.repeat(observations, n, axis=0), np.repeat(masks, n, axis=0), again)
    assert (again != actions).any(), "the next call draws anew"


def test_what_is_not_a_number_or_allows_nothing_is_an_error() -> None:
    actor = Actor(made())
    observations, masks = rows(40)
    actions = np.zeros(40, np.int32)
    nothing = masks.copy()
    nothing[7] = False
    with pytest.raises(InvalidValueError, match="action mask must be one or more allowed actions, got 'none'"):
        actor.act(observations, nothing, actions)
    with pytest.raises(InvalidValueError, match="action mask"):
        actor.decide(observations[7], nothing[7])
    for bad in (math.nan, math.inf):
        broken = observations.copy()
        broken[33, 6] = bad
        with pytest.raises(InvalidValueError, match="feature 'feature 6' of row 33 must be a number"):
            actor.act(broken, masks, actions)
        with pytest.raises(InvalidValueError, match="feature 'feature 6' of row 0"):
            actor.decide(broken[33], masks[33])
        with pytest.raises(InvalidValueError, match="feature 'feature 6'"):
            Actor(made("gaussian")).decide_continuous(broken[33])


@pytest.mark.parametrize("head", ["masked", "gaussian", "q_values"])
def test_a_policy_comes_back_from_its_file(tmp_path: Path, head: str) -> None:
    policy, path = made(head), tmp_path / "a.policy"
    write_policy(policy, path)
    back = read_policy(path)
    assert (back.record == policy.record).all()
    assert msgspec.structs.replace(back.header, checksum="") == policy.header
    assert len(back.header.checksum) == 64
    assert path.stat().st_size < 4 * policy.weight_count + 2000
    assert load_policy(str(path)).header == back.header


def test_a_foreign_or_tampered_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.policy"
    write_policy(made(), path)
    content = path.read_bytes()
    for change, error in (
        (b"not a policy" + content, DataError),
        (content.replace(b"policy 1", b"policy 9", 1), DataError),
        (content[:-4], DataError),
        (content.replace(b'"tanh"', b'"relu"', 1), IntegrityError),
        (content[:-1] + bytes([content[-1] ^ 1]), IntegrityError),
        (content.replace(b"spec 1", b"spec 2", 1), IntegrityError),
        (content.replace(b'"head"', b'"tail"', 1), DataError),
    ):
        path.write_bytes(change)
        with pytest.raises(error):
            read_policy(path)
    with pytest.raises(NotFoundError, match=r"no such policy file"):
        read_policy(tmp_path / "none.policy")
    with pytest.raises(NotFoundError, match="neither a policy file nor a shipped policy"):
        load_policy("none")


def test_a_policy_serves_only_what_it_was_trained_for() -> None:
    policy = made()
    policy.require("spec 1", "eleven")
    with pytest.raises(InvalidValueError, match="observation spec must be 'spec 2', got 'spec 1'"):
        policy.require("spec 2", "eleven")
    with pytest.raises(InvalidValueError, match="policy's actions must be 'twelve', got 'eleven'"):
        policy.require("spec 1", "twelve")


def test_a_diverged_policy_is_not_written(tmp_path: Path) -> None:
    policy = made()
    policy.record["network"]["weights"][0, 0] = np.nan
    with pytest.raises(InvalidValueError, match="diverged"):
        write_policy(policy, tmp_path / "a.policy")
    assert list(tmp_path.iterdir()) == []


def test_shapes_the_kernels_do_not_serve_are_refused() -> None:
    for hidden in ((), (20,), (512,), (16, 16, 16, 16)):
        with pytest.raises(InvalidValueError, match="multiples of 16"):
            made(hidden=hidden)
