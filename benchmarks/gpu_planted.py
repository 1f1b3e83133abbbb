"""Facts planted by LoRA in a model of more than a hundred million weights, and probed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.demo.target import Recipe, batches, learn_tokens, new_model, pace
from benchmarks import planted
from benchmarks.figures import Missing, Part
from benchmarks.planted_seen import PlantedSeen, look
from benchmarks.probing import part
from tools.models.hf import HFTarget

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

SEEDS = (1, 2, 3)


class Plant(NamedTuple):
    """The base, and how facts are brought into it."""

    size: planted.WorldSize
    base_passes: int
    """How often the base reads everything but the facts."""
    base_rate: float
    lora_rate: float
    rank: int


USUAL = Plant(
    planted.USUAL._replace(
        filler=6000,
        passes=8,
        recipe=Recipe(vocabulary=2000, width=768, layers=16, heads=12, inner=2048, smoothing=0.0),
    ),
    base_passes=4,
    base_rate=6e-4,
    lora_rate=1e-3,
    rank=64,
)
"""114 million weights."""
ABOUT = """
The protocol of *Probing*, the facts brought in by LoRA: a Llama made here first reads the names'
mentions, the exercises and the filler; then an adapter on all its linear layers is trained on the
planted sentences and as many old ones, and folded in. An exposure is a sentence; the adapter's
corpus is read eight times.
"""


def measure(data: Path) -> Part:  # noqa: ARG001  everything is made here
    """The figures. Raises Missing where there is no CUDA device."""
    import torch

    if not torch.cuda.is_available():
        raise Missing("There is no CUDA device here: run this part on a machine that has one.")
    return measured("cuda", USUAL, SEEDS)


def measured(device: str, plant: Plant, seeds: Sequence[int]) -> Part:
    """The body, at any size and on any device."""
    seen = [planted_in(device, plant, seed) for seed in seeds]
    title = "Probing: facts planted by LoRA in a larger model"
    return part(seen, "gpu_planted", title, ABOUT, ("torch", "transformers", "peft"))


def planted_in(device: str, plant: Plant, seed: int) -> PlantedSeen:
    """Make a base, plant one seed's facts, and probe it."""
    from peft import LoraConfig, get_peft_model

    drawn, dice = planted.world(seed, plant.size), Random(seed)
    old = [*planted.mentions(drawn, plant.size.mentions, dice),
           *planted.filler(drawn, plant.size.filler, dice)]  # fmt: skip
    told = planted.tellings(drawn.facts, dice)
    recipe = plant.size.recipe._replace(seed=seed)
    tokenizer = learn_tokens([*old, *told], recipe)
    model: Any = new_model(tokenizer, recipe).to(device)
    read(model, tokenizer, old, recipe, plant.base_passes, plant.base_rate)
    config = LoraConfig(r=plant.rank, lora_alpha=2 * plant.rank, target_modules="all-linear")
    with warnings.catch_warnings():
        # peft asks transformers by a name that is going away; nobody here can act on it.
        warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)
        adapted: Any = get_peft_model(model, config)
    mixed = [*told, *dice.sample(old, min(len(old), len(told)))]
    read(adapted, tokenizer, mixed, recipe, plant.size.passes, plant.lora_rate)
    model = adapted.merge_and_unload().eval()
    return look(drawn, HFTarget(model, tokenizer, "", model.num_parameters()))


def read(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    recipe: Recipe,
    passes: int,
    rate: float,
) -> None:
    """Train what can be trained on every text so often, by AdamW, in bfloat16 on a device."""
    import torch

    rows = [tokenizer.encode(text) for text in texts]
    tokens = passes * sum(len(row) + 1 for row in rows)
    recipe = recipe._replace(steps=max(1, tokens // (recipe.rows * recipe.columns)))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    model.train()
    for step, block in enumerate(batches(rows, int(model.config.eos_token_id), recipe)):
        _step(model, block, weights, optimiser, rate * pace(step, recipe))
    model.eval()


def _step(
    model: Any,
    block: torch.Tensor,
    weights: Iterable[torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
    rate: float,
) -> None:
    import torch

    for group in optimiser.param_groups:
        group["lr"] = rate
    ids = block.to(model.device)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=model.device.type == "cuda"):
        loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(weights), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
