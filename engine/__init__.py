"""The engine: finds where an astronaut's photograph of Earth was taken. Never imports qgis or torch."""

import os

__version__ = "0.1.0"

# Rasters come from strangers too, and may name others (VRT) or a server. GDAL reads files of this computer only; what
# comes over the network comes through engine.imagery.fetch, with its limits. Read when GDAL is first used.
_SERVER_DRIVERS = ("WMS", "WMTS", "WCS", "HTTP", "PLMOSAIC", "DAAS", "EEDA", "EEDAI", "STACIT", "STACTA")
_SKIPPED = os.environ.get("GDAL_SKIP", "").replace(",", " ").split()
os.environ["GDAL_SKIP"] = ",".join(dict.fromkeys([*_SKIPPED, *_SERVER_DRIVERS]))
os.environ["CPL_VSIL_CURL_ALLOWED_FILENAME"] = "none"
os.environ["GDAL_VRT_ENABLE_PYTHON"] = "NO"
