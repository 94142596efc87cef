"""The local features of an index on Milvus: the bytes of `features.bin` and `features.cells` as blocks in a collection.

A search near a nadir fetches the blocks that its circle touches; a search of the whole fetches all of them once. The
features are compared on this computer, so the answers are the same as for an index on disk. Milvus could compare them
only as float vectors, of 512 bytes instead of 24, and with another quantiser (docs/voting.md).
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import IndexDamagedError
from engine.progress import Progress
from engine.retrieval.milvus_server import MilvusServer
from engine.voting.feature_index import CELL_ROW_DTYPE, FEATURE_DTYPE, FeatureIndex, Pieces, join_pieces

_BLOCK = 2000  # features in a block: 64,000 characters, of the 65,535 that a text on Milvus may have
_BLOCK_BYTES = _BLOCK * FEATURE_DTYPE.itemsize
_CHARACTERS = 65_535
_BLOCKS_PER_MESSAGE = 128  # 8 MB
_HINT_PUSH_AGAIN = "push it again"


def features_collection(collection: str) -> str:
    """The name of the collection of features that belongs to a collection of tiles."""
    return f"{collection}_features"


def push_features(features: FeatureIndex, client: MilvusServer, collection: str, progress: Progress) -> None:
    """Copy features to a new collection. Their blocks count from 0 up, those of the table of cells from -1 down."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("block", DataType.INT64, is_primary=True)
    schema.add_field("content", DataType.VARCHAR, max_length=_CHARACTERS)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # Milvus requires a vector in every collection
    requested = client.prepare_index_params()
    requested.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(collection, schema=schema, index_params=requested)
    table = features.cell_rows.tobytes()
    parts = [table[at : at + _BLOCK_BYTES] for at in range(0, len(table), _BLOCK_BYTES)]
    client.insert(collection, [_entity(-1 - number, part) for number, part in enumerate(parts)])
    step = _BLOCK * _BLOCKS_PER_MESSAGE
    for start in range(0, features.count, step):
        progress.report("push", start, features.count, f"{start} of {features.count} local features")
        part = features.read([(start, min(start + step, features.count))]).tobytes()
        blocks = [part[at : at + _BLOCK_BYTES] for at in range(0, len(part), _BLOCK_BYTES)]
        client.insert(collection, [_entity(start // _BLOCK + number, content) for number, content in enumerate(blocks)])
    client.flush(collection)


def open_features(client: MilvusServer, collection: str, path: Path, facts: dict[str, Any]) -> FeatureIndex:
    """Open features on Milvus; errors name `path`.

    Raises:
        IndexDamagedError: a block is missing or damaged.
    """
    if not client.has_collection(collection):
        raise IndexDamagedError(path, "lacks its local features", _HINT_PUSH_AGAIN)
    client.load_collection(collection)
    found = client.query(collection, filter="block < 0", output_fields=["block", "content"])
    table = b"".join(_content(one, path) for one in sorted(found, key=lambda one: -one["block"]))
    if len(table) % CELL_ROW_DTYPE.itemsize:
        raise IndexDamagedError(path, "has a damaged table of cells", _HINT_PUSH_AGAIN)

    def read(pieces: Pieces) -> NDArray[np.void]:
        requested = {block for first, last in pieces for block in range(first // _BLOCK, -(-last // _BLOCK))}
        stored = _blocks(client, collection, path, sorted(requested), facts["count"])
        parts = []
        for first, last in pieces:
            while first < last:
                block, offset = divmod(first, _BLOCK)
                end = min(last - block * _BLOCK, _BLOCK)
                parts.append(stored[block][offset:end])
                first = block * _BLOCK + end
        return join_pieces(parts)

    return FeatureIndex(path, facts, np.frombuffer(table, CELL_ROW_DTYPE), read)


def _blocks(
    client: MilvusServer, collection: str, path: Path, numbers: list[int], count: int
) -> dict[int, NDArray[np.void]]:
    """Features of blocks, by number."""
    blocks: dict[int, NDArray[np.void]] = {}
    for start in range(0, len(numbers), _BLOCKS_PER_MESSAGE):
        for entity in client.get(
            collection, ids=numbers[start : start + _BLOCKS_PER_MESSAGE], output_fields=["block", "content"]
        ):
            number, content = int(entity["block"]), _content(entity, path)
            if len(content) == (min(count, (number + 1) * _BLOCK) - number * _BLOCK) * FEATURE_DTYPE.itemsize:
                blocks[number] = np.frombuffer(content, FEATURE_DTYPE)
    if len(blocks) < len(numbers):
        raise IndexDamagedError(path, "lacks local features: it was only pushed in part", _HINT_PUSH_AGAIN)
    return blocks


def _entity(number: int, content: bytes) -> dict[str, Any]:
    return {"block": number, "content": base64.b64encode(content).decode("ascii"), "vector": [0.0, 0.0]}


def _content(entity: dict[str, Any], path: Path) -> bytes:
    try:
        return base64.b64decode(entity["content"], validate=True)
    except ValueError as error:
        raise IndexDamagedError(path, "has a damaged block of local features", _HINT_PUSH_AGAIN) from error
