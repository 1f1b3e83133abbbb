"""An adapter beside its base, merged, and reloaded: one model in three forms."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from memory.errors import BadModel
from memory.records import TrainingSpec
from tests.models import CORPUS, tiny
from tools.models.hf import load_parts
from tools.models.merged import LIKELIEST, _Comparison, _Said, agreement, answers, export, parity
from tools.training.methods import with_new_adapter

PROMPTS = [text[:at] for text in CORPUS for at in (9, 20, 40, 70)]


@pytest.fixture(scope="module")
def adapter(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter with random weights, large enough to change most answers."""
    torch.manual_seed(0)
    spec = TrainingSpec(base="", base_sha256="", dataset="", train_file="", output="", rank=4)
    wrapped = with_new_adapter(load_parts(llama, "cpu")[0], spec)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.2)
    folder = tmp_path_factory.mktemp("adapter") / "adapter"
    wrapped.save_pretrained(folder, safe_serialization=True)
    return folder


def test_three_forms_of_a_version_say_the_same_everywhere(llama: Path, adapter: Path) -> None:
    found = agreement(llama, adapter, PROMPTS)
    assert found.equal
    assert found.agreeing == found.prompts == len(PROMPTS)
    assert found.positions > 100
    assert found.max_abs_logit_difference < 1e-4


def test_an_adapter_changes_what_is_said_or_the_comparison_would_prove_nothing(
    llama: Path, adapter: Path
) -> None:
    """Beside it, the base passes for a merged model that lost its adapter."""
    found = parity(llama, adapter, llama, PROMPTS)
    assert not found.equal
    assert found.top1_agreement < 0.9
    assert found.example
    assert "something else at" in found.reason


def test_what_is_exported_answers_alike_or_is_not_there(
    llama: Path, adapter: Path, tmp_path: Path
) -> None:
    """Here the base has weights that are no numbers; all forms agree on nothing then."""
    assert export(llama, adapter, tmp_path / "good", PROMPTS).equal
    assert parity(llama, adapter, tmp_path / "good", PROMPTS).equal
    rough = tiny(tmp_path / "rough")
    model, _ = load_parts(rough, "cpu")
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    model.save_pretrained(rough)
    with pytest.raises(BadModel, match="not exported"):
        export(rough, adapter, tmp_path / "bad", PROMPTS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["good", "rough"]


def test_prompts_in_a_batch_are_answered_as_alone(llama: Path) -> None:
    model, tokenizer = load_parts(llama, "cpu")
    rows = tokenizer(PROMPTS)["input_ids"]
    for row, said in zip(rows, answers(model, rows), strict=True):
        alone = answers(model, [row])[0]
        assert said.tokens.shape == (len(row), LIKELIEST)
        assert torch.equal(said.tokens[:, 0], alone.tokens[:, 0])
        assert torch.allclose(said.logits, alone.logits, atol=1e-4)


@pytest.mark.parametrize(("gap", "wrong"), [(5e-5, 0), (5e-3, 1), (float("nan"), 1)])
def test_a_tie_is_no_disagreement_and_a_number_that_is_none_is_one(gap: float, wrong: int) -> None:
    class Spelling:
        def decode(self, ids: list[int]) -> str:
            return str(ids)

    one = _Said(torch.tensor([[1, 2]]), torch.tensor([[3.0, 3.0 - gap]]))
    two = _Said(torch.tensor([[2, 1]]), torch.tensor([[3.0, 3.0 - gap]]))
    compared = _Comparison(Spelling(), [[7]])
    compared.note([one], [two])
    assert compared.found().disagreements == wrong
    assert compared.found().agreeing == 1 - wrong
