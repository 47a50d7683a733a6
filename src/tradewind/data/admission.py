"""How a source goes with what a catalog holds: is it there already, does it replace something, does it contradict."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tradewind.core.errors import DataError, UsageError
from tradewind.core.types import Instrument
from tradewind.data.calendars import time_zone
from tradewind.data.manifest import FileRecord, Manifest, make_source_id
from tradewind.data.reader import ReadOptions

__all__ = ["Admission"]

MUST_AGREE = ("tick_size", "lot_size", "currency")


class Admission:
    """The rules by which one source enters a catalog.

    The content of a file is in a catalog at most once for each symbol. All event rows of a symbol are in the same
    ticks, lots and currency, their days are counted in the same time zone, and they are from one venue; what another
    venue calls by the same symbol is kept as ``SYMBOL@venue``.

    Args:
        files: The source file and its companions.
        format_name: Format it is read as.
        read: What was said about it.
        force: Whether it may replace what is there.
        present: What the catalog holds.

    Attributes:
        source_id: Id the source will have.
    """

    def __init__(
        self, files: list[FileRecord], format_name: str, read: ReadOptions, force: bool, present: list[Manifest]
    ) -> None:
        self.source_id = make_source_id(files, format_name, read)
        self._files = files
        self._format = format_name
        self._read = msgspec.structs.replace(read, batch_rows=0)
        self._force = force
        self._present = present
        self._holders: dict[str, tuple[str, Instrument]] = {}
        for manifest in present:
            for instrument in () if self._same_content(manifest) else manifest.instruments:
                _, known = self._holders.get(instrument.symbol, ("", None))
                if known is None or not known.venue:  # one that names its venue says most
                    self._holders[instrument.symbol] = (manifest.id, instrument)

    def duplicate(self) -> Manifest | None:
        """The same files read in the same way, if they are there and are not to be replaced."""
        hashes = [file.sha256 for file in self._files]
        for manifest in self._present:
            read = msgspec.structs.replace(manifest.options, batch_rows=0)
            same = (manifest.format, read, [file.sha256 for file in manifest.files]) == (
                self._format,
                self._read,
                hashes,
            )
            if same and not self._force:
                return manifest
        return None

    def replaced(self, keys: set[tuple[str, int]]) -> list[str]:
        """Sources whose place it takes: those with the same content and some of the same symbols.

        Args:
            keys: Symbols and bar lengths it holds.

        Returns:
            Their ids.

        Raises:
            UsageError: When there are any and it may not replace them.
        """
        rivals = [
            manifest.id
            for manifest in self._present
            if self._same_content(manifest) and keys & {(item.symbol, item.interval_ns) for item in manifest.coverage}
        ]
        if rivals and not self._force:
            raise UsageError(
                f"{self._files[0].path}: the catalog holds this content already, read with other options, as "
                f"{rivals[0]}; --force replaces it"
            )
        return rivals

    def admit(self, instrument: Instrument) -> Instrument:
        """The instrument under the symbol its events will have.

        Args:
            instrument: As the file has it.

        Returns:
            The same, or named ``SYMBOL@venue`` where the catalog has that symbol from another venue.

        Raises:
            DataError: When it contradicts what the catalog holds of that symbol.
        """
        _, known = self._holders.get(instrument.symbol, ("", instrument))
        if known.venue and instrument.venue and known.venue != instrument.venue:
            instrument = msgspec.structs.replace(instrument, symbol=f"{instrument.symbol}@{instrument.venue}")
        holder, known = self._holders.get(instrument.symbol, ("", instrument))
        same_days = time_zone(known.calendar) == time_zone(instrument.calendar)
        if not same_days or any(getattr(known, name) != getattr(instrument, name) for name in MUST_AGREE):
            hint = (
                "Say what differs (--tick, --lot, --currency, --calendar), give it a --symbol of its own, or use "
                "another catalog."
            )
            expected = f"{known.symbol} as the catalog holds it from {holder}: {describe(known)}"
            raise DataError(Path(self._files[0].path), expected, describe(instrument), hint=hint)
        return instrument

    def _same_content(self, manifest: Manifest) -> bool:
        return manifest.files[0].sha256 == self._files[0].sha256


def describe(instrument: Instrument) -> str:
    """What an instrument's rows are measured in, in words."""
    venue = f" on {instrument.venue}" if instrument.venue else ""
    units = f"tick {instrument.tick_size}, lot {instrument.lot_size}"
    return f"{units}, {instrument.currency}, calendar {instrument.calendar}{venue}"
