"""The parts of training that need no model: recipe, journal, checkpoints, rows."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import BadInput
from memory.records import TrainingSpec
from tools.training import journal
from tools.training.checkpoints import is_whole, latest, seal
from tools.training.estimate import TWO_CORES, Machine, Shape, estimate, machine_here, shape_of
from tools.training.preflight import preflight, render
from tools.training.recipe import method_for, recommend
from tools.training.rows import SILENT, Row, RowText, read_rows, running_order, tokenise
from tools.training.run import failure
from tools.training.shortage import kernel_kills, out_of_memory, smaller

SPEC = {"base": "b", "base_sha256": "0", "dataset": "d", "train_file": "t", "output": "o"}


@given(st.integers(1, 10**12), st.integers(1, 10**6))
def test_every_size_has_a_recipe_that_a_spec_accepts(parameters: int, rows: int) -> None:
    chosen = recommend(parameters, rows)
    spec = TrainingSpec(**SPEC, **chosen)
    assert 1e-4 <= spec.learning_rate <= 5e-3
    assert spec.alpha == 2 * spec.rank
    taken = estimate(chosen, rows, parameters)
    assert taken["steps"] >= spec.epochs
    assert spec.warmup_steps <= taken["steps"]
    assert taken["seconds"] > 0
    assert taken["memory_mb"] > 0


@given(st.integers(10**5, 10**11), st.integers(1, 10**5))
def test_a_larger_model_learns_more_gently(parameters: int, rows: int) -> None:
    small, large = recommend(parameters, rows), recommend(2 * parameters, rows)
    assert large["learning_rate"] <= small["learning_rate"]
    assert large["epochs"] <= small["epochs"]
    assert (
        estimate(small, rows, 2 * parameters)["seconds"]
        >= estimate(small, rows, parameters)["seconds"]
    )


GB = 1e3
CARD = Machine("cuda", 3e14, 80 * GB)


@given(st.integers(10**6, 10**11), st.sampled_from(["lora", "qlora", "full"]))
def test_more_rows_at_once_need_more_memory_and_no_more_steps(size: int, method: str) -> None:
    chosen = {**recommend(size, 4000, method), "batch_size": 8}
    for machine in (TWO_CORES, CARD):
        one = estimate(chosen, 4000, size, machine=machine)
        more = estimate({**chosen, "batch_size": 16}, 4000, size, machine=machine)
        split = estimate({**chosen, "accumulation": 2}, 4000, size, machine=machine)
        assert more["memory_mb"] >= one["memory_mb"] == split["memory_mb"]
        assert more["steps"] == split["steps"] == one["steps"] / 2


@pytest.mark.parametrize(
    ("size", "free", "method"),
    [(7e9, 80, "lora"), (7e9, 10, "qlora"), (70e9, 80, "qlora"), (70e9, 8, "lora")],
)
def test_four_bits_are_chosen_where_they_let_a_model_fit(
    size: float, free: float, method: str
) -> None:
    """A base of 7 G weights takes 14 GB in bfloat16 and 4 GB in 4 bits; without a card, lora."""
    assert method_for(int(size), free * GB) == method
    assert method_for(int(size), 0) == "lora"


def test_an_estimate_knows_the_model_by_its_configuration(llama: Path) -> None:
    shape = shape_of(llama)
    assert shape[1:] == (2, 32, 64, 300, True)
    assert shape_of(llama, 5).parameters == 5
    assert 25_000 < shape.parameters < 35_000
    here = machine_here()
    assert here.flops > 1e8
    assert estimate(recommend(shape.parameters, 50), 50, shape, machine=here)["fits"]


@pytest.mark.parametrize(
    ("shape", "changes", "memory"),
    [
        (Shape(1_043_584, 4, 128, 384, 1500), {"batch_size": 32, "longest": 48}, 713),
        (Shape(47_729_280, 8, 640, 1920, 8000), {"batch_size": 8, "longest": 256}, 2941),
        (Shape(47_729_280, 8, 640, 1920, 8000),
         {"batch_size": 8, "longest": 96, "method": "full"}, 1856),
        (Shape(4_522_112, 2, 128, 384, 32000), {"batch_size": 16, "longest": 128}, 1429),
    ],
)  # fmt: skip
def test_memory_is_as_it_was_measured(shape: Shape, changes: dict[str, Any], memory: int) -> None:
    """Largest resident sets of trainings on two cores; the constants are fitted to these."""
    longest = changes.pop("longest")
    chosen = {**recommend(shape.parameters, 64), "rank": 16, **changes}
    assert estimate(chosen, 64, shape, longest=longest)["memory_mb"] == pytest.approx(
        memory, rel=0.05
    )


def test_the_measured_size_gets_the_measured_recipe() -> None:
    chosen = recommend(1_040_000, 960)
    assert (chosen["learning_rate"], chosen["rank"], chosen["epochs"], chosen["batch_size"]) == (
        pytest.approx(5e-3, rel=0.03), 16, 8, 32
    )  # fmt: skip


@given(st.lists(st.floats(0, 9), max_size=6), st.text(max_size=5).filter(lambda t: "\n" not in t))
def test_a_journal_gives_whole_rows_only(losses: list[float], torn: str) -> None:
    """Its writer may be killed in the middle of a line."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / journal.FILE
        rows = [{"step": i, "loss": loss, "seconds": float(i)} for i, loss in enumerate(losses)]
        for row in rows:
            journal.append(file, row)
        with file.open("ab") as stream:
            stream.write(torn.encode())
        found, offset = journal.read(file)
        assert found == rows
        assert journal.read(file, offset) == ([], offset)
        assert journal.rewind(file, 2) == min(2, max(0, len(rows) - 1))
        assert journal.read(file)[0] == rows[:3]


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "none") == ([], 0)


def checkpoint(folder: Path, step: int) -> Path:
    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True)
    (place / "optimizer.pt").write_bytes(bytes(100))
    (place / "trainer_state.json").write_text("{}")
    return place


def test_the_last_whole_checkpoint_is_found_and_broken_ones_go(tmp_path: Path) -> None:
    """A kill may come before the mark, or a full disk may cut a file short after it."""
    for step in (9, 10, 100, 110):
        seal(checkpoint(tmp_path, step))
    (tmp_path / "checkpoint-110" / "whole.json").unlink()
    (tmp_path / "checkpoint-100" / "optimizer.pt").write_bytes(bytes(50))
    assert latest(tmp_path) == tmp_path / "checkpoint-10"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-9"]


def test_an_empty_mark_makes_nothing_whole(tmp_path: Path) -> None:
    place = checkpoint(tmp_path, 1)
    (place / "whole.json").write_text("{}")
    assert not is_whole(place)
    assert latest(tmp_path / "none") is None


class Words:
    """A tokenizer with one token a word."""

    eos_token_id: int | None = 0
    bos_token_id = None
    all_special_ids = (0,)
    chat_template = None

    def __call__(self, texts: list[str], **_: object) -> dict[str, list[list[int]]]:
        return {"input_ids": [[len(word) for word in text.split()] for text in texts]}

    def decode(self, ids: list[int]) -> str:
        return "".join(f"<{one}>" for one in ids)


def test_a_preflight_counts_what_is_cut_and_sees_the_ends() -> None:
    texts = ["one two three", "a lamp burns for nine hours"]
    rows = tokenise(Words(), [RowText(text) for text in texts], 5)
    checked = preflight(Words(), rows)
    assert [row.ids for row in rows] == [[3, 3, 5, 0], [1, 4, 5, 3, 0]]
    assert (checked.rows, checked.truncated, checked.longest, checked.tokens) == (2, 1, 5, 9)
    assert checked.trainable_share == 1.0
    assert checked.ends_marked


def test_a_preflight_shows_what_is_learnt_of_each_kind_of_row() -> None:
    """A person sees at a glance when the answer is masked and the question is not."""
    written = [RowText("a lamp burns"), RowText(" nine hours", "how long")]
    shown = render(preflight(Words(), tokenise(Words(), written, 9, loss="completion")))
    assert "example 1: <3><4>⟦<4><5><0>⟧" in shown
    assert "example 2: <1>⟦<4><5><0>⟧" in shown
    assert "85.7% of the tokens" in shown


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), min_size=1, max_size=9),
    st.integers(8, 16),
    st.sampled_from(["all", "completion"]),
)
def test_no_row_is_longer_than_allowed_or_loses_its_end(
    sizes: list[tuple[int, int]], limit: int, loss: str
) -> None:
    """Of a question its beginning goes first, as the answer is what is asked for."""
    written = [RowText("a" + " bb" * said, "ccc " * asked) for asked, said in sizes]
    for one, row in zip(written, tokenise(Words(), written, limit, loss), strict=True):
        asked, said = one.prompt.count("ccc"), 1 + one.text.count("bb")
        assert len(row.ids) == len(row.labels) == min(limit, asked + said + 1)
        assert row.cut == (asked + said + 1 > limit)
        assert row.ids[-1] == row.labels[-1] == 0
        assert row.ids.count(2) + row.ids.count(1) == min(said, limit - 1)
        assert row.labels[0] == SILENT
        assert (3 in row.labels) == (loss == "all" and row.ids.count(3) > 1)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=80),
    st.floats(0.5, 4),
    st.integers(1, 9),
    st.integers(0, 3),
)
def test_every_row_is_trained_on_equally_often(
    lengths: list[int], epochs: float, batch: int, seed: int
) -> None:
    order = running_order(lengths, epochs, batch, seed)
    assert order == running_order(lengths, epochs, batch, seed)
    assert len(order) == math.ceil(epochs * len(lengths))
    times = [order.count(row) for row in range(len(lengths))]
    assert max(times) - min(times) <= 1


def test_batches_hold_rows_of_like_length() -> None:
    """Padding is computed like text; a third of it is what grouping leaves."""
    lengths = [5 + 7 * i % 45 for i in range(960)]
    order = running_order(lengths, 3, 32, 0)
    padded = sum(32 * max(lengths[i] for i in order[at : at + 32]) for at in range(0, 2880, 32))
    assert padded < 1.15 * 3 * sum(lengths)


def test_nothing_to_learn_from_is_told_before_the_training() -> None:
    with pytest.raises(BadInput, match="No token"):
        preflight(Words(), tokenise(Words(), [RowText("")], 5))
    endless = Words()
    endless.eos_token_id = None
    with pytest.raises(BadInput, match="no end-of-text"):
        preflight(endless, [Row([1, 1], [SILENT, 1])])


def test_a_damaged_training_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(json.dumps({"words": 1}) + "\n")
    with pytest.raises(BadInput, match="cannot be read"):
        read_rows(tmp_path / "train.jsonl")


@pytest.mark.parametrize(
    "fault",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:128] data. DefaultCPUAllocator: "
                     "can't allocate memory: you tried to allocate 8 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        OSError(12, "Cannot allocate memory"),
    ],
)  # fmt: skip
def test_want_of_memory_is_known_by_its_words(fault: BaseException) -> None:
    assert out_of_memory(fault)
    assert not out_of_memory(ValueError("out of memory"))
    assert not out_of_memory(RuntimeError("The size of tensor a (3) must match"))


def test_the_kernel_counts_whom_it_killed(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 12\noom_kill 3\n")
    assert kernel_kills(tmp_path / "vmstat") == 3
    assert kernel_kills(tmp_path / "none") == 0
    assert kernel_kills() >= 0


@given(st.integers(1, 512), st.integers(1, 16))
def test_a_step_keeps_its_rows_however_often_it_is_split(batch: int, accumulation: int) -> None:
    step = batch * accumulation
    while batch:
        assert batch * accumulation == step
        last, (batch, accumulation) = batch, smaller(batch, accumulation)
        assert batch <= last / 2
    assert last == 1


@pytest.mark.parametrize(
    ("code", "told"),
    [(85, "state is saved"), (75, "Another process"), (-9, "want of memory"), (1, "the last line")],
)
def test_a_failed_training_is_told_with_its_cause(code: int, told: str, tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text("first\n" + "more\n" * 20 + "the last line\n")
    fault = failure(code, tmp_path / "train.log")
    assert told in str(fault)
    assert "first" not in str(fault)
    assert fault.fix
