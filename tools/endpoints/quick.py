"""langchain's client for OpenAI by a shorter way: what is asked and what is answered is the same.

The stock client checks each message of a request against its type, copies the request twice, makes
a model of the reply's JSON, takes it apart again, and does so in another thread, which waits for
ours to let go. Together that takes longer than all the rest of a call.
"""

from __future__ import annotations

from typing import Any

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import PrivateAttr, SecretStr


class QuickOpenAI(BaseChatOpenAI):
    """Chat completions, asynchronous and whole. Stands before other classes of langchain-openai.

    Its `http_async_client` is required, and says how long a call may take. The `extra_body` of a
    call is added to the model's own. A body that is no completion raises ValueError; else it raises
    what the openai package does.
    """

    _headers: dict[str, str] = PrivateAttr(default_factory=dict)
    """The openai package's, which takes long to compose them: they stay the same."""

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        response = await self._post(self.payload(messages, stop=stop, **kwargs))
        try:
            body = response.json()
        except ValueError as fault:
            raise _no_completion(fault) from None
        return self.completed(body)

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
        """A reply that is no error."""
        api: Any = self.root_async_client
        http: Any = self.http_async_client
        if not self._headers:
            told = api.default_headers
            self._headers = {name: one for name, one in told.items() if isinstance(one, str)}
        try:
            response: httpx2.Response = await http.post(
                f"{api.base_url}chat/completions",
                params=self.default_query,
                headers={**self._headers, "Authorization": f"Bearer {await self._bearer()}"},
                json=body,
            )
        except httpx2.TimeoutException as late:
            raise openai.APITimeoutError(request=late.request) from late
        except httpx2.RequestError as fault:
            raise openai.APIConnectionError(request=fault.request) from fault
        if not response.is_success:
            raise api._make_status_error_from_response(response)
        return response

    async def _bearer(self) -> str:
        """The key, which may be another at each call."""
        key: Any = self.openai_api_key
        return key.get_secret_value() if isinstance(key, SecretStr) else str(await key())

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
