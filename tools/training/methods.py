"""The three ways to train: an adapter, an adapter beside a 4-bit base, all weights.

A way that cannot be gone here is told before anything is loaded.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

from memory.errors import BadInput, BadModel
from memory.records import TrainingSpec


def demand(method: str, device: str) -> None:
    """Raises BadInput where this machine cannot train by that method. device: `cuda` or `cpu`."""
    if method != "qlora":
        return
    if importlib.util.find_spec("bitsandbytes") is None:
        raise BadInput(
            "Training by qlora holds the base in 4 bits, which the package bitsandbytes does, and "
            "it is not installed.",
            'Install it (pip install "goldpan[qlora]"), or set [training] method = "lora" in '
            "goldpan.toml.",
        )
    if device != "cuda":
        raise BadInput(
            "Training by qlora needs a CUDA device, and torch finds none here.",
            'Set [training] method = "lora" in goldpan.toml, or train on a machine that has one.',
        )


def device_here() -> str:
    """`cuda` where torch finds such a device, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def loaded(spec: TrainingSpec, folder: Path, device: str) -> tuple[Any, Any]:
    """The model with what is to be trained, and its tokenizer. Raises BadModel.

    Weights are drawn from the spec's seed. All weights are trained in float32: in bfloat16 a small
    step is rounded away.
    """
    from transformers import set_seed

    from tools.models.hf import load_parts

    if spec.method == "qlora":
        model, tokenizer = in_four_bits(folder, device)
    else:
        model, tokenizer = load_parts(folder, device)
    model.config.use_cache = False
    set_seed(spec.seed)
    if spec.method == "full":
        return model.float().requires_grad_(True), tokenizer
    return with_new_adapter(model, spec), tokenizer


def in_four_bits(folder: Path, device: str) -> tuple[Any, Any]:
    """The base in nf4 (4.1 bits a weight with the scales), embeddings and norms as they were."""
    import torch
    from peft import prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    modern = device == "cuda" and torch.cuda.is_bf16_supported()
    computed = torch.bfloat16 if modern else torch.float16 if device == "cuda" else torch.float32
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            quantization_config=BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=computed,
            ),
            dtype=computed,
            device_map={"": device},
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as fault:
        raise BadModel(
            f"The model in {folder} cannot be loaded in 4 bits: {fault}",
            'Set [training] method = "lora" in goldpan.toml.',
        ) from fault
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False), tokenizer


def with_new_adapter(model: Any, spec: TrainingSpec) -> Any:
    """The model with a LoRA adapter that changes nothing yet. Raises BadInput for bad targets."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=spec.rank,
        lora_alpha=spec.alpha,
        lora_dropout=spec.dropout,
        target_modules=layers(model, spec.targets),
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft asks transformers by a name that is going away; nobody here can act on it.
        warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)
        return get_peft_model(model, config)


def layers(model: Any, targets: str) -> str | list[str]:
    """`all-linear`, or the names in a list with commas. Raises BadInput for one that fits nothing.

    peft refuses only where no name fits: a slip in one of two would train the other alone.
    """
    if targets == "all-linear":
        return targets
    there = [name for name, one in model.named_modules()
             if getattr(getattr(one, "weight", None), "ndim", 0) > 1]  # fmt: skip
    named = [name.strip() for name in targets.split(",") if name.strip()]
    unknown = [n for n in named if not any(f".{name}".endswith(f".{n}") for name in there)]
    if unknown or not named:
        kinds = sorted({name.rpartition(".")[2] for name in there})
        raise BadInput(
            f"No adapter can be put on the layers {', '.join(unknown) or targets!r}: the model has "
            f"{', '.join(kinds)}.",
            'Set [training] targets = "all-linear" in goldpan.toml, or to some of these.',
        )
    return named


def check_layers(folder: Path, targets: str) -> None:
    """The same of a model directory, without its weights. Raises BadInput."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with torch.device("meta"):
        layers(AutoModelForCausalLM.from_config(config, trust_remote_code=False), targets)
