"""Argo's own interface: the user's name in each request, and a reply of one field.

It counts no tokens and does not tell why a reply ended. Its newer address, which ends in /v1,
speaks OpenAI's protocol and needs nothing of this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

import httpx2
import openai
from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, SkipValidation

from tools.endpoints.endpoint import Endpoint

_KNOWN = {"stop", "temperature", "top_p", "max_tokens", "max_completion_tokens"}
"""Fields that its own interface documents, beside the messages."""
_THINKS = re.compile(r"gpto\d|gpt5")
"""Its names of OpenAI's models that want `max_completion_tokens` and their own temperature."""


class ArgoChat(BaseChatModel):
    """A model behind Argo's own interface; asynchronous calls only."""

    model: str
    user: str
    fields: dict[str, Any] = Field(default_factory=dict)
    """More fields of every request."""
    api: SkipValidation[Any] = Field(exclude=True, repr=False)

    @classmethod
    def at(cls, endpoint: Endpoint, http: httpx2.AsyncClient) -> Self:
        """The model that a section names."""
        thinks = bool(_THINKS.match(endpoint.model))
        fields: dict[str, Any] = dict(endpoint.extra)
        if endpoint.temperature is not None and (
            not thinks or "temperature" in endpoint.model_fields_set
        ):
            fields["temperature"] = endpoint.temperature
        if endpoint.max_tokens:
            fields["max_completion_tokens" if thinks else "max_tokens"] = endpoint.max_tokens
        api = openai.AsyncOpenAI(
            base_url=endpoint.base,
            # Argo knows its users by name; the client insists on a key.
            api_key=endpoint.user,
            default_headers=endpoint.headers or None,
            http_client=http,
            timeout=endpoint.timeout,
            max_retries=0,
        )
        return cls(model=endpoint.model, user=endpoint.user, fields=fields, api=api)

    @property
    def _llm_type(self) -> str:
        return "argo"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("asynchronous calls only")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        """One call. Raises NotImplementedError for what the interface has no field for."""
        asked = {**kwargs.pop("extra_body", {}), **kwargs, **({"stop": stop} if stop else {})}
        if unknown := sorted(set(asked) - _KNOWN):
            raise NotImplementedError(f"Argo's own interface has no {', '.join(unknown)}")
        turns = convert_to_openai_messages(messages)
        body = {
            "user": self.user, "model": self.model, "messages": turns, **self.fields, **asked,
        }  # fmt: skip
        reply = await self.api.post("", body=body, cast_to=object)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(_said(reply)))])


def _said(reply: object) -> str:
    """What a reply says. Raises ValueError where it says nothing."""
    told = reply.get("response") if isinstance(reply, Mapping) else None
    if isinstance(told, Mapping):
        told = told.get("content")
    if not isinstance(told, str):
        raise ValueError(f"a body without a response: {str(reply)[:200]}")
    return told
