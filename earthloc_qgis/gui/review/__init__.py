"""The review workbench: photos beside the map, decisions, corrections, handing on."""
