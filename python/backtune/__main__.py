"""`python -m backtune` is the command `backtune`."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
