"""`python -m training.where`: trains the sources on descriptors for a where package, and measures them."""

import sys

from training.where.embedded_cli import main

sys.exit(main())
