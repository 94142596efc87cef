"""Opens a regional index, wherever it is."""

from __future__ import annotations

from pathlib import Path

from engine.retrieval.index import RegionalIndex
from engine.retrieval.manifest import MILVUS, read_manifest
from engine.retrieval.milvus import MilvusIndex
from engine.retrieval.milvus_server import is_milvus


def open_index(address: str | Path) -> RegionalIndex:
    """Opens an index.

    Args:
        address: the folder of an index on disk, the address of an index on Milvus (see `milvus_server`), or a folder
            that `milvus.link` has made for one.

    Raises:
        IndexDamagedError: missing, half written, damaged, or from a newer version. InputError: no such server or
        collection.
    """
    if is_milvus(address):
        return MilvusIndex(address)
    folder = Path(address)
    info = read_manifest(folder)
    return MilvusIndex(info[MILVUS], folder) if MILVUS in info else RegionalIndex(folder, info)
