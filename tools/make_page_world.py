"""Writes the picture of the world behind the footprints of `earthloc catalogue page`, from the shipped mosaic.

    python tools/make_page_world.py resources/indexes/bluemarble_2004-08_1223m.tif resources/page/world.jpg

A page would take half a minute to make if each shrank the mosaic anew. Beside the picture, a JSON file says which part
of the Web Mercator square it covers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import Resampling

_HALF_M = 20037508.342789244  # of the side of the Web Mercator square
_QUALITY = 75


def main() -> None:
    """Shrinks the mosaic to the width asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=4096)
    args = parser.parse_args()
    with rasterio.open(args.source) as mosaic:
        height = round(mosaic.height * args.width / mosaic.width)
        pixels = mosaic.read(out_shape=(3, height, args.width), resampling=Resampling.average)
        bounds, attribution = mosaic.bounds, mosaic.tags()["ATTRIBUTION"]
    Image.fromarray(np.moveaxis(pixels, 0, -1)).save(args.out, quality=_QUALITY, optimize=True, progressive=True)
    top, bottom = ((_HALF_M - edge) / (2 * _HALF_M) for edge in (bounds.top, bounds.bottom))
    about = {"attribution": attribution, "top": round(top, 9), "bottom": round(bottom, 9)}
    args.out.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
