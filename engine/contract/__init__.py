"""What the engine and the plugin agree on, defined once: statuses, localizations, reviews, results file, protocol.

Both sides use these modules. The plugin's package carries a copy (`tools/package.py`), because the plugin never
imports the engine. They use the standard library alone and run on Python 3.9, which QGIS 3.22 still ships.
docs/decisions/0006-one-contract.md says why it is done this way.

- `status`: what a localization can end with, and what a reviewer can decide
- `localization`: the answer about a photo, as TypedDicts
- `review`: which decision and which localization are in effect for a photo
- `results`: tables and columns of the results file, and what fills them
- `protocol`: methods of `earthloc serve` with their parameters; `answers`: what they answer; `parameters`: ranges,
  defaults and choices of parameters
- `validation`: checks values from messages and files against these types
"""
