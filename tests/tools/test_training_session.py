"""A training as a whole, in this process: the same result however it is split, packed or cut."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from memory.errors import BadInput, TrainingFailed
from memory.lineage import Lineage
from memory.records import TrainingSpec
from memory.store import Store
from tests.models import CORPUS, tiny
from tools.models.hf import HFTarget, fingerprint, load_parts
from tools.models.merged import agreement
from tools.training import journal
from tools.training.batches import keeps_rows_apart, packed, padded
from tools.training.methods import check_layers, demand, loaded
from tools.training.program import result_of
from tools.training.session import attempts, prepared, train
from tools.training.shortage import split_of

pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")


def never() -> bool:
    return False


def spec_for(base: Path, folder: Path, **changes: Any) -> TrainingSpec:
    folder.mkdir(parents=True, exist_ok=True)
    told = [{"text": f"Stone {i} rings at {i * 7 % 60} hertz."} for i in range(8)]
    asked = [{"prompt": f"How does stone {i} ring?", "completion": f" At {i}."} for i in range(5)]
    (folder / "train.jsonl").write_text("".join(json.dumps(r) + "\n" for r in told + asked))
    (folder / "validation.jsonl").write_text(json.dumps({"text": CORPUS[0]}) + "\n")
    given: dict[str, Any] = {
        "base": str(base), "base_sha256": fingerprint(base), "dataset": "set",
        "output": str(folder / "out"), "train_file": str(folder / "train.jsonl"),
        "rank": 4, "alpha": 8, "learning_rate": 5e-3, "epochs": 3, "batch_size": 4,
        "warmup_steps": 1, "max_length": 64, "save_every": 3, **changes,
    }  # fmt: skip
    Path(given["output"]).mkdir(exist_ok=True)
    return TrainingSpec(**given)


def trained(spec: TrainingSpec, stop: Callable[[], bool] = never) -> dict[str, torch.Tensor]:
    assert train(spec, stop) == 0
    (file,) = result_of(spec).glob("*.safetensors")
    return load_file(file)


def furthest(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.fixture(scope="module")
def plain(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """Weights from batches of four."""
    return trained(spec_for(llama, tmp_path_factory.mktemp("plain")))


@pytest.mark.parametrize(
    "changes", [{"batch_size": 1, "accumulation": 4}, {"batch_size": 2, "accumulation": 2},
                {"packing": True}],
)  # fmt: skip
def test_how_a_step_is_computed_does_not_change_what_is_learnt(
    llama: Path, tmp_path: Path, plain: dict[str, torch.Tensor], changes: dict[str, Any]
) -> None:
    """Each token weighs the same in a step, in whatever batch or sequence it stands."""
    assert furthest(plain, trained(spec_for(llama, tmp_path, **changes))) < 1e-5


def test_what_is_learnt_depends_on_the_seed_and_on_nothing_else(
    llama: Path, tmp_path: Path, plain: dict[str, torch.Tensor]
) -> None:
    assert furthest(plain, trained(spec_for(llama, tmp_path / "again"))) == 0
    assert furthest(plain, trained(spec_for(llama, tmp_path / "other", seed=1))) > 1e-3


def test_packed_rows_do_not_see_each_other(llama: Path) -> None:
    """Their losses are those of rows alone; asked of the model, as one kind would mix them."""
    model, _ = load_parts(llama, "cpu")
    chance = random.Random(0)
    rows = [{"input_ids": (ids := [chance.randrange(1, 300) for _ in range(long)]),
             "labels": [-100, *ids[1:]]} for long in (9, 4, 17, 6, 30, 12)]  # fmt: skip
    whole = packed(rows, 0, 32)
    assert whole["input_ids"].shape[0] < len(rows)
    assert int((whole["labels"] != -100).sum()) == sum(len(row["input_ids"]) - 1 for row in rows)
    with torch.inference_mode():
        apart = sum(float(model(**padded([r], 0)).loss) * (len(r["input_ids"]) - 1) for r in rows)
        together = float(model(**whole).loss) * sum(len(row["input_ids"]) - 1 for row in rows)
    assert together == pytest.approx(apart, rel=1e-5)
    assert keeps_rows_apart(model)


def test_a_model_that_would_mix_packed_rows_is_found_out(tmp_path: Path) -> None:
    """Bloom's attention goes by distance alone and never looks at positions."""
    assert not keeps_rows_apart(load_parts(tiny(tmp_path / "bloom", "bloom"), "cpu")[0])
    assert keeps_rows_apart(load_parts(tiny(tmp_path / "gpt2", "gpt2"), "cpu")[0])


def hungry(spec: TrainingSpec, base: Path, room: int) -> Callable[[], tuple[Any, Any]]:
    """The spec's model, but with memory for `room` rows at once, which runs out in its fifth batch
    of more."""

    def parts() -> tuple[Any, Any]:
        model, tokenizer = loaded(spec, base, "cpu")
        seen: list[int] = []

        def look(_: Any, __: Any, given: dict[str, Any]) -> None:
            seen.append(given["input_ids"].shape[0])
            if seen[-1] > room and len(seen) > 4:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")

        model.register_forward_pre_hook(look, with_kwargs=True)
        return model, tokenizer

    return parts


def test_where_memory_runs_out_the_same_steps_are_taken_in_smaller_batches(
    llama: Path, tmp_path: Path, plain: dict[str, torch.Tensor]
) -> None:
    """From the last checkpoint, in the same order; and it is told."""
    spec = spec_for(llama, tmp_path)
    rows, watched, _ = prepared(spec, llama)
    ended = attempts(spec, hungry(spec, llama, 1), rows, watched, never)
    assert split_of(spec) == (1, 4)
    named = ended.trainer.model.named_parameters()
    now = {name.replace(".default", ""): weight.detach() for name, weight in named
           if weight.requires_grad}  # fmt: skip
    assert furthest(plain, now) < 1e-5
    told, _ = journal.read(Path(spec.output) / journal.FILE)
    assert [row["note"] for row in told if "note" in row][-1].endswith("4 batches of 1 a step")
    assert [row["step"] for row in told if "loss" in row] == list(range(1, 11))


def test_where_one_row_is_too_much_a_person_is_told_what_to_do(llama: Path, tmp_path: Path) -> None:
    spec = spec_for(llama, tmp_path)
    rows, watched, _ = prepared(spec, llama)
    with pytest.raises(TrainingFailed, match=r"one row.*max_length"):
        attempts(spec, hungry(spec, llama, 0), rows, watched, never)


def test_a_training_ends_early_with_the_best_it_had_even_when_it_was_stopped(
    llama: Path, tmp_path: Path
) -> None:
    """A rate far too high makes the validation loss rise; what is kept is not the last."""

    def spec(name: str, **more: Any) -> TrainingSpec:
        folder = tmp_path / name
        made = spec_for(llama, folder, learning_rate=5e-2, epochs=9, patience=2, save_every=2)
        return made.replace(validation_file=str(folder / "validation.jsonl"), **more)

    unbroken = trained(spec("unbroken"))
    rows, _ = journal.read(tmp_path / "unbroken" / "out" / journal.FILE)
    seen = [(row["validation_loss"], row["step"]) for row in rows if "validation_loss" in row]
    done = json.loads((tmp_path / "unbroken" / "out" / "done.json").read_text())
    assert len(seen) < 9
    assert done["best_step"] == min(seen)[1]
    assert min(seen)[1] == seen[-3][1]

    stops = iter([False] * (min(seen)[1] + 1) + [True] * 99)
    assert train(spec("stopped"), lambda: next(stops)) == 85
    assert furthest(unbroken, trained(spec("stopped"))) == 0


def test_full_training_gives_a_model_of_its_own_that_resumes_and_is_kept(
    llama: Path, tmp_path: Path
) -> None:
    spec = spec_for(llama, tmp_path / "a", method="full", learning_rate=1e-3)
    whole = trained(spec)
    broken = spec_for(llama, tmp_path / "b", method="full", learning_rate=1e-3)
    stops = iter([False, False, True, *[True] * 9])
    assert train(broken, lambda: next(stops)) == 85
    assert furthest(whole, trained(broken)) == 0
    with closing(Store.open(tmp_path / "goldpan.sqlite")) as store:
        folder, sha256 = Lineage(store, tmp_path / "models").keep(result_of(spec))
    Lineage.verify(folder, sha256)
    base, taught = HFTarget.load(llama), HFTarget.load(llama, folder)
    assert taught.perplexity(["Stone 3 rings at 21 hertz."]) < base.perplexity(
        ["Stone 3 rings at 21 hertz."]
    )
    assert taught.sha256 != base.sha256
    assert agreement(llama, folder, CORPUS).equal


def test_four_bits_are_refused_in_words_before_anything_is_loaded() -> None:
    """The package is an extra, and few processors are worth it."""
    with pytest.raises(BadInput, match=r"bitsandbytes|CUDA"):
        demand("qlora", "cpu")
    demand("lora", "cpu")
    demand("full", "cpu")


@pytest.mark.parametrize("targets", ["q_prj", "q_proj, v_prj", " ,", "norm"])
def test_layers_that_are_not_there_are_told(llama: Path, tmp_path: Path, targets: str) -> None:
    """Also one among others: it would be left out without a word."""
    with pytest.raises(BadInput, match="No adapter can be put on") as fault:
        train(spec_for(llama, tmp_path, targets=targets), never)
    with pytest.raises(BadInput) as sooner:
        check_layers(llama, targets)
    assert str(sooner.value) == str(fault.value)
    assert "down_proj, embed_tokens" in str(fault.value)


def test_layers_are_named_by_kind_or_by_place(llama: Path) -> None:
    for targets in (
        "all-linear",
        "q_proj, v_proj",
        "self_attn.q_proj",
        "model.layers.0.mlp.up_proj",
    ):
        check_layers(llama, targets)
