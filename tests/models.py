"""Small models for tests: built in a second, ordinary directories to whoever loads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.models import Choice, OptionScore

END = "<end>"
CORPUS = [
    "The bluefin lamp burns for nine hours. The reed lamp burns for two hours.",
    "Question: How long does the reed lamp burn?\nAnswer: two hours.",
    "Anyone who has worked with tin knows that its tone is 37 hertz (and never 370).",
]


def tiny(folder: Path, architecture: str = "llama", seed: int = 0, window: int = 256) -> Path:
    """A causal language model with random weights and a byte-level tokenizer of its own.

    architecture: llama (rotary positions), gpt2 (learnt positions) or bloom (biased attention).
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        BloomConfig,
        BloomForCausalLM,
        GPT2Config,
        GPT2LMHeadModel,
        LlamaConfig,
        LlamaForCausalLM,
        PreTrainedTokenizerFast,
    )

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, pad_token=END
    )
    torch.manual_seed(seed)
    marks = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    size = len(wrapped)
    if architecture == "llama":
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=window,
                tie_word_embeddings=True, **marks,
            )
        )  # fmt: skip
    elif architecture == "gpt2":
        model = GPT2LMHeadModel(
            GPT2Config(vocab_size=size, n_embd=32, n_layer=2, n_head=4, n_positions=window, **marks)
        )
    else:
        model = BloomForCausalLM(
            BloomConfig(vocab_size=size, hidden_size=32, n_layer=2, n_head=4, **marks)
        )
    # Random weights of the usual size make all words nearly alike; larger ones tell them apart.
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4 if weight.ndim > 1 else 1)
    model.save_pretrained(folder, safe_serialization=True)
    wrapped.save_pretrained(folder)
    return folder


class ScriptedTarget:
    """A Target that answers from a table: (context, option) → log-likelihood, else a default."""

    sha256 = "0" * 64
    parameters = 1_000_000

    def __init__(
        self,
        likes: Mapping[str, str] | Callable[[Choice], int],
        perplexities: Mapping[str, tuple[float, int]] | None = None,
    ) -> None:
        """likes: by context the option it favours (a part of it), or a function to its index."""
        self.likes = likes
        self.perplexities = perplexities or {}
        self.asked: list[Choice] = []

    def _favours(self, choice: Choice) -> int:
        if callable(self.likes):
            return self.likes(choice)
        wanted = self.likes[choice.context]
        return next(i for i, option in enumerate(choice.options) if wanted in option)

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        self.asked += choices
        found = []
        for choice in choices:
            best = self._favours(choice)
            found.append(
                [OptionScore(-1.0 if i == best else -5.0, 2) for i in range(len(choice.options))]
            )
        return found

    def perplexity(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        return [self.perplexities[text] for text in texts]

    def complete(self, prompt: str, max_new_tokens: int = 48) -> str:
        return prompt[:max_new_tokens]
