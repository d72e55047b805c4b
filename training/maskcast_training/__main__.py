"""Entry point of ``python -m maskcast_training``."""

import sys

from .cli import main

sys.exit(main())
