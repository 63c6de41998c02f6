"""Fuzz the reader of result bodies with atheris, outside of CI.

    python -m pip install atheris
    python tests/fuzz/fuzz_result_json.py -max_total_time=600 [CORPUS_FOLDER]

Any body is read as the slow reader of `tests/reference` reads it, or both refuse it; anything else is a
crash. atheris follows the branches of Python code only, so the reader runs uncompiled: a hundred times
slower, and the same code.
A body that breaks it goes into `tests/tables/test_result_json.py`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ["NUMBA_DISABLE_JIT"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import atheris

with atheris.instrument_imports(include=["lwfast", "tests.reference"]):
    import numpy as np

    from tests.tables.test_result_json import check_against_slow

SEEDS = [
    b'{"results": {"(0, 1, 0)": 45, "(0, 0, 1)": 30}, "job_data": {"herald": [[[1], [1]]]}}',
    b'{"results": {"(0, 1, 0, 0, 0, 1, 0, 2, 0)": 4, "(0, 1, 0, 0, 0, 1, 0, 2, 1)": 12345678}}',
    b'{"results": {"[3]": 1, "2": 9223372036854775807, "(1,)": 2}, "x": "\\"}"}',
    b'{"job_data": null, "results": null}',
]


def read(data: bytes) -> None:
    """Read `data` with both readers."""
    with np.errstate(over="ignore"):
        check_against_slow(data)


if __name__ == "__main__":
    # Without a body to begin with, the fuzzer hardly ever gets as far as the table.
    corpus = Path(tempfile.mkdtemp(prefix="lwfast-fuzz-"))
    for number, seed in enumerate(SEEDS):
        read(seed)
        (corpus / f"seed_{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], read)
    atheris.Fuzz()
