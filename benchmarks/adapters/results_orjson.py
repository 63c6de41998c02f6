"""Results with orjson: JSON to Python objects, and from there to NumPy."""

from __future__ import annotations

import numpy as np
import orjson

from benchmarks.adapters import results_numpy

name = "orjson"


def decode(body):
    """To a dict from text to count, as far as the library goes."""
    return orjson.loads(body)


def encode(data):
    return orjson.dumps(data)


def decode_table(body):
    """To arrays, by the fastest way known: single digits are cut out of the joined keys by NumPy."""
    return as_table(decode(body)["results"])


def as_table(results):
    text = np.frombuffer("".join(results).encode(), np.uint8).reshape(len(results), -1)
    return text[:, 1::3] - np.uint8(48), np.fromiter(results.values(), np.int64, len(results))


def whole(body):
    answer = decode(body)
    heralds = {m[0]: n[0] for m, n in answer["job_data"]["herald"]}
    return results_numpy.post_select(*as_table(answer["results"]), answer["job_data"]["post_select"], heralds)
