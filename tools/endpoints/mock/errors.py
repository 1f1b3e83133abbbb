"""Errors in the shapes that real endpoints send; wordings after recordings and documentation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from tools.endpoints.mock.replies import Body, Fault

INVALID = "invalid_request_error"


def error(
    status: int, message: str, kind: str | None, code: str | None = None, param: str | None = None
) -> Fault:
    """An error as OpenAI words it."""
    return Fault(
        status, {"error": {"message": message, "type": kind, "param": param, "code": code}}
    )


def declined(what: str, why: str = "is not supported here", code: str | None = None) -> Fault:
    """400 that names the field."""
    return error(400, f"'{what}' {why}", INVALID, code, what)


def missing(what: str) -> Fault:
    """400: a field is not there."""
    return error(
        400, f"Missing required parameter: '{what}'.", INVALID, "missing_required_parameter", what
    )


def not_json() -> Fault:
    """400."""
    why = (
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't "
        "using your HTTP library correctly. The API expects a JSON payload.)"
    )
    return error(400, why, INVALID)


def no_such_path(path: str, method: str = "POST") -> Fault:
    """404."""
    return error(404, f"Invalid URL ({method} {path})", INVALID)


def no_such_method(path: str, method: str) -> Fault:
    """405."""
    why = f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different method?)"
    return error(405, why, INVALID, "method_not_supported")


def no_such_model(name: str) -> Fault:
    """404."""
    why = f"The model `{name}` does not exist or you do not have access to it."
    return error(404, why, INVALID, "model_not_found", "model")


def no_key() -> Fault:
    """401: none was sent."""
    why = (
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
    )
    return error(401, why, INVALID)


def wrong_key(key: str = "sk-wrong-mock-key") -> Fault:
    """401. The wrong key is shown as endpoints show it: its ends, the middle starred."""
    shown = f"{key[:8]}****{key[-4:]}" if len(key) > 12 else "****"
    why = (
        f"Incorrect API key provided: {shown}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return error(401, why, INVALID, "invalid_api_key")


def forbidden() -> Fault:
    """403."""
    why = "You are not allowed to generate with this model."
    return error(403, why, INVALID, "permission_denied")


def busy(after: float | None = None) -> Fault:
    """429, to be tried again. after: seconds that it asks to wait, told in two headers."""
    wait: Mapping[str, str] = MappingProxyType({})
    if after is not None:
        wait = {"retry-after": str(math.ceil(after)), "retry-after-ms": str(round(after * 1000))}
    why = (
        "Rate limit reached for mock on tokens per min (TPM): Limit 30000, Used 29900, Requested "
        f"400. Please try again in {round((after or 0.374) * 1000)}ms."
    )
    return error(429, why, "tokens", "rate_limit_exceeded")._replace(headers=wait)


def used_up() -> Fault:
    """429, not to be tried again: a quota."""
    why = "You exceeded your current quota, please check your plan and billing details."
    return error(429, why, "insufficient_quota", "insufficient_quota")


def down() -> Fault:
    """500."""
    return error(500, "The server had an error while processing your request.", "server_error")


def bad_gateway() -> Fault:
    """502 of a proxy: a page, no JSON."""
    page = (
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Fault(502, page, {"content-type": "text/html"})


def overloaded() -> Fault:
    """503."""
    why = "The engine is currently overloaded, please try again later."
    return error(503, why, "server_error", "service_unavailable")


def filtered() -> Fault:
    """400 of a content filter that did not like the request, as Azure sends it."""
    why = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management "
        "policy. Please modify your prompt and retry."
    )
    hate = {"filtered": True, "severity": "high"}
    safe = {"filtered": False, "severity": "safe"}
    found = {"hate": hate, "self_harm": safe, "sexual": safe, "violence": safe}
    inner: Body = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": found}
    told = {"message": why, "type": None, "param": "prompt", "code": "content_filter"}
    return Fault(400, {"error": {**told, "status": 400, "innererror": inner}})


def too_long(limit: int = 8192, asked: int = 12000) -> Fault:
    """400: more tokens than the model can read."""
    why = (
        f"This model's maximum context length is {limit} tokens. However, your messages resulted "
        f"in {asked} tokens. Please reduce the length of the messages."
    )
    return error(400, why, INVALID, "context_length_exceeded", "messages")


def error_in_ok() -> Fault:
    """200, and yet an error: how some gateways tell that the model behind them failed."""
    return Fault(200, {"error": {"message": "Provider returned error", "code": 502}})
