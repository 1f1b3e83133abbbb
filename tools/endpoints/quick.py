"""langchain's client for OpenAI by a shorter way: what is asked and what is answered is the same.

The stock client checks each message of a request against its type, makes a model of the reply's
JSON, takes it apart again, and does so in another thread, which waits for ours to let go.
"""

from __future__ import annotations

from typing import Any

import httpx2
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI


class QuickOpenAI(BaseChatOpenAI):
    """Chat completions, asynchronous and whole. Stands before other classes of langchain-openai.

    The `extra_body` of a call is added to the model's own. A body that is no completion raises
    ValueError; else it raises what the openai package does.
    """

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        response = await self.root_async_client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=self.payload(messages, stop=stop, **kwargs),
        )
        try:
            body = response.json()
        except ValueError as fault:
            raise _no_completion(fault) from None
        return self.completed(body)

    def payload(self, messages: list[BaseMessage], **options: Any) -> dict[str, Any]:
        """The body of a request. options: as `ainvoke` takes them."""
        body = self._get_request_payload(messages, **options)
        body |= {**(self.extra_body or {}), **(body.pop("extra_body", None) or {})}
        return body

    def completed(self, body: Any) -> ChatResult:
        """What the body of a reply says. Raises ValueError where it is no completion."""
        try:
            result = self._create_chat_result(body)
            for generation, choice in zip(result.generations, body["choices"], strict=True):
                if refusal := choice["message"].get("refusal"):
                    # langchain takes it from the stock client's model of a reply only.
                    generation.message.additional_kwargs["refusal"] = refusal
        except (AttributeError, LookupError, TypeError, ValueError) as fault:
            raise _no_completion(fault) from None
        if not result.generations:
            raise ValueError("a chat completion without a choice")
        return result


def _no_completion(fault: Exception) -> ValueError:
    return ValueError(f"no chat completion ({type(fault).__name__}: {fault})")
