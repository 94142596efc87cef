"""Packages of a network: an ONNX file and a JSON card beside it that describes it.

Embedding models (engine/retrieval/model.py) and feature extractors (engine/registration/learned.py) are such packages.
A package may come from anybody. So the card is checked field by field, the ONNX file by its sha256, and the network is
loaded from memory so that it cannot refer to other files.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import onnxruntime

from engine.errors import ModelError, in_short

_MAX_CARD_BYTES = 1_000_000
_MAX_MODEL_BYTES = 2_000_000_000


def read_package(path: Path) -> tuple[Path, dict[str, Any], bytes]:
    """Read the package at the path of its card or folder, and check it by its sha256.

    Returns:
        Path of the ONNX file, card, and content of the ONNX file.

    Raises:
        ModelError: missing or damaged.
    """
    card_path = _find_card(path)
    card = read_card(card_path)
    model_path = card_path.parent / card["file"]
    return model_path, card, _read_network(model_path, card["sha256"])


def read_photo_network(path: Path, card: dict[str, Any]) -> tuple[Path, bytes] | None:
    """The second network of an embedding model, which embeds photos but not tiles: its path and content.

    None if the card of the package whose ONNX file is at `path` names no such network.

    Raises:
        ModelError: missing or damaged.
    """
    if "photo_file" not in card:
        return None
    photo_path = path.parent / card["photo_file"]
    return photo_path, _read_network(photo_path, card["photo_sha256"])


def open_session(path: Path, model_bytes: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Load a network from memory to run on the CPU.

    Raises:
        ModelError: the bytes, read from `path`, are not a network.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that spin while they wait would take CPU time from other programs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model_bytes, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise ModelError.of("model.unusable", path=path, reason=in_short(error)) from error


def _read_network(path: Path, sha256: str) -> bytes:
    try:
        if path.stat().st_size > _MAX_MODEL_BYTES:
            raise ModelError(path, "is larger than a model may be", "get the model package again")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError.of("model.unreadable", path=path) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError.of("model.checksum", path=path)
    return content


def _find_card(path: Path) -> Path:
    if path.is_file() and path.suffix == ".json":
        return path
    if not path.is_dir():
        raise ModelError(path, "no such model package", "give the folder or the card (.json) of a model package")
    cards = sorted(path.glob("*.json"))
    if len(cards) != 1:
        raise ModelError(path, f"holds {len(cards)} cards (.json)", "give the path of the one card that is meant")
    return cards[0]


def read_card(path: Path) -> dict[str, Any]:
    """The checked content of a card. Raises ModelError."""
    try:
        if path.stat().st_size > _MAX_CARD_BYTES:
            raise ModelError(path, "is too large for a model card", "get the model package again")
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(path, "is not a readable model card (JSON)", "get the model package again") from error
    try:
        keys = ["name", "version", "file", "sha256"]
        if "photo_file" in card:
            keys += ["photo_file", "photo_sha256"]
        for key in keys:
            if not isinstance(card[key], str) or not card[key]:
                raise TypeError(key)
        dimension = card["output"]["dimension"]
        if not isinstance(dimension, int) or not 1 <= dimension <= 65536:
            raise ValueError("output.dimension")
        if not isinstance(card["output"]["name"], str):
            raise TypeError("output.name")
        if not isinstance(card["input"], dict):
            raise TypeError("input")
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(path, f"the card lacks a valid {error}", "get the model package again") from error
    if any(Path(card[key]).name != card[key] for key in ("file", "photo_file") if key in card):
        raise ModelError(path, "the card names a file outside its folder", "use only packages you trust")
    return card
