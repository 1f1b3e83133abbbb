"""Claims about faults on demand: what a client raises at each, and who is struck."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections import Counter
from typing import Any

import aiohttp
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.doubles.endpoint import Body, Damage, Faults, MockEndpoint, MockReply, sent
from tools.endpoints.mock.faults import NAMES

ASKED: Body = {"model": "toy", "messages": [{"role": "user", "content": "Hello!"}]}
TEXT = '{"nuggets": [{"claim": "Osk resin melts at 412 kelvin."}]}'


def answer(body: Body) -> MockReply:
    return MockReply(TEXT)


def ask(endpoint: MockEndpoint, *, stream: bool = False, timeout: float = 20) -> Any:
    """What the official client makes of one request; of a stream, its chunks."""
    with openai.OpenAI(
        base_url=endpoint.url, api_key="k", max_retries=0, timeout=timeout
    ) as client:
        reply: Any = client.chat.completions.create(**ASKED, stream=stream)
        return list(reply) if stream else reply


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("429", openai.RateLimitError, "rate_limit_exceeded"),
        ("quota", openai.RateLimitError, "insufficient_quota"),
        ("500", openai.InternalServerError, None),
        ("502", openai.InternalServerError, None),
        ("503", openai.InternalServerError, "service_unavailable"),
        ("401", openai.AuthenticationError, "invalid_api_key"),
        ("403", openai.PermissionDeniedError, "permission_denied"),
        ("filtered", openai.BadRequestError, "content_filter"),
        ("too_long", openai.BadRequestError, "context_length_exceeded"),
        ("no_model", openai.NotFoundError, "model_not_found"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_raised_by_the_official_client_under_its_name(
    name: str, kind: type[openai.APIStatusError], code: str | None, stream: bool
) -> None:
    with MockEndpoint(answer, faults=Faults({name: 1.0})) as endpoint:
        with pytest.raises(kind) as caught:
            ask(endpoint, stream=stream)
        assert endpoint.stats.struck == {name: 1}
    assert caught.value.code == code


def test_a_busy_endpoint_says_how_long_to_wait_and_a_proxy_sends_a_page() -> None:
    faults = Faults({"429": 1.0}, retry_after=1.25)
    with (
        MockEndpoint(answer, faults=faults) as endpoint,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        ask(endpoint)
    told = caught.value.response.headers
    assert (told["retry-after"], told["retry-after-ms"]) == ("2", "1250")
    with MockEndpoint(answer, faults=Faults({"502": 1.0})) as endpoint:
        _, headers, page = sent(f"{endpoint.url}/chat/completions", ASKED)
    assert headers["content-type"] == "text/html"
    assert page.startswith(b"<html>")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (Damage.MALFORMED, ValueError),
        (Damage.TRUNCATED, openai.APIConnectionError),
        (Damage.STALLED, openai.APITimeoutError),
        (Damage.HANG, openai.APITimeoutError),
        (Damage.RESET, openai.APIConnectionError),
    ],
)
def test_damage_reaches_the_client_whole_or_streamed(
    damage: Damage, kind: type[Exception], stream: bool
) -> None:
    late = damage in (Damage.STALLED, Damage.HANG)
    faults = Faults({damage: 1.0})
    with MockEndpoint(answer, faults=faults) as endpoint, pytest.raises(kind) as caught:
        ask(endpoint, stream=stream, timeout=0.3 if late else 20)
    assert isinstance(caught.value, openai.APITimeoutError) == late


def test_a_stream_can_end_properly_and_too_early() -> None:
    """No client raises there; that no finish reason came is the only sign."""
    with MockEndpoint(answer, faults=Faults({"unfinished": 1.0})) as endpoint:
        chunks = ask(endpoint, stream=True)
    assert len(chunks) > 1
    assert not any(choice.finish_reason for chunk in chunks for choice in chunk.choices)


@pytest.mark.parametrize(
    ("name", "content", "finish", "refused"),
    [
        ("empty", "", "stop", False),
        ("refusal", None, "stop", True),
        ("filter", TEXT[: len(TEXT) // 2], "content_filter", False),
        ("cut", TEXT[: len(TEXT) // 2], "length", False),
    ],
)
def test_what_is_said_can_be_spoilt(
    name: str, content: str | None, finish: str, refused: bool
) -> None:
    with MockEndpoint(answer, faults=Faults({name: 1.0})) as endpoint:
        [choice] = ask(endpoint).choices
    assert (choice.message.content, choice.finish_reason) == (content, finish)
    assert bool(choice.message.refusal) == refused


def test_an_error_can_come_with_status_200() -> None:
    with MockEndpoint(answer, faults=Faults({"error_body": 1.0})) as endpoint:
        assert not ask(endpoint).choices
        status, _, data = sent(f"{endpoint.url}/chat/completions", ASKED)
    assert (status, list(json.loads(data))) == (200, ["error"])


shares = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 0.07), max_size=len(NAMES))


@given(shares, st.integers(), st.integers(0, 10**6))
def test_a_fate_depends_on_seed_and_number_alone(
    mixture: dict[str, float], seed: int, number: int
) -> None:
    faults = Faults(mixture, seed)
    written = ",".join(f"{name}={share!r}" for name, share in mixture.items())
    assert Faults.parse(written, seed) == faults
    assert faults.drawn(number) == Faults(mixture, seed).drawn(number)
    assert faults.drawn(number) in {"", *(name for name, share in mixture.items() if share)}


def test_a_mixture_strikes_by_its_shares() -> None:
    faults = Faults({"429": 0.1, "hang": 0.05, "reset": 0.2}, seed=3)
    count = 20_000
    found = Counter(faults.drawn(number) for number in range(count))
    for name, share in (*faults.shares.items(), ("", 0.65)):
        error = math.sqrt(share * (1 - share) / count)
        assert found[name] / count == pytest.approx(share, abs=4 * error)


@pytest.mark.parametrize(
    "text", ["429", "429=x", "snow=0.1", "429=0.6,500=0.6", "500=-0.1", "429=nan"]
)
def test_a_mixture_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no such fault|NAME=SHARE|shares are"):
        Faults.parse(text)


def test_among_64_in_flight_each_gets_its_own_fate() -> None:
    """Those that hang hold nobody up, and none is left when the server ends."""
    faults = Faults({"hang": 0.2, "reset": 0.2, "500": 0.2}, seed=1)

    async def one(session: aiohttp.ClientSession, url: str) -> str:
        try:
            async with session.post(url, json=ASKED) as reply:
                await reply.read()
                return "500" if reply.status == 500 else ""
        except TimeoutError:
            return "hang"
        except aiohttp.ClientError:
            return "reset"

    async def all_of_them(url: str) -> list[str]:
        patience = aiohttp.ClientTimeout(total=3)
        async with aiohttp.ClientSession(timeout=patience) as session:
            return list(await asyncio.gather(*(one(session, url) for _ in range(64))))

    with MockEndpoint(answer, faults=faults) as endpoint:
        found = Counter(asyncio.run(all_of_them(f"{endpoint.url}/chat/completions")))
        assert endpoint.stats.requests == 64
    assert found == Counter(faults.drawn(number) for number in range(1, 65))


def test_ending_the_server_ends_what_hangs() -> None:
    with MockEndpoint(answer, faults=Faults({"hang": 1.0})) as endpoint:
        seen: list[object] = []

        def wait() -> None:
            try:
                seen.append(sent(f"{endpoint.url}/chat/completions", ASKED))
            except OSError as fault:
                seen.append(fault)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not endpoint.stats.requests:
            time.sleep(0.001)
    waiting.join(30)
    assert not waiting.is_alive()
    assert isinstance(seen[0], ConnectionError)
