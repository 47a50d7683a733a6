"""A trained policy and the one file it travels in: header, normalisation, weights, checksum. No pickle, no Torch.

The file is ``tradewind policy 1``, a line of JSON (:class:`Header`), then little-endian float32 numbers: the features'
means and scales, then for each layer its weights (input by output) and biases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from tradewind.book.layout import aligned_zeros
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError, InvalidValueError, NotFoundError
from tradewind.core.files import read_headed, write_durably
from tradewind.execution.policies.inference import POLICY
from tradewind.execution.policies.network import RELU, TANH, new_network

__all__ = [
    "Header",
    "Policy",
    "Provenance",
    "filled_policy",
    "load_policy",
    "new_policy",
    "read_policy",
    "shipped_policies",
    "write_policy",
]

MAGIC = b"tradewind policy 1\n"
HEADS = ("masked", "gaussian", "q_values")
LONGEST_HEADER = 1 << 20


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a policy comes from.

    Attributes:
        algorithm: What trained it.
        command: The command that made it.
        configuration: Its whole training configuration, as JSON.
        markets: Presets or data it was trained on.
        seed: The run's seed.
        steps: Environment steps it has seen.
        revision: Git revision of the code, where known.
        validation: Its score when it was selected, in words.
    """

    algorithm: str = ""
    command: str = ""
    configuration: str = ""
    markets: tuple[str, ...] = ()
    seed: int = 0
    steps: int = 0
    revision: str = ""
    validation: str = ""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy's numbers mean.

    Attributes:
        head: ``masked``: outputs are logits of actions; ``gaussian``: means of continuous actions in -1 to 1;
            ``q_values``: values of actions.
        activation: Of the hidden layers.
        hidden: Their widths.
        features: Names of the features, in order.
        actions: Names of the actions, in order.
        observation_hash: Hash of the observation spec it was trained with.
        action_spec: What the actions mean, with their sizes, in words.
        provenance: Where it comes from.
        checksum: SHA-256 of this header with an empty checksum, and of the numbers.
    """

    head: Literal["masked", "gaussian", "q_values"]
    activation: Literal["tanh", "relu"]
    hidden: tuple[int, ...]
    features: tuple[str, ...]
    actions: tuple[str, ...]
    observation_hash: str
    action_spec: str = ""
    provenance: Provenance = Provenance()
    checksum: str = ""


class Policy(msgspec.Struct, frozen=True):
    """A trained policy.

    Attributes:
        header: What it is.
        record: Shape (1,), dtype ``POLICY``: what kernels read.

    Examples:
        >>> header = Header(head="masked", activation="tanh", hidden=(16,), features=("a", "b"),
        ...                 actions=("wait", "cross"), observation_hash="")
        >>> policy = new_policy(header)
        >>> policy.weight_count
        82
    """

    header: Header
    record: Array

    @property
    def weight_count(self) -> int:
        """Weights and biases, without padding."""
        return sum(block.size for block in _blocks(self.record))

    def require(self, observation_hash: str, action_spec: str) -> None:
        """Refuse to serve an environment it was not trained for.

        Args:
            observation_hash: Hash of the environment's observation spec.
            action_spec: What the environment's actions mean.

        Raises:
            InvalidValueError: Naming what differs.
        """
        if self.header.observation_hash != observation_hash:
            raise InvalidValueError("policy's observation spec", f"{observation_hash!r}", self.header.observation_hash)
        if self.header.action_spec != action_spec:
            raise InvalidValueError("policy's actions", f"{action_spec!r}", self.header.action_spec)


def new_policy(header: Header) -> Policy:
    """A policy of the header's shape with all numbers zero and features taken as they are.

    Raises:
        InvalidValueError: For a shape that the kernels do not serve.
    """
    activation = TANH if header.activation == "tanh" else RELU
    record = aligned_zeros(1, POLICY)
    record["network"] = new_network(len(header.features), header.hidden, len(header.actions), activation)
    record["head"], record["actions"] = HEADS.index(header.head), len(header.actions)
    record["scale"] = 1.0
    return Policy(header, record)


def _blocks(record: Array) -> list[Array]:
    """The numbers of a policy that are not padding, as views: means, scales, then weights and biases by layer."""
    network = record["network"][0]
    inputs, outputs, layers = (int(network[name]) for name in ("inputs", "outputs", "layers"))
    found = []
    for number in range(layers):
        layer = network["layer"][number]
        rows, columns, at = int(layer["rows"]), int(layer["columns"]), int(layer["weights_at"])
        used = outputs if number == layers - 1 else columns
        block = network["weights"][at : at + rows * columns].reshape(rows, columns)
        bias = int(layer["bias_at"])
        found += [block[: int(layer["depth"]), :used], network["weights"][bias : bias + used]]
    assert inputs == found[0].shape[0]
    return found


def filled_policy(header: Header, blocks: Sequence[Array]) -> Policy:
    """A policy from numbers without padding.

    Args:
        header: What they mean.
        blocks: The features' means and scales, then for each layer its weights (inputs, outputs) and biases (outputs,).

    Raises:
        InvalidValueError: For a shape that the kernels do not serve, or blocks of another shape.
    """
    policy = new_policy(header)
    inputs = len(header.features)
    own = [policy.record["mean"][0, :inputs], policy.record["scale"][0, :inputs], *_blocks(policy.record)]
    shapes = [block.shape for block in own], [np.shape(block) for block in blocks]
    if shapes[0] != shapes[1]:
        raise InvalidValueError("blocks", f"of shapes {shapes[0]}", shapes[1])
    for block, numbers in zip(own, blocks, strict=True):
        block[...] = numbers
    return policy


def _checksum(header: Header, payload: bytes) -> str:
    plain = msgspec.json.encode(msgspec.structs.replace(header, checksum=""))
    return hashlib.sha256(plain + payload).hexdigest()


def write_policy(policy: Policy, path: Path) -> None:
    """Write a policy to its file, whole or not at all.

    Raises:
        InvalidValueError: When a number of it is not finite.
    """
    inputs = len(policy.header.features)
    parts = [policy.record["mean"][0, :inputs], policy.record["scale"][0, :inputs], *_blocks(policy.record)]
    numbers = np.concatenate([np.ascontiguousarray(part).ravel() for part in parts]).astype("<f4")
    if not np.isfinite(numbers).all():
        raise InvalidValueError("policy's numbers", "finite", "NaN or infinity: the training diverged")
    payload = numbers.tobytes()
    header = msgspec.structs.replace(policy.header, checksum=_checksum(policy.header, payload))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, MAGIC + msgspec.json.encode(header) + b"\n" + payload)


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is no policy file, of another format version, or cut short.
        IntegrityError: When it was changed after it was written.
        InvalidValueError: When the kernels do not serve its shape.
    """
    header, payload = read_headed(path, MAGIC, Header, what="policy", longest=LONGEST_HEADER)
    policy = new_policy(header)
    inputs = len(header.features)
    blocks = [policy.record["mean"][0, :inputs], policy.record["scale"][0, :inputs], *_blocks(policy.record)]
    expected = 4 * sum(block.size for block in blocks)
    if len(payload) != expected:
        raise DataError(path, f"{expected} bytes of numbers", len(payload), field="numbers")
    if _checksum(header, payload) != header.checksum:
        raise IntegrityError(f"{path}: its checksum does not match: the file was changed after it was written")
    numbers, at = np.frombuffer(payload, "<f4"), 0
    for block in blocks:
        block[...] = numbers[at : at + block.size].reshape(block.shape)
        at += block.size
    return policy


def _shelf() -> Path:
    return Path(str(resources.files("tradewind.execution.policies"))) / "shipped"


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with the package."""
    return tuple(sorted(path.stem for path in _shelf().glob("*.policy")))


def load_policy(name: str) -> Policy:
    """A shipped policy by name, or a policy file by path.

    Raises:
        NotFoundError: When there is neither; other errors as :func:`read_policy`.
    """
    if name in shipped_policies():
        return read_policy(_shelf() / f"{name}.policy")
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_policies()) or "none"
        raise NotFoundError(f"{name}: neither a policy file nor a shipped policy ({known})")
    return read_policy(path)
