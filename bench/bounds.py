"""Measures what a hostile answer can cost at most: every trap of the kit, against the real limits.

``./dev bench`` or ``python bench/bounds.py``: about four minutes, as eight traps have no other end than
the deadline. Promised: each ends within 31 s, takes at most 32 MB, and its limit is named.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.feeds.fetch import Limits
from tests.bounds import CASES, cost, says
from tests.servers.traps import packed_zeros


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--timeout", type=float, default=30, help="seconds")
    parser.add_argument("traps", nargs="*", help="only these", metavar="TRAP")
    options = parser.parse_args()
    limits = Limits(total=timedelta(seconds=options.timeout))
    packed_zeros()
    failed = 0
    print(f"{'trap':20}{'s':>7}{'MB':>7}  ended as")
    for name in options.traps or CASES:
        found = cost(name, limits)
        reason, words = says(name, limits)
        is_right = (
            found.error is not None
            and found.error.reason is reason
            and words in found.error.detail
            and found.seconds <= limits.total.total_seconds() + 1
            and found.grown <= 32
        )
        failed += not is_right
        print(
            f"{name:20}{found.seconds:>7.2f}{found.grown:>7.1f}  "
            f"{found.error and found.error.detail}{'' if is_right else '   <- WRONG'}",
            flush=True,
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
