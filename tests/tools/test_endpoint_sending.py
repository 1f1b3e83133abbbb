"""Claims about sending: how often, for how long, and what ends it for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from benchmarks.doubles.endpoint import Fault, MockEndpoint, MockReply
from benchmarks.doubles.endpoint import busy as turned_away
from benchmarks.doubles.scripted import Scripted
from memory.errors import BadReply, EndpointTrouble
from tools.endpoints.clients import Pool, client
from tools.endpoints.endpoint import Endpoint
from tools.endpoints.keys import NoKey
from tools.endpoints.limiter import Limiter
from tools.endpoints.sending import DEAF, HICCUPS, QUIET, Sender, Sent

BUSY = BadReply("busy", "The endpoint is busy.")


class Scene:
    """A sender to a scripted model; waits take no time and are written down."""

    def __init__(self, script: Any, most: int = 1, patience: float = 120) -> None:
        self.model = Scripted(script=script)
        self.slept: list[float] = []
        self.told: list[str] = []
        self.limiter = Limiter(most)
        self.sender = Sender(
            self.model, "toy", self.limiter, patience, say=self.told.append, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def send(self, times: int = 1) -> list[Sent]:
        """So many requests, one after the other."""

        async def all_of_them() -> list[Sent]:
            return [await self.sender.send([HumanMessage("?")], {}) for _ in range(times)]

        return asyncio.run(all_of_them())


def reason(sent: Sent) -> str:
    return sent.trouble.reason if sent.trouble else ""


def always(fault: Exception) -> Callable[[str], Exception]:
    return lambda _: fault


@pytest.mark.parametrize("fault", [TimeoutError(), ConnectionResetError(), ValueError("no JSON")])
def test_what_may_pass_is_tried_again(fault: Exception) -> None:
    scene = Scene([fault, fault, "Osk."])
    [sent] = scene.send()
    assert (sent.attempts, sent.trouble) == (3, None)
    assert sent.message == AIMessage("Osk.", id=sent.message.id if sent.message else None)
    assert len(scene.slept) == 2


@given(st.integers(0, 2**32), st.floats(0, 600))
def test_nobody_tries_for_longer_than_its_patience_allows(seed: int, patience: float) -> None:
    """But for one more attempt, which even the impatient make."""
    scene = Scene(always(TimeoutError()), patience=patience)
    [sent] = scene.send()
    assert reason(sent) == "down"
    assert sent.attempts == len(scene.slept) + 1 >= 2
    assert sum(scene.slept) <= patience or sent.attempts == 2
    assert all(0 <= pause <= 60 for pause in scene.slept)


def test_a_body_that_is_no_reply_is_not_asked_for_for_ever() -> None:
    [sent] = Scene(always(ValueError("no JSON"))).send()
    assert (sent.attempts, reason(sent)) == (HICCUPS, "error_body")


@pytest.mark.parametrize("name", ["declined", "too_long", "filtered", "unsupported", "refused"])
def test_what_will_not_change_is_not_tried_again(name: str) -> None:
    scene = Scene(always(BadReply(name, "No.")))
    assert [(sent.attempts, reason(sent)) for sent in scene.send(4)] == [(1, name)] * 4


@pytest.mark.parametrize("name", ["key", "forbidden", "no_model", "quota"])
def test_what_every_request_would_meet_is_met_once(name: str) -> None:
    scene = Scene(always(EndpointTrouble(name, "No.", "Mend it.")))
    assert [(sent.attempts, reason(sent)) for sent in scene.send(3)] == [
        (1, name), (0, name), (0, name),
    ]  # fmt: skip


def test_who_gives_no_answer_to_three_in_a_row_is_taken_for_gone() -> None:
    scene = Scene(always(TimeoutError()), patience=2)
    sent = scene.send(DEAF + 2)
    assert [reason(one) for one in sent] == ["down"] * (DEAF + 2)
    assert [isinstance(one.trouble, EndpointTrouble) for one in sent] == [False] * 2 + [True] * 3
    assert [one.attempts for one in sent[DEAF:]] == [0, 0]


def test_as_many_as_may_be_in_flight_can_meet_one_bad_moment() -> None:
    scene = Scene([TimeoutError()] * 14 + ["Osk."], most=8, patience=0)
    sent = scene.send(8)
    assert [reason(one) for one in sent] == ["down"] * 7 + [""]
    assert scene.sender.dead is None


@pytest.mark.parametrize("word", ["Osk.", BadReply("declined", "No."), ValueError("no JSON")])
def test_any_word_of_it_shows_that_it_is_there(word: Any) -> None:
    """Even an error: then it is the request that is wrong."""
    silence = [TimeoutError()] * 2 * (DEAF - 1)
    words = [word] * (2 if isinstance(word, ValueError) else 1)
    scene = Scene([*silence, *words, *silence, "Osk."], patience=0)
    assert reason(scene.send(2 * DEAF)[-1]) == ""
    assert scene.sender.dead is None


@pytest.mark.parametrize(("after", "attempts"), [(0.2, 2), (7200.0, 1)])
def test_the_wait_that_is_asked_for_is_kept_unless_it_is_longer_than_our_patience(
    after: float, attempts: int
) -> None:
    """An endpoint that wants to be left until tomorrow must not hold a run without a word."""
    answers: list[Fault | MockReply] = [turned_away(after), MockReply("Osk.")]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def send(url: str) -> Sent:
        async with Pool() as pool:
            model = client(Endpoint(model="toy", url=url), NoKey(), pool)
            sender = Sender(model, "toy", Limiter(4), 120, sleep=sleep)
            return await sender.send([HumanMessage("?")], {})

    with MockEndpoint(lambda _: answers.pop(0)) as server:
        sent = asyncio.run(send(server.url))
    assert sent.attempts == attempts
    assert len(slept) == attempts - 1
    assert all(pause >= after for pause in slept)
    assert reason(sent) == ("" if attempts == 2 else "busy")


def test_the_limiter_learns_of_a_busy_endpoint() -> None:
    scene = Scene([BUSY, "Osk."], most=8)
    scene.send()
    assert scene.limiter.limit == 4


def test_a_wait_is_told_once_and_so_is_its_end() -> None:
    scene = Scene([TimeoutError()] * 40 + ["Osk."] + [TimeoutError()] * 40, patience=1e6)

    async def long() -> None:
        for _ in range(2):
            await scene.sender.send([HumanMessage("?")], {})

    with pytest.raises(IndexError):
        asyncio.run(long())
    assert sum(scene.slept) > QUIET
    assert [line.split(".")[0] for line in scene.told] == [
        "toy keeps us waiting", "toy answers", "toy keeps us waiting",
    ]  # fmt: skip


def test_a_bug_in_a_client_is_not_hidden() -> None:
    with pytest.raises(AttributeError):
        Scene(always(AttributeError("no such thing"))).send()
