"""The contract between plugin and engine. In a checkout its modules are those of engine/contract, which lies beside the
plugin; `tools/package.py` copies them here and leaves this file out.
"""

from pathlib import Path

__path__.append(str(Path(__file__).resolve().parents[2] / "engine" / "contract"))
