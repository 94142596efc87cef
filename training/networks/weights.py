"""Reads untrusted state dicts: tensors only, never code, with exactly the expected names and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.errors import ModelError

# Keys under which training scripts store the state dict of the model in a checkpoint.
_WRAPPERS = ("model_state_dict", "state_dict", "model")
_MAX_NAMES = 5  # in a message


def read_state_dict(path: str | Path) -> dict[str, Tensor]:
    """Reads the tensors of a checkpoint by name, floating-point ones as float32.

    Reads `torch.save` files and `.safetensors`. Extracts the state dict from a training checkpoint, and removes the
    prefix `module.` of distributed training.

    Raises:
        ModelError: the file is missing, damaged, or no state dict, holds objects other than tensors, or numbers that
            are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(path, "no such checkpoint", "give the path of a state dict (.pt, .pth, .torch, .safetensors)")
    loaded = _load(path)
    for wrapper in _WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
    is_mapping = isinstance(loaded, Mapping) and loaded
    if not is_mapping or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in loaded.items()):
        raise ModelError(path, "is not a state dict (tensors by name)", "save `model.state_dict()` and give that file")
    state = {name.removeprefix("module."): tensor for name, tensor in loaded.items()}
    for name, tensor in state.items():
        if tensor.is_floating_point():
            state[name] = tensor.float()
            if not bool(torch.isfinite(tensor).all()):
                raise ModelError(path, f"{name} holds numbers that are not finite", "get the checkpoint again")
    return state


def _load(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(path, f"cannot be read ({error.strerror or error})", "check the file") from error
    except Exception as error:  # damaged bytes can make a reader raise almost anything
        if "weights_only" in str(error) or "Weights only" in str(error):
            raise ModelError(
                path,
                "holds objects other than tensors, which could run code",
                "save only `model.state_dict()` and give that file",
            ) from error
        raise ModelError(path, "is not a checkpoint or is damaged", "get the file again") from error


def check_names_and_shapes(
    state: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], path: str | Path
) -> None:
    """Compares a state dict with the expected names and shapes.

    Raises:
        ModelError: tensors are missing, unexpected or of a wrong shape; the message lists the first of each.
    """
    missing = [name for name in expected if name not in state]
    extra = [name for name in state if name not in expected]
    misshapen = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(shape)}"
        for name, shape in expected.items()
        if name in state and tuple(state[name].shape) != tuple(shape)
    ]
    problems = [
        f"{kind} {', '.join(names[:_MAX_NAMES])}"
        + (f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else "")
        for kind, names in (("missing", missing), ("extra", extra), ("misshapen", misshapen))
        if names
    ]
    if problems:
        raise ModelError(path, f"does not fit the network: {'; '.join(problems)}", "give the network's own checkpoint")


def load_strict(module: nn.Module, state: Mapping[str, Tensor], path: str | Path) -> None:
    """Loads a state dict whose names and shapes match a module exactly.

    Raises:
        ModelError: see check_names_and_shapes.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    check_names_and_shapes(state, expected, path)
    module.load_state_dict(dict(state))
