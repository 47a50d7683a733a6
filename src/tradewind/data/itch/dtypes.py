"""The 23 messages of NASDAQ TotalView-ITCH 5.0, field by field: one table for decoder, encoder and kernels.

Numbers are unsigned and big-endian, texts are ASCII padded with spaces on the right, times are nanoseconds since
midnight in New York in six bytes. Units stand at the end of a field's name: ``price_e4`` is a price in 1/10,000 dollar,
``level_1_price_e8`` in 1/100,000,000 dollar, ``timestamp_ns`` nanoseconds since midnight.

References:
    Nasdaq, "Nasdaq TotalView-ITCH 5.0" (interface specification).
"""

from __future__ import annotations

import struct

import msgspec
import numpy as np

__all__ = ["HEADER", "LENGTH", "MESSAGES", "Field", "MessageType"]

HEADER = ("stock_locate", "tracking_number", "timestamp_ns")
"""Fields that every message begins with, after its one-byte type."""

TABLE = {
    "S": "system_event | event_code:a1",
    "R": "stock_directory | stock:a8 market_category:a1 financial_status:a1 round_lot_size:u4 round_lots_only:a1"
    " issue_classification:a1 issue_sub_type:a2 authenticity:a1 short_sale_threshold:a1 ipo_flag:a1"
    " luld_reference_price_tier:a1 etp_flag:a1 etp_leverage_factor:u4 inverse_indicator:a1",
    "H": "stock_trading_action | stock:a8 trading_state:a1 reserved:a1 reason:a4",
    "Y": "reg_sho_restriction | stock:a8 reg_sho_action:a1",
    "L": "market_participant_position | mpid:a4 stock:a8 primary_market_maker:a1 market_maker_mode:a1"
    " market_participant_state:a1",
    "V": "mwcb_decline_level | level_1_price_e8:u8 level_2_price_e8:u8 level_3_price_e8:u8",
    "W": "mwcb_status | breached_level:a1",
    "K": "ipo_quoting_period_update | stock:a8 ipo_release_time_s:u4 ipo_release_qualifier:a1 ipo_price_e4:u4",
    "J": "luld_auction_collar | stock:a8 collar_reference_price_e4:u4 upper_collar_price_e4:u4"
    " lower_collar_price_e4:u4 collar_extension:u4",
    "h": "operational_halt | stock:a8 market_code:a1 operational_halt_action:a1",
    "A": "add_order | order_reference:u8 side:a1 shares:u4 stock:a8 price_e4:u4",
    "F": "add_order_attributed | order_reference:u8 side:a1 shares:u4 stock:a8 price_e4:u4 attribution:a4",
    "E": "order_executed | order_reference:u8 executed_shares:u4 match_number:u8",
    "C": "order_executed_with_price | order_reference:u8 executed_shares:u4 match_number:u8 printable:a1"
    " execution_price_e4:u4",
    "X": "order_cancel | order_reference:u8 cancelled_shares:u4",
    "D": "order_delete | order_reference:u8",
    "U": "order_replace | order_reference:u8 new_order_reference:u8 shares:u4 price_e4:u4",
    "P": "trade | order_reference:u8 side:a1 shares:u4 stock:a8 price_e4:u4 match_number:u8",
    "Q": "cross_trade | shares:u8 stock:a8 cross_price_e4:u4 match_number:u8 cross_type:a1",
    "B": "broken_trade | match_number:u8",
    "I": "net_order_imbalance | paired_shares:u8 imbalance_shares:u8 imbalance_direction:a1 stock:a8 far_price_e4:u4"
    " near_price_e4:u4 current_reference_price_e4:u4 cross_type:a1 price_variation_indicator:a1",
    "N": "retail_price_improvement | stock:a8 interest_flag:a1",
    "O": "direct_listing_price_discovery | stock:a8 open_eligibility_status:a1 minimum_allowable_price_e4:u4"
    " maximum_allowable_price_e4:u4 near_execution_price_e4:u4 near_execution_time_ns:u8"
    " lower_price_range_collar_e4:u4 upper_price_range_collar_e4:u4",
}
"""``type: name | field:kind ...``; kinds are ``u`` (number) and ``a`` (text) with their length in bytes."""


class Field(msgspec.Struct, frozen=True):
    """One field of a message.

    Attributes:
        name: With its unit at the end.
        kind: ``u`` an unsigned number, ``a`` a text padded with spaces.
        length: In bytes.
        offset: Of its first byte from the message's type byte.
    """

    name: str
    kind: str
    length: int
    offset: int


class MessageType(msgspec.Struct, frozen=True):
    """One type of message.

    Attributes:
        code: Its type byte as a character.
        name: What the specification calls it.
        fields: In the order of the bytes, the header's included.
        length: In bytes, the type byte included.
        wire: NumPy dtype of the bytes; the timestamp is two fields, ``timestamp_high`` and ``timestamp_low``.
        decoded: NumPy dtype in the machine's byte order, with ``sequence``, the 1-based number of the message.
        packer: Packs type, locate, tracking number, high and low word of the timestamp, then the other fields.
    """

    code: str
    name: str
    fields: tuple[Field, ...]
    length: int
    wire: np.dtype[np.void]
    decoded: np.dtype[np.void]
    packer: struct.Struct

    def offset(self, name: str) -> int:
        """Offset of a field from the type byte [bytes]."""
        return next(field.offset for field in self.fields if field.name == name)

    def pack(self, stock_locate: int, tracking_number: int, timestamp_ns: int, *values: int | bytes) -> bytes:
        """Bytes of one message, without the length before it.

        Args:
            stock_locate: The security, 0 for all.
            tracking_number: Nasdaq's own.
            timestamp_ns: Since midnight in New York.
            *values: The other fields in order; texts shorter than their field are padded with zero bytes, so pad
                them with spaces.

        Examples:
            >>> MESSAGES["S"].pack(0, 0, 0x123456789ABC, b"O").hex(" ")
            '53 00 00 00 00 12 34 56 78 9a bc 4f'
        """
        high, low = timestamp_ns >> 32, timestamp_ns & 0xFFFFFFFF
        return self.packer.pack(self.code.encode(), stock_locate, tracking_number, high, low, *values)


def _message(code: str, line: str) -> MessageType:
    name, _, text = line.partition(" | ")
    fields = [Field("stock_locate", "u", 2, 1), Field("tracking_number", "u", 2, 3), Field("timestamp_ns", "u", 6, 5)]
    for word in text.split():
        label, _, kind = word.partition(":")
        fields.append(Field(label, kind[0], int(kind[1:]), fields[-1].offset + fields[-1].length))
    wire: list[tuple[str, str]] = [("message_type", "S1"), ("stock_locate", ">u2"), ("tracking_number", ">u2")]
    wire += [("timestamp_high", ">u2"), ("timestamp_low", ">u4")]
    decoded: list[tuple[str, str]] = [("sequence", "i8"), ("stock_locate", "u2"), ("tracking_number", "u2")]
    decoded += [("timestamp_ns", "u8")]
    formats = [">cHHHI"]
    for field in fields[3:]:
        text_kind = f"S{field.length}"
        wire.append((field.name, text_kind if field.kind == "a" else f">u{field.length}"))
        decoded.append((field.name, text_kind if field.kind == "a" else f"u{field.length}"))
        formats.append(f"{field.length}s" if field.kind == "a" else {4: "I", 8: "Q"}[field.length])
    packer = struct.Struct("".join(formats))
    return MessageType(code, name, tuple(fields), packer.size, np.dtype(wire), np.dtype(decoded), packer)


MESSAGES = {code: _message(code, line) for code, line in TABLE.items()}
"""Every message type of the specification by its type character."""

LENGTH = np.zeros(256, dtype=np.int64)
"""Length of a message by its type byte [bytes]; 0 where there is no such type. Shape (256,), read only."""
for _code, _type in MESSAGES.items():
    LENGTH[ord(_code)] = _type.length
LENGTH.setflags(write=False)
