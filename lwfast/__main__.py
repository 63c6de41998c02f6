"""`python -m lwfast` is the `lwfast` command."""

import sys

from lwfast.cli import main

if __name__ == "__main__":
    sys.exit(main())
