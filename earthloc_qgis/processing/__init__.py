"""EarthLoc's algorithms for the Processing toolbox, models, scripts and `qgis_process`."""
