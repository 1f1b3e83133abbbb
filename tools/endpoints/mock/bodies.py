"""Bodies of the protocol, key by key in the order in which real endpoints write them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import uuid4

from tools.endpoints.mock.replies import Body, MockReply, MockToken, ToolCall

FINGERPRINT = "fp_mock"
DIMENSIONS = 256
DONE = b"data: [DONE]\n\n"
_PIECE = re.compile(r"\s*\w{1,8}|\s*[^\w\s]|\s+")


def encoded(value: Any) -> bytes:
    """JSON as it goes over the wire."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # Half a character can only be spelt.
        return json.dumps(value, separators=(",", ":")).encode()


@lru_cache(maxsize=64)
def pieces(text: str) -> tuple[str, ...]:
    """A text in tokens of a word or less; joined they are the text again."""
    return tuple(_PIECE.findall(text))


def completion(body: Body, said: Sequence[MockReply]) -> Body:
    """A whole chat completion: one choice for each that was said."""
    said = [fitted(one, body) for one in said]
    return {
        "id": f"chatcmpl-{uuid4().hex[:29]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [_choice(place, one, body) for place, one in enumerate(said)],
        "usage": usage(body, said),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def chunks(body: Body, said: Sequence[MockReply]) -> Iterator[Body]:
    """The same as the chunks of a stream: role, pieces, finish; usage last where it is wanted."""
    said = [fitted(one, body) for one in said]
    counted = bool((body.get("stream_options") or {}).get("include_usage"))
    head = {
        "id": f"chatcmpl-{uuid4().hex[:29]}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }
    tail = {"usage": None} if counted else {}
    for place, one in enumerate(said):
        for delta, told, finish in _deltas(one, body):
            choice = {"index": place, "delta": delta, "logprobs": told, "finish_reason": finish}
            yield {**head, "choices": [choice], **tail}
    if counted:
        yield {**head, "choices": [], "usage": usage(body, said)}


def demanded(body: Body) -> str:
    """Name of the tool that a request demands; empty: of none."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        return str(choice["function"]["name"])
    return str(body["tools"][0]["function"]["name"]) if choice == "required" else ""


def fitted(said: MockReply, body: Body) -> MockReply:
    """What is said as the request has it: by the tool it demands, within its limit of tokens."""
    tool = demanded(body)
    if tool and said.text and not (said.calls or said.refusal):
        said = replace(said, text="", tokens=(), calls=(ToolCall(tool, said.text),))
    # Where one tool is demanded by name, real endpoints finish with `stop`.
    if said.calls and said.finish == "stop" and not isinstance(body.get("tool_choice"), dict):
        said = replace(said, finish="tool_calls")
    room = body.get("max_completion_tokens") or body.get("max_tokens")
    return _limited(said, room) if room and completion_tokens(said) > room else said


def _limited(said: MockReply, room: int) -> MockReply:
    tokens = said.tokens[:room]
    parts = [token.text for token in tokens] or pieces(said.text)[:room]
    room -= len(parts)
    refusal = said.refusal and "".join(pieces(said.refusal)[:room])
    calls = []
    for call in said.calls:
        kept = pieces(call.arguments)[:room]
        room -= len(kept)
        if kept:
            calls.append(call._replace(arguments="".join(kept)))
    return replace(
        said, text="".join(parts), tokens=tokens, refusal=refusal, calls=calls, finish="length"
    )


def completion_tokens(said: MockReply) -> int:
    """Tokens written."""
    texts = (said.refusal or "", *(call.arguments for call in said.calls))
    spoken = len(said.tokens) or len(pieces(said.text))
    return spoken + sum(len(pieces(text)) for text in texts)


def usage(body: Body, said: Sequence[MockReply]) -> Body:
    """Tokens read, a quarter of the characters, and written."""
    read = sum(len(str(message.get("content"))) for message in body["messages"]) // 4
    wrote = sum(max(1, completion_tokens(one)) for one in said)
    return {
        "prompt_tokens": read,
        "completion_tokens": wrote,
        "total_tokens": read + wrote,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _choice(place: int, said: MockReply, body: Body) -> Body:
    message: Body = {"role": "assistant", "content": said.text}
    if said.calls or said.refusal:
        message["content"] = said.text or None
    if said.calls:
        message["tool_calls"] = [_call(call) for call in said.calls]
    message |= {"refusal": said.refusal, "annotations": []}
    told = None
    if body.get("logprobs"):
        told = _likelihoods(said, _tokens(said), body)
    return {"index": place, "message": message, "logprobs": told, "finish_reason": said.finish}


def _call(call: ToolCall) -> Body:
    called = {"name": call.name, "arguments": call.arguments}
    return {"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": called}


def _deltas(said: MockReply, body: Body) -> Iterator[tuple[Body, Body | None, str | None]]:
    """Delta, likelihoods and finish reason of each chunk of a choice."""
    asked = bool(body.get("logprobs"))
    field = "refusal" if said.refusal else "content"
    begun: Body = {"role": "assistant", "content": "", "refusal": None}
    if said.refusal:
        begun = {"role": "assistant", "content": None, "refusal": ""}
    headers = [
        {"index": at, **_call(call._replace(arguments=""))} for at, call in enumerate(said.calls)
    ]
    if headers and not said.text:
        # A single call begins in the first chunk; several begin each in a chunk of its own.
        first = {"tool_calls": [headers.pop()]} if len(headers) == 1 else {}
        begun = {"role": "assistant", "content": None, **first, "refusal": None}
    yield begun, _likelihoods(said, [], body) if asked else None, None
    for token in _tokens(said):
        yield {field: token.text}, _likelihoods(said, [token], body) if asked else None, None
    for at, call in enumerate(said.calls):
        if headers:
            yield {"tool_calls": [headers[at]]}, None, None
        for piece in pieces(call.arguments):
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}, None, None
    yield {}, None, said.finish


def _tokens(said: MockReply) -> Sequence[MockToken]:
    """The tokens of what is said; where none are given, each is certain."""
    plain = pieces(said.refusal or said.text)
    return said.tokens or [MockToken(piece, {piece: 0.0}) for piece in plain]


def _likelihoods(said: MockReply, tokens: Sequence[MockToken], body: Body) -> Body:
    told = [_likelihood(token, body) for token in tokens]
    return (
        {"content": None, "refusal": told} if said.refusal else {"content": told, "refusal": None}
    )


def _likelihood(token: MockToken, body: Body) -> Body:
    likely = sorted(token.tops.items(), key=lambda pair: -pair[1])[: body.get("top_logprobs") or 0]
    tops = [_entry(text, value) for text, value in likely]
    return {**_entry(token.text, token.tops[token.text]), "top_logprobs": tops}


def _entry(text: str, value: float) -> Body:
    return {"token": text, "logprob": value, "bytes": list(text.encode("utf-8", "surrogatepass"))}


def events(body: Body, said: Sequence[MockReply]) -> list[bytes]:
    """The chunks as events, and the one that ends a stream."""
    return [b"data: %b\n\n" % encoded(chunk) for chunk in chunks(body, said)] + [DONE]


def embeddings(body: Body) -> Body:
    """Vectors of length 1 for one input or more; texts with words in common are near each other."""
    inputs = body["input"]
    if isinstance(inputs, str) or (inputs and isinstance(inputs[0], int)):
        inputs = [inputs]
    words = [re.findall(r"\w+", text.lower()) if isinstance(text, str) else text for text in inputs]
    vectors = [_vector(found, body.get("dimensions") or DIMENSIONS) for found in words]
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": at, "embedding": _packed(one) if packed else one}
        for at, one in enumerate(vectors)
    ]
    read = sum(map(len, words))
    told = {"prompt_tokens": read, "total_tokens": read}
    return {"object": "list", "data": data, "model": body["model"], "usage": told}


def _vector(words: Sequence[object], size: int) -> list[float]:
    vector = [0.0] * size
    for word in words or [""]:
        place = int.from_bytes(hashlib.blake2b(str(word).encode(), digest_size=8).digest())
        vector[place % size] += 1.0 if place >> 63 else -1.0
    # Words that cancel each other out leave nothing to measure.
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def model(name: str) -> Body:
    """One entry of the list of models."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "goldpan"}


def models(names: Sequence[str]) -> Body:
    """The list of models."""
    return {"object": "list", "data": [model(name) for name in names]}
