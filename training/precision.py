"""In which precision networks are computed."""

from __future__ import annotations

import torch


def bfloat16_is_fast(device_type: str = "cpu") -> bool:
    """Whether to compute in bfloat16 on a device such as "cpu" or "cuda".

    Processors without instructions for it (AVX-512) emulate it and are many times slower than with float32.
    """
    return device_type != "cpu" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
