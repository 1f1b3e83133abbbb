"""Which failures are worth another try. The library's default retries 404, and not timeouts."""

from __future__ import annotations

from langgraph.types import RetryPolicy

from memory.errors import Locked, SourceDown


def worth_retrying(fault: BaseException) -> bool:
    """Whether the same call may succeed a moment later: the network, or a busy database."""
    return isinstance(fault, SourceDown | Locked | ConnectionError | TimeoutError)


RETRY = RetryPolicy(max_attempts=3, initial_interval=0.5, jitter=True, retry_on=worth_retrying)
