"""Training as a program: it ends where it should, whatever happens on the way.

A new process imports for six seconds before it trains for two. So a program that is only to be
killed is a fork, and what only has to give the same bytes is trained in this process.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.torch import load_file

from benchmarks.doubles.forked import Forked, server
from memory.errors import BadModel, TrainingFailed
from memory.records import Job, TrainingSpec
from tests.models import CORPUS, tiny
from tools.models.files import WEIGHTS
from tools.models.hf import HFTarget, fingerprint
from tools.models.merged import export, parity
from tools.training import STOPPED, journal
from tools.training.program import result_of, run
from tools.training.run import train
from tools.training.shortage import split_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]
STEPS = 36


def spec_for(base: Path, folder: Path) -> TrainingSpec:
    folder.mkdir(exist_ok=True)
    rows = [f"Stone {i} rings at {i * 7 % 60} hertz. {CORPUS[i % 3]}" for i in range(24)]
    (folder / "train.jsonl").write_text("".join(json.dumps({"text": r}) + "\n" for r in rows))
    (folder / "validation.jsonl").write_text(json.dumps({"text": CORPUS[0]}) + "\n")
    return TrainingSpec(
        base=str(base), base_sha256=fingerprint(base), dataset="set", output=str(folder / "out"),
        train_file=str(folder / "train.jsonl"), validation_file=str(folder / "validation.jsonl"),
        rank=4, alpha=8, learning_rate=5e-3, epochs=6, batch_size=4, warmup_steps=2,
        max_length=64, save_every=7,
    )  # fmt: skip


def weights(adapter: Path) -> bytes:
    return (adapter / "adapter_model.safetensors").read_bytes()


def wait_for(file: Path, step: int, process: subprocess.Popen[bytes] | Forked) -> None:
    """Until the training has come so far."""
    while not any(row["step"] >= step for row in journal.read(file)[0]):
        assert process.poll() is None, file.with_name("train.log").read_text()[-2000:]
        time.sleep(0.01)


def begun(spec: TrainingSpec, folder: Path) -> Forked:
    """The program, at its beginning."""
    (folder / "spec.json").write_text(spec.model_dump_json())
    return server().start("tools.training.program", str(folder / "spec.json"))


@contextmanager
def signals() -> Iterator[None]:
    """Those that the program handles are handled as before when it has run in this process."""
    held = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)


def trained(spec: TrainingSpec) -> Path:
    """What the program leaves, run in this process to its end."""
    with signals():
        assert run(spec) == 0
    return result_of(spec)


@pytest.fixture(scope="module")
def undisturbed(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingSpec:
    """A training that nobody disturbed."""
    spec = spec_for(llama, tmp_path_factory.mktemp("undisturbed"))
    trained(spec)
    return spec


def adapter_of(spec: TrainingSpec) -> Path:
    return Path(spec.output) / "adapter"


def test_a_training_tells_its_progress_and_leaves_an_adapter(undisturbed: TrainingSpec) -> None:
    rows, _ = journal.read(Path(undisturbed.output) / journal.FILE)
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, STEPS + 1))
    assert all(row["steps"] == STEPS and row["seconds"] >= 0 and row["eta"] >= 0 for row in rows)
    assert sum("validation_loss" in row for row in rows) == 6
    assert rows[-1]["eta"] == 0
    done = json.loads((Path(undisturbed.output) / "done.json").read_text())
    assert done["steps"] == STEPS
    assert done["preflight"]["ends_marked"]


def test_nothing_in_a_finished_adapter_can_run(undisturbed: TrainingSpec) -> None:
    """The trainer's own state is pickled; it stays in the run's folder."""
    names = sorted(file.name for file in adapter_of(undisturbed).iterdir())
    assert names == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert (
        str(Path(undisturbed.output).parent)
        not in (adapter_of(undisturbed) / "adapter_config.json").read_text()
    )


def test_a_finished_training_is_found_not_repeated(undisturbed: TrainingSpec) -> None:
    before = weights(adapter_of(undisturbed))
    written = (adapter_of(undisturbed) / "adapter_model.safetensors").stat().st_mtime_ns
    assert weights(train(undisturbed)) == before
    assert (adapter_of(undisturbed) / "adapter_model.safetensors").stat().st_mtime_ns == written


def test_a_training_that_is_stopped_resumes_to_the_same_bytes(
    llama: Path, tmp_path: Path, undisturbed: TrainingSpec
) -> None:
    """The caller goes at a step where no checkpoint was due; the state of that step is kept."""
    spec = spec_for(llama, tmp_path)

    def leave(row: dict[str, Any]) -> None:
        if row["step"] >= 17:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(spec, leave)
    assert not adapter_of(spec).exists()
    seen: list[int] = []
    assert weights(train(spec, lambda row: seen.append(row["step"]))) == weights(
        adapter_of(undisturbed)
    )
    steps = [r["step"] for r in journal.read(Path(spec.output) / journal.FILE)[0] if "loss" in r]
    assert steps == list(range(1, STEPS + 1))


def test_a_killed_training_resumes_from_its_last_whole_checkpoint(
    llama: Path, tmp_path: Path, undisturbed: TrainingSpec
) -> None:
    spec = spec_for(llama, tmp_path)
    child = begun(spec, tmp_path)
    wait_for(Path(spec.output) / journal.FILE, 23, child)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    newest = max(
        Path(spec.output).glob("checkpoints/checkpoint-*"), key=lambda p: p.stat().st_mtime
    )
    (newest / "optimizer.pt").write_bytes((newest / "optimizer.pt").read_bytes()[:100])
    assert weights(trained(spec)) == weights(adapter_of(undisturbed))


def test_a_training_killed_for_want_of_memory_goes_on_in_smaller_batches(
    llama: Path, tmp_path: Path, undisturbed: TrainingSpec
) -> None:
    """On a processor nothing is raised: the system kills, and only counts it."""
    spec = spec_for(llama, tmp_path)
    kills: list[int] = []

    def kill(row: dict[str, Any]) -> None:
        if row["step"] == 9 and not kills:
            # The reading process of another test may be a child, too.
            children = psutil.Process().children()
            (child,) = [one for one in children if "tools.training.program" in one.cmdline()]
            child.kill()
            kills.append(child.pid)

    jobs: list[Job] = []
    taught = train(spec, kill, kills=lambda: len(kills), on_job=jobs.append)
    assert kills
    states = [job.status.value for job in jobs]
    assert states == ["pending", "running", "failed", "pending", "running", "done"]
    assert len({job.id for job in jobs}) == 2
    assert {job.spec for job in jobs} == {spec.id}
    ended = [(job.handle, job.exit_code) for job in jobs if job.ended]
    assert ended == [(str(kills[0]), -9), (jobs[-1].handle, 0)]
    assert split_of(spec) == (2, 2)
    one, other = load_file(taught / WEIGHTS), load_file(adapter_of(undisturbed) / WEIGHTS)
    assert max(float((one[name] - other[name]).abs().max()) for name in one) < 1e-4


def test_a_training_whose_parent_is_killed_saves_its_state_and_ends(
    llama: Path, tmp_path: Path, undisturbed: TrainingSpec
) -> None:
    """Else a second start would find two programs at work on one adapter."""
    spec = spec_for(llama, tmp_path)
    (tmp_path / "spec.json").write_text(spec.model_dump_json())
    code = (
        "import sys; from memory.records import TrainingSpec; from tools.training.run import train;"
        "train(TrainingSpec.model_validate_json(open(sys.argv[1]).read()))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "spec.json")])
    wait_for(Path(spec.output) / journal.FILE, 11, parent)
    parent.kill()
    parent.wait()
    assert weights(trained(spec)) == weights(adapter_of(undisturbed))


def test_a_signal_ends_a_training_with_its_own_exit_code(llama: Path, tmp_path: Path) -> None:
    """A cluster's script resubmits on 85 and on nothing else."""
    spec = spec_for(llama, tmp_path)
    child = begun(spec, tmp_path)
    wait_for(Path(spec.output) / journal.FILE, 3, child)
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == STOPPED
    assert any((Path(spec.output) / "checkpoints").glob("checkpoint-*/whole.json"))


def test_merged_weights_answer_as_the_adapter_does(
    undisturbed: TrainingSpec, tmp_path: Path
) -> None:
    """What users of other tools suffer from most: a merged model worse than its adapter."""
    merged = tmp_path / "merged"
    export(undisturbed.base, adapter_of(undisturbed), merged, CORPUS)
    result = parity(undisturbed.base, adapter_of(undisturbed), merged, CORPUS)
    assert result.equal
    assert result.max_abs_logit_difference < 1e-4
    assert not list(merged.glob("*.bin"))
    adapted = HFTarget.load(undisturbed.base, adapter_of(undisturbed))
    assert HFTarget.load(merged).complete(CORPUS[0][:30]) == adapted.complete(CORPUS[0][:30])


def test_an_adapter_changes_the_fingerprint_and_the_answers(undisturbed: TrainingSpec) -> None:
    base = HFTarget.load(undisturbed.base)
    taught = HFTarget.load(undisturbed.base, adapter_of(undisturbed))
    assert taught.sha256 != base.sha256
    assert taught.parameters == base.parameters
    assert taught.perplexity(CORPUS)[0][0] < base.perplexity(CORPUS)[0][0]


def test_an_adapter_of_another_base_is_refused(undisturbed: TrainingSpec, tmp_path: Path) -> None:
    """It would load without a word and talk nonsense."""
    other = tiny(tmp_path / "other", seed=1)
    with pytest.raises(BadModel, match="another base"):
        HFTarget.load(other, adapter_of(undisturbed))


def test_a_base_that_changed_is_not_trained(llama: Path, tmp_path: Path) -> None:
    spec = spec_for(llama, tmp_path).replace(base=str(tiny(tmp_path / "other", seed=1)))
    with pytest.raises(TrainingFailed, match="not the base that the spec names"):
        train(spec)
