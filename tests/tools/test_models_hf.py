"""A local model as a target: the right numbers, quickly; nothing unsafe is opened."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.errors import BadModel
from tests.models import CORPUS, tiny
from tools.models import Choice
from tools.models.hf import HFTarget, fingerprint
from tools.models.scoring import score_plainly

SHARED = "Below are questions about lamps, stones and tin, and one of four answers is right. " * 2
CHOICES = [
    Choice("The bluefin lamp burns for", (" nine hours.", " two hours.", " 37 hertz.", " a")),
    Choice("Anyone who has worked with tin knows that its tone is", (" 37 hertz", " 370 hertz")),
    Choice("The tone (of tin", (")", " alone) is 37", "s)")),
    Choice("", ("The", " reed lamp", "")),
    Choice("Ends in a space ", ("nine", "two hours", "")),
    Choice(SHARED + "The reed lamp burns for", (" two hours.", " nine hours.")),
    Choice(SHARED + "The bluefin lamp burns for", (" two hours.", " nine hours.", " été 你好")),
    Choice(SHARED + "Tin has a tone of", (" 37 hertz", " 38 hertz and never any other")),
]


@pytest.fixture(scope="module")
def target(llama: Path) -> HFTarget:
    return HFTarget.load(llama)


def alone(folder: Path, choices: list[Choice]) -> list[list[float]]:
    """Reference: each option as a sequence of its own, no batch, no mask, no cache."""
    import torch

    target = HFTarget.load(folder)
    found = []
    for choice in choices:
        head = target.encode([choice.context.rstrip(" ")])[0]
        found.append([])
        for option in choice.options:
            ids = target.encode([choice.context + option])[0]
            pairs = enumerate(zip(head, ids, strict=False))
            start = next((i for i, (a, b) in pairs if a != b), len(head))
            if not start:
                ids, start = [0, *ids], 1
            with torch.inference_mode():
                logprobs = target.model(torch.tensor([ids])).logits[0].log_softmax(-1)
            found[-1].append(sum(float(logprobs[i - 1, ids[i]]) for i in range(start, len(ids))))
    return found


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "bloom"])
def test_batched_scores_equal_those_of_one_sequence_at_a_time(
    architecture: str, tmp_path: Path
) -> None:
    """Trees, caches and padding are there for speed and may not be seen in the numbers."""
    folder = tiny(tmp_path / architecture, architecture)
    scores = HFTarget.load(folder).score(CHOICES)
    for found, expected in zip(scores, alone(folder, CHOICES), strict=True):
        assert [score.logprob for score in found] == pytest.approx(expected, abs=1e-4)


def test_the_order_of_the_choices_does_not_matter(target: HFTarget) -> None:
    scores = dict(zip(CHOICES, target.score(CHOICES), strict=True))
    mixed = random.Random(0).sample(CHOICES, len(CHOICES))
    for choice, found in zip(mixed, target.score(mixed), strict=True):
        for one, other in zip(found, scores[choice], strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
            assert one.tokens == other.tokens


def test_an_empty_option_scores_nothing_and_no_choices_give_no_scores(target: HFTarget) -> None:
    assert target.score([Choice("The reed lamp", ("",))])[0][0] == (0.0, 0)
    assert target.score([]) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=20), st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_an_options_tokens_are_a_true_continuation(
    target: HFTarget, context: str, options: list[str]
) -> None:
    """Tokenised apart, the pieces are no text that the model would write."""
    (sequels, _) = next(iter(target._joined([Choice(context, tuple(options))])))
    for option, sequel in zip(options, sequels, strict=True):
        assert target.tokenizer.decode(sequel.ids) == context + option
        assert context.startswith(target.tokenizer.decode(sequel.ids[: sequel.start]).rstrip("�"))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_a_shared_beginning_is_tokenised_once_and_gives_the_tokens_of_the_whole(
    target: HFTarget, tails: list[str]
) -> None:
    texts = [SHARED * 3 + tail for tail in tails]
    assert target._encode_alike(texts) == target.encode(texts)


def test_a_tokenizer_that_marks_the_first_word_gets_whole_texts(target: HFTarget) -> None:
    """Cut, each text's second half would begin with a mark of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: i for i, word in enumerate(("?", "▁", "▁a", "▁b"))}
    tokenizer = Tokenizer(models.BPE({**words, "a": 4, "b": 5}, [("▁", "a"), ("▁", "b")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    marked = HFTarget(target.model, PreTrainedTokenizerFast(tokenizer_object=tokenizer), "", 0)
    texts = ["a b " * 150 + tail for tail in ("a", "b b")]
    assert marked._encode_alike(texts) == marked.encode(texts)
    assert marked.encode(texts)[1][-2:] == [3, 3]


def test_a_context_too_long_loses_its_beginning_and_the_option_nothing(target: HFTarget) -> None:
    long = "lamp " * 400 + "The reed lamp burns for"
    option = " two hours and not one minute more"
    score = target.score([Choice(long, (option, " two"))])[0][0]
    ids = target.encode([long + option])[0][-target.window :]
    kept = target.tokenizer.decode(ids)[: -len(option)]
    assert score.tokens == len(target.encode([option])[0])
    assert score.logprob == pytest.approx(
        target.score([Choice(kept, (option,))])[0][0].logprob, abs=1e-3
    )


def test_perplexity_is_the_models_own_loss(target: HFTarget) -> None:
    import torch

    for text, (nats, tokens) in zip(CORPUS, target.perplexity(CORPUS), strict=True):
        ids = torch.tensor([target.encode([text])[0]])
        with torch.inference_mode():
            loss = float(target.model(ids, labels=ids).loss)
        assert tokens == ids.shape[1] - 1
        assert nats / tokens == pytest.approx(loss, abs=1e-4)


def test_perplexity_of_a_text_beyond_the_window_counts_each_token_once(target: HFTarget) -> None:
    text = " ".join(CORPUS * 8)
    nats, tokens = target.perplexity([text])[0]
    assert tokens == len(target.encode([text])[0]) - 1 > 2 * target.window
    assert nats > 0


def test_an_empty_text_has_nothing_to_predict(target: HFTarget) -> None:
    assert target.perplexity([""]) == [(0.0, 0)]


def test_completion_is_greedy_and_ends_at_the_line(target: HFTarget) -> None:
    import torch

    ids = torch.tensor([target.encode([CORPUS[0]])[0]])
    expected = target.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12
    )
    whole = target.tokenizer.decode(expected[0, ids.shape[1] :], skip_special_tokens=True)
    assert target.complete(CORPUS[0], 12, stop="") == whole
    assert target.complete(CORPUS[0], 12) == whole.split("\n")[0]
    assert target.complete(CORPUS[0], 0) == ""


def test_a_model_without_tree_masks_is_scored_plainly(tmp_path: Path, target: HFTarget) -> None:
    """ALiBi adds its bias from a plain mask; a tree would silently give other numbers."""
    assert HFTarget.load(tiny(tmp_path / "bloom", "bloom"))._score is score_plainly
    assert target._score is not score_plainly


def test_a_fingerprint_names_content_not_place(llama: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    assert fingerprint(copy) == fingerprint(llama)
    (copy / "README.md").write_text("a card")
    assert fingerprint(copy) == fingerprint(llama)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 1e-5}))
    assert fingerprint(copy) != fingerprint(llama)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="There is no model directory"):
        HFTarget.load(tmp_path / "nowhere")


def test_a_folder_without_configuration_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"config\.json"):
        HFTarget.load(tmp_path)


def test_pickled_weights_are_refused(llama: Path, tmp_path: Path) -> None:
    """Opening a pickle runs what it says."""
    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(BadModel, match="pickled"):
        HFTarget.load(copy)


def test_damaged_weights_are_told(llama: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    (copy / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0 nonsense")
    with pytest.raises(BadModel, match="cannot be loaded"):
        HFTarget.load(copy)


def test_missing_weights_are_not_replaced_by_random_ones(llama: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    weights = load_file(copy / "model.safetensors")
    weights.pop("model.layers.1.mlp.up_proj.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadModel, match="lacks 1 weights"):
        HFTarget.load(copy)


def test_code_in_a_models_directory_is_never_run(llama: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"},
    }
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(BadModel):
        HFTarget.load(copy)
    assert not (tmp_path / "ran").exists()
