"""Real questions at wanted lengths, and a model made on the spot to be asked them."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.bound import ModelShape
from benchmarks.figures import need
from tools.models import Choice
from tools.questions.frame import framed

END = "<end>"


class QuizQuestion(NamedTuple):
    """A question with four answers in full text."""

    question: str
    options: tuple[str, ...]
    right: int

    @property
    def prompt(self) -> str:
        """What the answer follows."""
        return framed(self.question)

    @property
    def answers(self) -> tuple[str, ...]:
        """Its options as they follow the prompt."""
        return tuple(f" {option}" for option in self.options)


class Quiz(NamedTuple):
    """Questions of MMLU, ARC and MedMCQA in a fixed order, and passages of PubMedQA."""

    asked: tuple[QuizQuestion, ...]
    passages: tuple[str, ...]

    @property
    def texts(self) -> Iterator[str]:
        """All there is to read, for a tokenizer to learn from."""
        yield from self.passages
        for one in self.asked:
            yield " ".join((one.prompt, *one.options))


def read(data: Path) -> Quiz:
    """All of them. Raises Missing where the files are not."""
    bench = data / "bench"
    arc, medical = bench / "arc_challenge_slice.jsonl", bench / "medmcqa_slice.jsonl"
    papers = bench / "pubmedqa_labeled_not_test.json"
    need(arc, medical, papers, bench / "mmlu")
    found = [*_mmlu(bench / "mmlu"), *_arc(arc), *_medical(medical)]
    asked = [one for one in dict.fromkeys(found) if len(set(one.options)) == 4 and all(one.options)]
    Random(0).shuffle(asked)
    rows = json.loads(papers.read_text("utf-8")).values()
    return Quiz(tuple(asked), tuple(" ".join(row["CONTEXTS"]) for row in rows))


def _mmlu(folder: Path) -> Iterator[QuizQuestion]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                # Some lines hold a quote that ends their fields too early.
                if row["answer"] in ("0", "1", "2", "3"):
                    yield QuizQuestion(
                        row["question"], tuple(row[k] for k in "ABCD"), int(row["answer"])
                    )


def _arc(path: Path) -> Iterator[QuizQuestion]:
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        labels = row["choices"]["label"]
        options = tuple(row["choices"]["text"])
        yield QuizQuestion(row["question"], options, labels.index(row["answerKey"]))


def _medical(path: Path) -> Iterator[QuizQuestion]:
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        yield QuizQuestion(row["question"], tuple(row[f"op{k}"] for k in "abcd"), row["cop"] - 1)


def long(quiz: Quiz, tokenizer: Any, tokens: int, count: int) -> list[Choice]:
    """Questions behind a passage of their own, cut so that both have so many tokens together.

    A passage may serve again for another question; short ones serve for none.
    """
    texts = [text for text in quiz.passages if len(text) > 5 * tokens]
    found = []
    for one, passage in zip(_near(quiz, tokenizer, 55, count), itertools.cycle(texts)):
        ends = tokenizer(passage, return_offsets_mapping=True)["offset_mapping"]
        room = tokens - len(tokenizer(f"\n\n{one.prompt}")["input_ids"])
        cut = passage[: ends[min(room, len(ends)) - 1][1]]
        found.append(Choice(f"{cut}\n\n{one.prompt}", one.answers))
    return found


def few_shot(quiz: Quiz, tokenizer: Any, prefix: int, tokens: int, count: int) -> list[Choice]:
    """Questions of about so many tokens, all behind the same answered ones of at least `prefix`."""
    chosen = _near(quiz, tokenizer, tokens, count)
    shown = ""
    for one in (other for other in quiz.asked if other not in set(chosen)):
        if len(tokenizer(shown)["input_ids"]) >= prefix:
            break
        shown += f"{one.prompt}{one.answers[one.right]}\n\n"
    return [Choice(shown + one.prompt, one.answers) for one in chosen]


def _near(quiz: Quiz, tokenizer: Any, tokens: int, count: int) -> list[QuizQuestion]:
    """The questions whose prompts come nearest to so many tokens."""
    sizes = [len(ids) for ids in tokenizer([one.prompt for one in quiz.asked])["input_ids"]]
    order = sorted(range(len(sizes)), key=lambda i: abs(sizes[i] - tokens))
    return [quiz.asked[i] for i in order[:count]]


def learnt(texts: Iterator[str], words: int) -> Any:
    """A byte-level tokenizer of these texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=words, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, pad_token=END
    )


def llama(shape: ModelShape, window: int, device: str = "cpu", precision: str = "float32") -> Any:
    """A Llama of random weights, the same each time: for speed, what it knows does not matter."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=shape.words, hidden_size=shape.width, intermediate_size=shape.inner,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads, max_position_embeddings=window,
        tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=0,
        # Twice the usual: options then differ by more than rounding.
        initializer_range=0.04,
    )  # fmt: skip
    return LlamaForCausalLM(config).to(device, getattr(torch, precision)).eval()


def sized(choices: Sequence[Choice], tokenizer: Any) -> float:
    """Mean tokens of a context."""
    ids = tokenizer([choice.context for choice in choices])["input_ids"]
    return sum(map(len, ids)) / len(ids)
