"""The gate as Python sees it: one object in front of the compiled check, told everything, asked before every send.

Reads names, writes one row, calls the kernel, reads one decision. What is not a number never reaches the kernel: it is
refused as MALFORMED. A person's re-arm or position adjustment is a signed statement that names the latch or the gate's
sequence number, so an old statement is worth nothing.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import IntegrityError, InvalidValueError, NotFoundError
from tradewind.core.ports import Clock
from tradewind.risk.limits.install import Names, install
from tradewind.risk.limits.journal import Frame, Journal
from tradewind.risk.limits.kernel import apply
from tradewind.risk.limits.layout import DECISION, INPUT, InputKind, OrderType, Scope, new_state
from tradewind.risk.limits.limits_file import SignedLimits
from tradewind.risk.limits.reasons import Cause, Reason
from tradewind.risk.limits.signing import Signature, is_signed

__all__ = ["Decision", "Gate"]

ROW = struct.Struct("<13q")
ANSWER = struct.Struct("<5q")
NEW, REPLACE, CANCEL, QUOTE = (int(InputKind(k)) for k in range(1, 5))
LIMIT = int(OrderType.LIMIT)
NOTHING = (0,) * 11


class Decision(msgspec.Struct, frozen=True):
    """The gate's answer.

    Attributes:
        reason: ACCEPTED, or the first check that refused.
        limit: That check's limit, in its unit.
        value: What the request would have made of it.
        headroom: ``limit - value``: negative by as much as the limit is broken.
        cause: What closed the latch, where one refused.
    """

    reason: Reason
    limit: int = 0
    value: int = 0
    headroom: int = 0
    cause: Cause = Cause.NONE

    @property
    def accepted(self) -> bool:
        """Whether the request may be sent."""
        return self.reason is Reason.ACCEPTED


ACCEPTED = Decision(Reason.ACCEPTED)
MALFORMED = Decision(Reason.MALFORMED)


class Gate:
    """Hard pre-trade limits.

    Args:
        signed: A limits file whose signature has been checked (``load_signed``).
        clock: The gate's own clock; every row is stamped by it.
        journal: Where every row is written before it is applied; None keeps none.

    Attributes:
        state: Shape (1,), dtype ``STATE``: the whole gate.
        names: Rows by name.
        signed: The limits in force.
    """

    def __init__(self, signed: SignedLimits, clock: Clock, journal: Journal | None = None) -> None:
        self.state: Array = new_state()
        self.signed = signed
        self.names: Names = install(self.state, signed.limits)
        self.journal = journal
        self._clock = clock
        self._rows, self._answers = np.zeros(1, INPUT), np.zeros(1, DECISION)
        apply(self.state, self._rows, self._answers, 0)  # compile or load now, not on the first order
        self._row, self._answer = self._rows.data.cast("B"), self._answers.data.cast("B")
        if journal is not None:
            journal.append(Frame.of_limits(signed, 0))

    def order(  # noqa: PLR0917
        self, order_id: int, strategy: str, symbol: str, side: int, lots: int, price_ticks: int, kind: int = LIMIT
    ) -> Decision:
        """Ask for a new order; accepted, it counts from now on.

        Args:
            order_id: Larger than that of every order before.
            strategy: Who sends it.
            symbol: What.
            side: +1 buy, -1 sell.
            lots: Size [lots].
            price_ticks: Limit price [ticks]; 0 for a market order.
            kind: An :class:`OrderType`.
        """
        s, i = self.names.strategies.get(strategy, -1), self.names.instruments.get(symbol, -1)
        return self._ask(NEW, order_id, 0, i, s, side, kind, price_ticks, lots, 0, 0, 0)

    def replace(self, order_id: int, strategy: str, lots: int, price_ticks: int, kind: int = LIMIT) -> Decision:
        """Ask for a new price and total size of an open order; both count until the venue answers.

        Args:
            order_id: An open order.
            strategy: Whose.
            lots: New total size, filled part included [lots].
            price_ticks: New limit price [ticks].
            kind: An :class:`OrderType`.
        """
        s = self.names.strategies.get(strategy, -1)
        return self._ask(REPLACE, order_id, 0, 0, s, 0, kind, price_ticks, lots, 0, 0, 0)

    def cancel(self, order_id: int, strategy: str) -> Decision:
        """Say that a cancel goes out: it always passes, and counts as a message."""
        return self._ask(CANCEL, order_id, 0, 0, self.names.strategies.get(strategy, -1), 0, 0, 0, 0, 0, 0, 0)

    def ask(self, kind: InputKind, order_id: int, strategy: str, symbol: str, rest: tuple[int, ...]) -> Decision:
        """Ask with every field of a row.

        Args:
            kind: NEW or REPLACE.
            order_id: The order.
            strategy: Who sends it.
            symbol: What; looked up from the order for a replace.
            rest: Side, order type, price [ticks], size [lots], 0, flags.
        """
        s, i = self.names.strategies.get(strategy, -1), self.names.instruments.get(symbol, -1)
        return self._ask(int(kind), order_id, 0, i, s, *rest, 0)

    def quote(self, symbol: str, bid_ticks: float, ask_ticks: float) -> None:
        """Tell the best prices; what is not a whole number above 0 is a missing side.

        Args:
            symbol: What.
            bid_ticks: Best bid [ticks].
            ask_ticks: Best ask [ticks].
        """
        i = self.names.instruments.get(symbol)
        if i is None:
            raise NotFoundError(f"no instrument {symbol!r} in the limits file")
        self._ask(QUOTE, 0, 0, i, 0, 0, 0, _whole(bid_ticks), 0, _whole(ask_ticks), 0, 0)

    def report(
        self, kind: InputKind, exec_id: int, order_id: int, lots: int = 0, price_ticks: int = 0, **more: Any
    ) -> bool:
        """Tell an execution report.

        Args:
            kind: ACK to CANCEL_REJECTED.
            exec_id: Its number among the venue's reports, from 1.
            order_id: The order.
            lots: Lots traded, or the new total of a replace [lots].
            price_ticks: Their price [ticks].
            **more: ``total_filled`` so far [lots]; and ``strategy``, ``symbol``, ``side`` for an order that the gate
                may not know.

        Returns:
            Whether it could be read.
        """
        s, i = self._owner(order_id, more)
        side, told = more.get("side", 0), more.get("total_filled", -1)
        return self._ask(int(kind), order_id, exec_id, i, s, side, 0, price_ticks, lots, told, 0, 0).accepted

    def _owner(self, order_id: int, more: dict[str, Any]) -> tuple[int, int]:
        if "strategy" in more or "symbol" in more:
            s = self.names.strategies.get(more.get("strategy", ""), -1)
            return s, self.names.instruments.get(more.get("symbol", ""), -1)
        found: Array = np.flatnonzero(self.state["orders"]["order_id"][0] == order_id)
        if order_id <= 0 or len(found) == 0:
            raise NotFoundError(f"order {order_id} is not open here: say strategy=, symbol= and side= of the report")
        node = self.state["orders"][0][found[0]]
        return int(node["strategy"]), int(node["instrument"])

    def tighten(self, size_permille: int, open_permille: int, order_types: int = -1) -> None:
        """Posture: shrink sizes, positions and open orders to thousandths of the limits; clipped to 0 to 1000.

        Args:
            size_permille: Of order size, order value and positions; 0 lets nothing but reducing orders pass.
            open_permille: Of a strategy's open orders.
            order_types: Bits of allowed :class:`OrderType`.
        """
        self._ask(int(InputKind.TIGHTEN), 0, 0, 0, 0, 0, 0, open_permille, size_permille, order_types, 0, 0)

    def tick(self) -> None:
        """Let time pass: the day may begin anew, losses are looked at again."""
        self._ask(int(InputKind.CLOCK), *NOTHING)

    def kill(self, scope: Scope, name: str = "", person: str = "") -> None:
        """Close a scope at once. Anybody may; who it was is kept. An unknown scope closes everything.

        Args:
            scope: What to close.
            name: Which desk, strategy, instrument or venue.
            person: Who says so.
        """
        tables = (dict[str, int](), self.names.desks, self.names.strategies, self.names.instruments, self.names.venues)
        index = tables[scope].get(name, -1)
        person_row = self.names.people.get(person, -1)
        self._ask(int(InputKind.KILL), 0, 0, 0, 0, 0, 0, 0, index, int(scope), 0, person_row)

    def statement(self, text: str, signature: Signature) -> None:
        """Obey a named person's signed statement.

        Args:
            text: ``GATE rearm latch N`` or ``GATE adjust STRATEGY | SYMBOL | LOTS | TICKS at N``, where ``N`` is
                the latch's number, or the gate's sequence number now.
            signature: Of the text's UTF-8 bytes, for the purpose ``statement``.

        Raises:
            IntegrityError: When the signer may not, or did not sign this.
            InvalidValueError: For a text that says neither, or the wrong number.
        """
        limits = self.signed.limits
        person = next((p for p in limits.people if p.name == signature.signer), None)
        if person is None or not is_signed(text.encode(), signature, person.public_key, "statement"):
            raise IntegrityError(f"statement {text!r}: not signed by a person of the limits file")
        if opened := re.fullmatch(re.escape(limits.gate) + r" rearm latch (\d{1,18})", text):
            self._may(person.name, person.may, "rearm")
            if int(opened[1]) not in {latch["number"] for latch in self.latches()}:
                raise InvalidValueError("statement", "the number of a closed latch", text)
            self._log(text, signature)
            self._ask(int(InputKind.REARM), 0, 0, 0, 0, 0, 0, 0, int(opened[1]), 0, 0, self.names.people[person.name])
            return
        pattern = re.escape(limits.gate) + r" adjust (.+) \| (.+) \| (-?\d{1,18}) \| (\d{1,15}) at (\d{1,18})"
        said = re.fullmatch(pattern, text)
        if said is None or int(said[5]) != self.sequence:
            raise InvalidValueError("statement", f"'{limits.gate} rearm latch N' or an adjust at {self.sequence}", text)
        self._may(person.name, person.may, "adjust")
        s, i = self.names.strategies.get(said[1], -1), self.names.instruments.get(said[2], -1)
        self._log(text, signature)
        row = self.names.people[person.name]
        done = self._ask(int(InputKind.ADJUST), 0, 0, i, s, 0, 0, int(said[4]), int(said[3]), 0, 0, row)
        if not done.accepted:
            raise InvalidValueError("statement", "a strategy, a symbol, lots and a price of the limits file", text)

    def _may(self, name: str, may: tuple[str, ...], what: str) -> None:
        if what not in may:
            raise IntegrityError(f"{name} may not {what} at gate {self.signed.limits.gate!r}")

    def _log(self, text: str, signature: Signature) -> None:
        if self.journal is not None:
            self.journal.append(Frame.of_statement(text, signature, self.sequence))

    def load(self, signed: SignedLimits) -> None:
        """Put a newer limits file in force; positions, open orders and latches stay.

        Raises:
            ConfigError: When it is not a successor of the file in force.
        """
        self.put_in_force(signed)
        if self.journal is not None:
            self.journal.append(Frame.of_limits(signed, self.sequence))
        self.tick()

    def put_in_force(self, signed: SignedLimits) -> None:
        """Change the limits and nothing else, as recovery does; :meth:`load` also writes the journal."""
        self.names = install(self.state, signed.limits, self.signed.limits)
        self.signed = signed

    def latches(self) -> list[dict[str, Any]]:
        """Latches that are closed: scope, name, kind, cause, number, limit and value."""
        from tradewind.risk.limits.status import closed_latches

        return closed_latches(self.state, self.signed.limits)

    @property
    def sequence(self) -> int:
        """How many rows this gate has taken."""
        return int(self.state["sequence"][0])

    def apply(self, rows: Array) -> Array:
        """Take many rows at once, as they are: shape (n,), dtype ``INPUT``; decisions of dtype ``DECISION``."""
        answers = np.zeros(len(rows), DECISION)
        if self.journal is not None:
            self.journal.append(Frame.of_rows(rows, self.sequence))
        apply(self.state, np.ascontiguousarray(rows), answers, len(rows))
        return answers

    def _ask(self, *fields: int) -> Decision:
        """Write one row (fields of ``INPUT`` after its time, in order), apply it, read the answer."""
        try:
            ROW.pack_into(self._row, 0, self._clock.now_ns(), *fields)
        except struct.error:
            return MALFORMED
        if self.journal is not None:
            self.journal.append(Frame.of_rows(self._rows, self.sequence))
        apply(self.state, self._rows, self._answers, 1)
        reason, cause, limit, value, headroom = ANSWER.unpack_from(self._answer)
        if reason == 0:
            return ACCEPTED
        return Decision(Reason(reason), limit, value, headroom, Cause(cause))


def _whole(price: float) -> int:
    """A price that can be one, or 0: NaN, infinite, fractional and huge prices are missing ones."""
    number = float(price)
    return int(price) if abs(number) < 2.0**50 and number == int(number) else 0
