"""Many requests in one file: ALCF's batch mode. The file lies on its disks, and so do replies.

Lines are in OpenAI's format. How a file gets there and back is left to whoever may write there.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from memory.errors import EndpointTrouble
from tools.endpoints.clients import PlainChat

MOST = 150_000
"""Requests that ALCF takes in one file."""
PAUSE = 60
"""Seconds between two questions for a batch's status."""
ENDED = ("completed", "failed")


class Collected(NamedTuple):
    """What came of the requests; each is in one of the first two."""

    replies: dict[str, dict[str, Any]]
    """Bodies of completions by the request's id."""
    failed: dict[str, str]
    """Why there is none, by the request's id."""
    left_out: Counter[str]
    """Lines that were no use, by what they are."""


class BatchResult(NamedTuple):
    """Where an ended batch lies."""

    results_file: str
    responses: int


def write(requests: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Requests by id, as a file to submit. Raises ValueError where there are too many for one."""
    if not 0 < len(requests) <= MOST:
        raise ValueError(f"a batch of {len(requests)} requests, and 1 to {MOST} fit")
    with path.open("w", encoding="utf-8") as file:
        for name, body in requests.items():
            line = {
                "custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body,
            }  # fmt: skip
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def collect(lines: Iterable[str | bytes], wanted: Iterable[str]) -> Collected:
    """The replies to these requests, by id: their order is no order.

    A request that failed and was then answered counts as answered; of two replies the first holds.
    """
    replies: dict[str, dict[str, Any]] = {}
    failed = dict.fromkeys(wanted, "no line of the results is its reply")
    left_out: Counter[str] = Counter()
    for line in filter(_written, lines):
        name, reply, fault = _read(line)
        if name not in failed:
            left_out["reply to something else" if name else fault] += 1
        elif reply is None:
            failed[name] = fault
        elif name in replies:
            left_out["second reply to one request"] += 1
        else:
            replies[name] = reply
    why = {name: fault for name, fault in failed.items() if name not in replies}
    return Collected(replies, why, left_out)


def _written(line: str | bytes) -> bool:
    return bool(line.strip())


def _read(line: str | bytes) -> tuple[str, dict[str, Any] | None, str]:
    """A line's id, and its reply or the fault in its place."""
    try:
        told = json.loads(line)
        name, error = str(told["custom_id"]), told.get("error")
        response = told.get("response") or {}
        status, body = response.get("status_code"), response.get("body")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "", None, "line that is no result"
    if error or status != 200 or not isinstance(body, dict) or not body.get("choices"):
        return name, None, f"{status or 'no status'}: {str(error or body)[:200]}"
    return name, body, ""


class Batches:
    """The batches of one user at ALCF."""

    def __init__(
        self, model: PlainChat, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """model: the client of an endpoint of kind alcf, whose address says which cluster."""
        self._api: Any = model.root_async_client
        self._model = model.model_name
        self._sleep = sleep
        # Submitted to one cluster, asked for at the door of all.
        door, _, _ = str(self._api.base_url).partition("/resource_server")
        self._root = f"{door}/resource_server/v1/batches"

    async def submit(self, input_file: str, output_folder: str = "") -> str:
        """The batch's id. Both paths are ALCF's own; raises what the openai package raises."""
        body = {"model": self._model, "input_file": input_file}
        if output_folder:
            body["output_folder_path"] = output_folder
        told = await self._api.post("/batches", body=body, cast_to=object)
        if not isinstance(told, Mapping) or not told.get("batch_id"):
            raise EndpointTrouble("down", f"No batch was made: {str(told)[:200]}.")
        return str(told["batch_id"])

    async def status(self, batch: str) -> str:
        """pending, running, failed or completed."""
        told = await self._api.get(f"{self._root}/{batch}", cast_to=object)
        return str(told.get("status") if isinstance(told, Mapping) else told).strip('"')

    async def ended(self, batch: str, pause: float = PAUSE) -> BatchResult:
        """Wait for its end, however long that takes. Raises EndpointTrouble where it failed."""
        while (status := await self.status(batch)) not in ENDED:
            await self._sleep(pause)
        return await self.result(batch, status)

    async def result(self, batch: str, status: str) -> BatchResult:
        """Where the results of an ended batch lie. Raises EndpointTrouble where it failed."""
        told = await self._api.get(f"{self._root}/{batch}/result", cast_to=object)
        if status == "failed" or not isinstance(told, Mapping) or not told.get("results_file"):
            raise EndpointTrouble("down", f"Batch {batch} failed: {str(told)[:300]}.")
        metrics = told.get("metrics") or {}
        return BatchResult(str(told["results_file"]), int(metrics.get("num_responses") or 0))
