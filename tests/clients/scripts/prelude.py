"""What every script here needs: where the server is, and how to say that something is wrong."""

import os
import sys

URL = os.environ["CARTWRIGHT_URL"]
KEY = os.environ["CARTWRIGHT_KEY"]
SITE = os.environ["CARTWRIGHT_SITE"]
ACCOUNT = os.environ["CARTWRIGHT_ACCOUNT"]
HOSTILE_NAME = os.environ["HOSTILE_NAME"]


def expect(expected, got, what):
    if expected != got:
        sys.exit(f"{what}: expected {expected!r}, got {got!r}")
