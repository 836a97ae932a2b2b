"""Computes NUMBER PBKDF2 hashes on all cores with OpenSSL, to compare them with `create-users`.

    hashes.py NUMBER
"""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from data import ITERATIONS


def derived(number):
    """Returns one hash. Python releases its lock while OpenSSL computes."""
    return hashlib.pbkdf2_hmac("sha256", b"a password of a user", number.to_bytes(16, "big"), ITERATIONS)


with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
    print(len(set(threads.map(derived, range(int(sys.argv[1]))))))
