"""Writes the shipped world mosaic: the Blue Marble at 1.2 km per pixel, as a GeoTIFF with WebP compression.

    python tools/make_mosaic.py bluemarble_2004-08_z8_webmercator.tif resources/indexes/bluemarble_2004-08_1223m.tif

The source is the 611 m mosaic of docs/training.md, in Web Mercator from 62.9 S to 75.5 N; the pixels come from its
first overview. The result has 17.5 MB.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import rasterio
from rasterio.windows import Window

_BAND_ROWS = 2048


def main() -> None:
    """Copies the overview band by band."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quality", type=int, default=75)
    args = parser.parse_args()
    with rasterio.open(args.source, overview_level=0) as source:
        profile = {
            "driver": "GTiff", "count": 3, "dtype": "uint8", "crs": source.crs, "transform": source.transform,
            "width": source.width, "height": source.height, "tiled": True, "blockxsize": 512, "blockysize": 512,
            "compress": "WEBP", "WEBP_LEVEL": args.quality, "photometric": "RGB",
        }  # fmt: skip
        with rasterio.open(args.out, "w", **profile) as out:
            out.update_tags(
                ATTRIBUTION="NASA Earth Observatory, Blue Marble Next Generation",
                LICENCE="public domain",
                TIFFTAG_IMAGEDESCRIPTION="Blue Marble Next Generation, August 2004, 1.2 km a pixel at the equator",
            )
            for top in range(0, source.height, _BAND_ROWS):
                window = Window(0, top, source.width, min(_BAND_ROWS, source.height - top))
                out.write(source.read(window=window), window=window)


if __name__ == "__main__":
    main()
