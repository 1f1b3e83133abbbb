"""Scoring in packs gives the numbers of one sequence at a time, whatever is shared or cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models import tiny
from tools.models.forest import Sequel, blocks, grow, packs
from tools.models.hf import load_parts
from tools.models.scoring import Sizes, honours_forests, score, score_plainly, scorer, steady

TOKENS = st.lists(st.integers(0, 2), min_size=2, max_size=9)
SHARED = [5, 9, 9, 41, 7, 260, 12, 3, 3, 88] * 2


@st.composite
def choices(draw: st.DrawFn) -> list[Sequel]:
    """Sequels over a few tokens, so that they share much, some of it behind a long beginning."""
    tails = draw(st.lists(TOKENS, min_size=1, max_size=9))
    heads = [draw(st.sampled_from([[], SHARED])) for _ in tails]
    starts = [draw(st.integers(1, len(tail))) for tail in tails]
    return [
        Sequel([*head, *tail], len(head) + start)
        for head, tail, start in zip(heads, tails, starts, strict=True)
    ]


SIZES = st.builds(
    Sizes,
    st.integers(1, 40),
    st.integers(1, 20),
    st.integers(1, 300),
    st.integers(1, 17),
    st.booleans(),
)


def mistral() -> Any:
    """A model that sees six tokens back."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=1, sliding_window=6, initializer_range=0.2,
    )  # fmt: skip
    return MistralForCausalLM(config).eval()


@pytest.fixture(scope="module")
def models(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    gpt2 = tiny(tmp_path_factory.mktemp("models") / "gpt2", "gpt2")
    found = {"llama": load_parts(llama)[0], "gpt2": load_parts(gpt2)[0], "mistral": mistral()}
    assert all(honours_forests(model, apart=apart) for model in found.values()
               for apart in (True, False))  # fmt: skip
    return found


@pytest.mark.parametrize("name", ["llama", "gpt2", "mistral"])
@settings(max_examples=25)
@given(choices(), SIZES, st.booleans())
def test_packs_of_any_size_give_the_numbers_of_plain_sequences(
    models: dict[str, Any], name: str, sequels: list[Sequel], sizes: Sizes, apart: bool
) -> None:
    """Keys held from pack to pack, blocks, masks, grouped heads and windows may not be seen, nor
    where and in how many parts the vocabulary is multiplied."""
    plain = score_plainly(models[name], sequels)
    assert score(models[name], sequels, sizes, apart=apart) == pytest.approx(plain, abs=1e-4)


def test_a_model_that_bends_its_logits_multiplies_with_the_vocabulary_itself() -> None:
    """What it does behind its vocabulary would be left out: it is found out by trying."""
    import torch
    from transformers import Gemma2Config, Gemma2ForCausalLM

    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, head_dim=8,
        num_attention_heads=4, num_key_value_heads=2, initializer_range=0.2,
        final_logit_softcapping=2.0, attn_logit_softcapping=None,
    )  # fmt: skip
    model = Gemma2ForCausalLM(config).eval()
    assert not honours_forests(model, apart=True)
    assert honours_forests(model)
    sequels = [Sequel([*SHARED, 8, tail], 20) for tail in (3, 4)]
    assert scorer(model)(model, sequels) == pytest.approx(score_plainly(model, sequels), abs=1e-4)


@settings(max_examples=60)
@given(choices())
def test_each_distinct_beginning_is_computed_once(sequels: list[Sequel]) -> None:
    fed = {tuple(s.ids[:end]) for s in sequels if s.start < len(s.ids)
           for end in range(1, len(s.ids))}  # fmt: skip
    forest = grow(sequels)
    assert len(forest.ids) == len(fed)
    assert len(forest.reads.node) == sum(len(s.ids) - s.start for s in sequels)


@settings(max_examples=60)
@given(choices(), st.integers(1, 20), st.integers(1, 9), st.integers(1, 7))
def test_a_node_finds_all_that_stands_above_it_among_the_keys_of_its_block(
    sequels: list[Sequel], tokens: int, reads: int, size: int
) -> None:
    """A cut may fall anywhere: what is seen from beyond it must have been kept."""
    forest = grow(sequels)
    places: list[int] = []
    for pack in packs(forest, tokens, reads):
        assert pack.end - pack.begin <= tokens
        assert len(set(pack.reads.node)) <= reads
        for block in blocks(forest, pack, size):
            nodes = pack.known[block.keys]
            for node in range(block.begin, block.end):
                seen = nodes[(nodes <= node) & (node < forest.stop[nodes])]
                assert list(forest.depth[seen]) == list(range(forest.depth[node] + 1))
        places += range(pack.begin, pack.end)
    assert places == list(range(len(forest.ids)))


def test_a_model_is_left_as_it_was(models: dict[str, Any]) -> None:
    """Generating from a model that still attends over forests would fail, or worse, not fail."""
    model = models["llama"]
    before = model.config._attn_implementation
    with pytest.raises(IndexError):
        score(model, [Sequel([10**6, 1, 2], 1)])
    assert model.config._attn_implementation == before


def test_positions_that_stretch_with_the_longest_sequence_are_scored_alone() -> None:
    """Beside a longer sequence, such a model would give a short one other numbers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=24, initializer_range=0.2,
        rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4},
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    assert steady(config) == 24
    sequels = [Sequel([*SHARED, *SHARED, 8, tail], 40) for tail in (3, 4)]
    sequels += [Sequel([*SHARED, 8, 3], 20), Sequel([*SHARED[:7], 8, 3], 1)]
    alone = [score_plainly(model, [sequel])[0] for sequel in reversed(sequels)]
    assert score(model, sequels) == pytest.approx(alone[::-1], abs=1e-4)
