"""What a loopback endpoint answers where faults are measured: steady, struck, and noted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from memory.records import digest
from prompts import Message
from tools.endpoints.mock import Body, Fault, Faults, MockReply
from tools.endpoints.mock.faults import with_fault
from tools.endpoints.mock.rehearsal import Rehearsal


def part_of(body: Body) -> str:
    """The schema that a request is to be answered in; empty: none."""
    wanted = body.get("response_format") or {}
    return str(wanted.get("json_schema", {}).get("name", ""))


class RecordingModel:
    """The rehearsal, of which it is known what it was asked and what it answered.

    The same request gets the same reply, whatever was asked before, so that two runs can be
    compared. Its fault is drawn by what it says and how often it came: no order of arrival shows.

    latency: seconds until a reply begins; `slow`: the same for some parts. May change at any time.
    """

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.slow: dict[str, float] = {}
        self._faults, self._only = Faults({}), ""
        self._rehearsal = Rehearsal()
        self._said: dict[str, MockReply] = {}
        self.in_flight = 0
        """Requests that wait for their answer now."""
        self.forget()

    def strike(self, shares: Mapping[str, float], seed: int = 0, only: str = "") -> None:
        """From now on, faults at these shares; only: of one part, e.g. `Extraction`."""
        self._faults, self._only = Faults(shares, seed), only

    def forget(self) -> None:
        """Count anew; what was said to a request is still what it gets."""
        self.asked: Counter[str] = Counter()
        """Requests, by what they say: `Call.input_sha256`."""
        self.paid: Counter[str] = Counter()
        """Of these, the ones that were answered, and by a whole reply."""
        self.outcomes: Counter[str] = Counter()
        """Requests that came to an answer, by their fault, or `well`."""

    async def answer(self, body: Body) -> MockReply | Fault:
        """What is said to a request."""
        asked = digest(*(Message(turn["role"], turn["content"]) for turn in body["messages"]))
        self.asked[asked] += 1
        part = part_of(body)
        fault = ""
        if self._only in ("", part):
            fault = self._faults.drawn(int(digest(asked, self.asked[asked])[:12], 16))
        self.in_flight += 1
        try:
            await asyncio.sleep(self.slow.get(part, self.latency))
            if asked not in self._said:
                self._said[asked] = await asyncio.to_thread(self._rehearsal, body)
        finally:
            self.in_flight -= 1
        self.outcomes[fault or "well"] += 1
        if not fault:
            self.paid[asked] += 1
        return self._faults.error(fault) or with_fault(self._said[asked], fault)
