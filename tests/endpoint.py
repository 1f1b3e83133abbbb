"""A server of chat completions on this machine: the real protocol, answered by a function.

`POST /v1/chat/completions` with `n`, `temperature`, `logprobs` and `top_logprobs`, usage and
finish reasons; faults in the shapes that real endpoints were recorded to send. No streaming.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

Body = dict[str, Any]
PATH = "/v1/chat/completions"
MOST_TOPS = 20


class Fault(NamedTuple):
    """An error in place of a reply."""

    status: int
    body: Body


class Token(NamedTuple):
    """A token as it was written, with the log-likelihoods of what might stand there."""

    text: str
    tops: Mapping[str, float]


@dataclass(frozen=True)
class Said:
    """One reply of a model."""

    text: str
    tokens: Sequence[Token] = ()
    """Given only where they are asked for; without any, the reply is one token for certain."""
    finish: str = "stop"
    refusal: str | None = None


Answer = Callable[[Body], Said | Fault]


class Endpoint:
    """A running server. `with Endpoint(answer) as endpoint:` ends it and its threads."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[Body] = []
        """Every request, in the order of arrival."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small replies at once: with Nagle's algorithm each would wait 40 ms.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.asked.append(body)
                fault = no_such_path(self.path) if self.path != PATH else None
                status, reply = fault or replied(body, answer)
                said = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            # A client that keeps its connection open must not keep the server from ending.
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        """What a client takes for its base."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def replied(body: Body, answer: Answer) -> Fault:
    """Status and body of the response to a request."""
    if fault := _wrong(body):
        return fault
    said = [answer(body) for _ in range(body.get("n") or 1)]
    for one in said:
        if isinstance(one, Fault):
            return one
    return Fault(200, completion(body, [one for one in said if isinstance(one, Said)]))


def _wrong(body: Body) -> Fault | None:
    """What real endpoints turn a request down for."""
    if not body.get("model") or not body.get("messages"):
        return declined("model" if not body.get("model") else "messages", "is required")
    tops = body.get("top_logprobs")
    if tops is not None and not body.get("logprobs"):
        return declined("top_logprobs", "needs logprobs to be true")
    if tops is not None and not 0 <= tops <= MOST_TOPS:
        return declined("top_logprobs", f"must be at most {MOST_TOPS}")
    return declined("stream", "is not supported here") if body.get("stream") else None


def completion(body: Body, said: Sequence[Said]) -> Body:
    """A whole chat completion."""
    read = sum(len(str(message.get("content"))) for message in body["messages"]) // 4
    wrote = sum(max(1, len(one.text) // 4) for one in said)
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [_choice(place, one, body) for place, one in enumerate(said)],
        "usage": {
            "prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote,
        },
    }  # fmt: skip


def _choice(place: int, said: Said, body: Body) -> Body:
    message = {"role": "assistant", "content": said.text or None, "refusal": said.refusal}
    told = None
    if body.get("logprobs"):
        tokens = said.tokens or (Token(said.text, {said.text: 0.0}),)
        told = {"content": [_token(one, body) for one in tokens], "refusal": None}
    return {"index": place, "finish_reason": said.finish, "logprobs": told, "message": message}


def _token(token: Token, body: Body) -> Body:
    likely = sorted(token.tops.items(), key=lambda pair: -pair[1])[: body.get("top_logprobs") or 0]
    tops = [_entry(text, value) for text, value in likely]
    return {**_entry(token.text, token.tops[token.text]), "top_logprobs": tops}


def _entry(text: str, value: float) -> Body:
    return {"token": text, "logprob": value, "bytes": list(text.encode())}


def declined(what: str, why: str = "is not supported here") -> Fault:
    """400 that names the field."""
    return _error(400, f"{what} {why}", "invalid_request_error", param=what)


def no_such_path(path: str) -> Fault:
    """404."""
    return _error(404, f"Invalid URL (POST {path})", "invalid_request_error")


def busy() -> Fault:
    """429, to be tried again."""
    return _error(429, "Rate limit reached. Please try again.", "tokens", "rate_limit_exceeded")


def down() -> Fault:
    """500."""
    return _error(500, "The server had an error while processing your request.", "server_error")


def filtered() -> Fault:
    """400 of a content filter that did not like the request."""
    why = "The response was filtered due to the prompt triggering the content management policy."
    return _error(400, why, "", "content_filter", param="prompt")


def no_key() -> Fault:
    """401."""
    why = "Incorrect API key provided."
    return _error(401, why, "invalid_request_error", "invalid_api_key")


def _error(
    status: int, message: str, kind: str, code: str | None = None, param: str | None = None
) -> Fault:
    error = {"message": message, "type": kind or None, "param": param, "code": code}
    return Fault(status, {"error": error})
