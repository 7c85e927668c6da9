#!/usr/bin/python3
"""The command backtune."""

import sys

from backtune.command import main

sys.exit(main())
