"""How the scripts here answer: one JSON value on standard output, then an end that waits for no library's threads."""

import json
import os
import sys


def answer(value, **options):
    json.dump(value, sys.stdout, **options)
    sys.stdout.flush()
    os._exit(0)
