"""A Hugging Face causal language model in this process: the model to be taught.

Safetensors only, no code from the model's directory, float32 on a processor. How many tokens are
computed for a set of choices is `scoring`'s business; what a directory must hold is `files`'.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from memory.errors import BadModel
from tools.models import Choice, OptionScore
from tools.models.files import check_adapter, fingerprint, is_whole, locate
from tools.models.forest import Sequel, common
from tools.models.scoring import scorer
from tools.threads import quieten

__all__ = ["HFTarget", "fingerprint"]

WINDOW = 2048
"""Tokens of context where a model's configuration names no limit."""
PIECE = 512
"""Tokens of a text that are predicted after one and the same window."""
ALIKE = 100
"""Characters that must be alike before and behind a place where texts are cut for tokenising."""


class HFTarget:
    """A base model, with an adapter or without, behind the Target interface."""

    def __init__(self, model: Any, tokenizer: Any, sha256: str, parameters: int) -> None:
        """model, tokenizer: as transformers loads them; use `load` for directories."""
        self.model = model
        self.tokenizer = tokenizer
        self.sha256 = sha256
        self.parameters = parameters
        self.window: int = getattr(model.config, "max_position_embeddings", 0) or WINDOW
        self._ends = end_ids(model, tokenizer)
        bos = tokenizer.bos_token_id
        self._first: int = bos if bos is not None else min(self._ends, default=0)
        self._closes = self.tokenizer("a")["input_ids"][-1] in self._ends
        self._score = scorer(model)

    @classmethod
    def load(
        cls, base: str | Path, adapter: str | Path | None = None, device: str = "auto"
    ) -> Self:
        """device: `auto` (a CUDA device where there is one), `cpu`, `cuda`, ….

        Raises BadModel for a directory that is missing, damaged, pickled or mismatched.
        """
        folder = locate(base)
        if adapter:
            check_adapter(Path(adapter), folder)
        whole = Path(adapter) if adapter and is_whole(Path(adapter)) else None
        model, tokenizer = load_parts(whole or folder, device)
        parameters = model.num_parameters()
        if adapter and not whole:
            model = with_adapter(model, Path(adapter))
        return cls(model, tokenizer, fingerprint(folder, adapter), parameters)

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        """One list per choice. An option without a character scores (0.0, 0).

        A context too long for the model loses its beginning; an option never loses anything.
        """
        chosen = self.sequels(choices)
        sums = iter(self._score(self.model, list(itertools.chain.from_iterable(chosen))))
        return [[OptionScore(next(sums), len(s.ids) - s.start) for s in own] for own in chosen]

    def sequels(self, choices: Sequence[Choice]) -> list[list[Sequel]]:
        """Each choice's options as tokens that fit the window: what the model is given to read."""
        return [
            [self._fitted(sequel, longest) for sequel in sequels]
            for sequels, longest in self._joined(choices)
        ]

    def _joined(self, choices: Sequence[Choice]) -> Iterator[tuple[list[Sequel], int]]:
        """Each option as a true continuation: tokenised together with its context.

        The option's tokens begin where the joint text's tokens leave those of the context alone;
        a token across the seam is the option's. Spaces at the end of a context go to the option,
        as tokenizers write a space at the head of a word. With it: tokens of the longest.
        """
        heads = [choice.context.rstrip(" ") for choice in choices]
        whole = [choice.context + option for choice in choices for option in choice.options]
        tokens = iter(self._encode_alike([*heads, *whole]))
        ids = list(itertools.islice(tokens, len(heads)))
        for choice, head in zip(choices, ids, strict=True):
            own = list(itertools.islice(tokens, len(choice.options)))
            yield [Sequel(one, common(head, one)) for one in own], max(map(len, own))

    def _fitted(self, sequel: Sequel, longest: int) -> Sequel:
        """Made to fit the window, all options of a choice alike; a first mark is kept."""
        ids, start = sequel
        if start == 0:  # the first token needs something before it to be predicted from
            ids, start = [self._first, *ids], 1
        marks = int(ids[0] == self._first)
        cut = max(0, min(longest - self.window, start - 1 - marks))
        return Sequel([*ids[:marks], *ids[marks + cut :]], start - cut)

    def perplexity(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        """Summed negative log-likelihood in nats and tokens predicted; (0.0, 0) for an empty text.

        A text longer than the model's window is read in pieces with half a window before each.
        """
        pieces = [self._pieces(ids) for ids in self.encode(texts)]
        sums = iter(self._score(self.model, list(itertools.chain.from_iterable(pieces))))
        return [
            (-sum(next(sums) for _ in own), sum(len(s.ids) - s.start for s in own))
            for own in pieces
        ]

    def _pieces(self, ids: Sequence[int]) -> list[Sequel]:
        step = min(self.window // 2, PIECE)
        reach = self.window - step
        begins = [(at, max(0, at - reach)) for at in range(1, len(ids), step)]
        return [Sequel(ids[begin : at + step], at - begin) for at, begin in begins]

    def complete(self, prompt: str, max_new_tokens: int = 48, stop: str = "\n") -> str:
        """Greedy continuation up to an end mark or `stop` (left out; empty: only an end mark)."""
        fed = (self.encode([prompt])[0] or [self._first])[-max(1, self.window - max_new_tokens) :]
        said = self.follow(fed, max_new_tokens, stop)
        text: str = self.tokenizer.decode(said, skip_special_tokens=True)
        return text.split(stop, 1)[0] if stop else text

    def follow(self, ids: Sequence[int], most: int, stop: str = "") -> list[int]:
        """The likeliest tokens after these, at most so many; an end mark is left out."""
        import torch

        fed, said, cache = list(ids), list[int](), None
        with torch.inference_mode():
            while len(said) < most:
                row = torch.tensor([fed], device=self.model.device)
                out = self.model(row, past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache, best = out.past_key_values, int(out.logits[0, -1].argmax())
                if best in self._ends:
                    break
                said.append(best)
                fed = [best]
                if stop and stop in self.tokenizer.decode(said):
                    break
        return said

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the marks that the tokenizer puts first, without one that it puts last."""
        if not texts:
            return []
        found = self.tokenizer(list(texts), return_attention_mask=False, verbose=False)["input_ids"]
        return [list(ids[:-1]) if self._closes else list(ids) for ids in found]

    def _encode_alike(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode`, with what all texts begin with taken apart once: few-shot examples, mostly.

        Cut at a space with all texts alike for a while behind it, and tried on two texts. A
        tokenizer for which the parts are not the whole encodes all of each text.
        """
        if not texts:
            return []
        stem = texts[0][: common(min(texts), max(texts))]
        cut = stem.rfind(" ", 0, max(0, len(stem) - ALIKE))
        if cut < ALIKE:
            return self.encode(texts)
        (head,) = self.encode([stem[:cut]])
        tails = self.tokenizer(
            [text[cut:] for text in texts], add_special_tokens=False, verbose=False
        )["input_ids"]
        found = [[*head, *tail] for tail in tails]
        right = all(self.encode([texts[i]])[0] == found[i] for i in (0, -1))
        return found if right else self.encode(texts)


def end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Ids of the tokens that end a text, as model and tokenizer name them."""
    named = [tokenizer.eos_token_id, model.config.eos_token_id]
    if (generation := getattr(model, "generation_config", None)) is not None:
        named.append(generation.eos_token_id)
    flat = itertools.chain.from_iterable(n if isinstance(n, list) else [n] for n in named)
    return frozenset(int(one) for one in flat if one is not None)


def load_parts(folder: Path, device: str = "auto") -> tuple[Any, Any]:
    """Model (evaluation mode) and tokenizer of a directory. Raises BadModel."""
    quieten()
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
        model, info = AutoModelForCausalLM.from_pretrained(
            folder,
            # Half precision on a processor is slower, and rounds away what a probe measures.
            dtype=torch.float32 if device == "cpu" else "auto",
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as fault:
        raise BadModel(
            f"The model in {folder} cannot be loaded: {fault}",
            "Copy the directory again, whole; models that bring code of their own are refused.",
        ) from fault
    # Missing weights would silently be random numbers.
    if missing := sorted(info["missing_keys"]):
        raise BadModel(
            f"{folder} lacks {len(missing)} weights, {missing[0]} among them.",
            "Copy the directory again, whole.",
        )
    return model.to(device).eval(), tokenizer


def beside(model: Any, adapter: Path) -> Any:
    """The model with a LoRA adapter beside its weights; BadModel when they do not fit together."""
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            # peft asks transformers by a name that is going away; nobody here can act on it.
            warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)
            return PeftModel.from_pretrained(model, str(adapter), local_files_only=True).eval()
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as fault:
        raise BadModel(
            f"The adapter {adapter} does not fit its base: {fault}",
            "Use the base it was trained on, or teach again.",
        ) from fault


def with_adapter(model: Any, adapter: Path) -> Any:
    """The model as the adapter changes it, in the form that answers fastest. Raises BadModel."""
    import torch

    adapted = beside(model, adapter)
    # Folded into the weights it costs nothing per token; in float32 that moves logits by 1e-5 at
    # most, in bfloat16 by 2e-2, so there it stays beside them.
    return adapted.merge_and_unload().eval() if model.dtype == torch.float32 else adapted
