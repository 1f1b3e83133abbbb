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

    named = spec.targets if spec.targets == "all-linear" else spec.targets.split(",")
    config = LoraConfig(
        r=spec.rank,
        lora_alpha=spec.alpha,
        lora_dropout=spec.dropout,
        target_modules=named,
        task_type="CAUSAL_LM",
    )
    try:
        with warnings.catch_warnings():
            # peft asks transformers by a name that is going away; nobody here can act on it.
            warnings.filterwarnings("ignore", ".*gradient_checkpointing", FutureWarning)
            return get_peft_model(model, config)
    except ValueError as fault:
        raise BadInput(
            f"No adapter can be put on the layers {spec.targets!r}: {fault}",
            'Set [training] targets = "all-linear" in goldpan.toml.',
        ) from fault
