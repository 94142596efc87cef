"""Where could it be: model package, tiles, regional index, search."""
