"""`python -m parcours` is `parcours`."""

import sys

from parcours.cli import main

sys.exit(main())
