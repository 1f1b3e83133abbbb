"""What a client raised, by name: whether another try may help, and what a person can do.

The text of an error is told to people and never taken for an answer.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import openai
from langchain_core.exceptions import ContextOverflowError

from memory.errors import BadReply, EndpointTrouble
from tools.endpoints.keys import scrub

_FILTERED = ("content_filter", "content management policy", "content_policy_violation")
_TOO_LONG = ("context_length_exceeded", "maximum context length", "context window", "context size")
_QUOTA = ("insufficient_quota", "exceeded your current quota", "billing", "payment required")
LONGEST = 300
"""Characters kept of what an endpoint says of a fault."""


class FailedAttempt(NamedTuple):
    """What became of one attempt."""

    trouble: BadReply | EndpointTrouble
    again: bool = False
    """Whether the same request may succeed a moment later."""
    after: float | None = None
    """Seconds that the endpoint asked us to wait."""


def fault_of(raised: Exception, secrets: Iterable[str] = ()) -> FailedAttempt | None:
    """The fault behind what a client raised; None where that is a bug of ours.

    secrets: taken out of the words, should an endpoint repeat a key. Whoever raises the trouble
    must not chain it to what the client raised: that still has them.
    """
    if fault := _fault_of(raised):
        # Before it is cut: half a key is a key for whoever guesses the rest.
        told = scrub(fault.trouble.what, secrets)
        told = told if told.endswith((".", "!", "?")) else f"{told}."
        fault.trouble.what = told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
        # Exceptions show the arguments they were made with.
        fault.trouble.args = (fault.trouble.what,)
    return fault


def _fault_of(raised: Exception) -> FailedAttempt | None:
    if isinstance(raised, BadReply | EndpointTrouble):
        return FailedAttempt(raised)
    if isinstance(raised, ContextOverflowError):
        return FailedAttempt(_too_long())
    if isinstance(raised, openai.APIStatusError):
        return _of_status(raised)
    if isinstance(raised, openai.APITimeoutError | TimeoutError):
        return FailedAttempt(BadReply("down", "The endpoint did not answer in time."), True)
    if isinstance(raised, openai.APIConnectionError | ConnectionError):
        told = f"The endpoint did not answer ({_why(raised)})."
        return FailedAttempt(BadReply("down", told), True)
    if isinstance(raised, NotImplementedError):
        return FailedAttempt(BadReply("unsupported", f"The endpoint cannot do that: {raised}"))
    if isinstance(raised, openai.OpenAIError | ValueError):
        # How our clients tell of a body that is no JSON, has no choices, or an error in a 200.
        return FailedAttempt(BadReply("error_body", f"The endpoint sent no reply: {raised}"), True)
    return None


def salvaged(raised: Exception) -> str:
    """What a model wrote that its endpoint could not fit to the schema, where it sends it along."""
    body = getattr(raised, "body", None)
    text = body.get("failed_generation") if isinstance(body, dict) else None
    return text if isinstance(text, str) else ""


def _of_status(raised: openai.APIStatusError) -> FailedAttempt:
    told = f"{raised.code or ''} {_said(raised)}".strip()
    status = raised.status_code
    after = retry_after(raised.response.headers)
    if status == 402 or (status == 429 and _any(_QUOTA, told)):
        return FailedAttempt(_trouble(402, told))
    if status == 429:
        return FailedAttempt(BadReply("busy", f"The endpoint is busy: {told}"), True, after)
    if status >= 500 or status in (408, 409, 425):
        return FailedAttempt(
            BadReply("down", f"The endpoint failed ({status}): {told}"), True, after
        )
    # Before the context: a filter's message may quote the text it did not like.
    if _any(_FILTERED, told):
        return FailedAttempt(
            BadReply("filtered", "The endpoint's content filter refused the text.")
        )
    if status in _LASTING:
        return FailedAttempt(_trouble(status, told))
    if raised.code == "model_not_found":
        return FailedAttempt(_trouble(404, told))
    # langchain-openai 1.7 looks for the code in the message, where it does not stand.
    if status == 413 or _any(_TOO_LONG, told):
        return FailedAttempt(_too_long())
    return FailedAttempt(
        BadReply("declined", f"The endpoint declined the request ({status}): {told}")
    )


_LASTING = {
    401: ("key", "The endpoint does not accept the key",
          "Check the key that its section in goldpan.toml names, then: goldpan doctor."),
    402: ("quota", "The endpoint's quota is used up",
          "Raise the quota or bind another endpoint, then: goldpan runs resume."),
    403: ("forbidden", "The endpoint does not allow this",
          "Ask whoever runs it whether your key may use this model."),
    404: ("no_model", "The endpoint has no such model or address",
          "Check model and url in its section of goldpan.toml; goldpan doctor lists its models."),
}  # fmt: skip
"""What every other request would meet too, by status."""


def _said(raised: openai.APIStatusError) -> str:
    """The endpoint's own words; the client's are these with the whole body around them."""
    body = raised.body
    told = body.get("message") or body.get("detail") if isinstance(body, dict) else None
    return told if isinstance(told, str) else raised.message


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait, by `Retry-After` (seconds or a date) or `retry-after-ms`; None: not said."""
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    if (seconds := _number(said)) is not None:
        return seconds
    try:
        date = email.utils.parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, date - (time.time() if now is None else now))


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(?:\.\d{1,9})?\s*", text) else None


def _any(signs: tuple[str, ...], told: str) -> bool:
    return any(sign in told.lower() for sign in signs)


def _too_long() -> BadReply:
    return BadReply("too_long", "What was asked is longer than the model can read.")


def _trouble(status: int, told: str) -> EndpointTrouble:
    reason, what, fix = _LASTING[status]
    return EndpointTrouble(reason, f"{what}: {told}", fix)


def _why(raised: Exception) -> str:
    """The innermost cause says most: `Connection error.` says nothing."""
    inner: BaseException = raised
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return str(inner) or type(inner).__name__
