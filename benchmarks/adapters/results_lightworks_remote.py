"""Results with lightworks_remote, the way its client makes them."""

from __future__ import annotations

import json
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lightworks_remote.results.qpu_result import QPUSamplingResult, apply_post_selection
    from lightworks_remote.utils.conversion import convert_fock_data_to_state

name = "lightworks_remote"


def decode(body):
    answer = json.loads(body)
    answer["results"] = {convert_fock_data_to_state(k): v for k, v in answer["results"].items()}
    return answer


def prepare(states, counts):
    """A table as the dict that it works on."""
    import lightworks

    return {lightworks.State(s): c for s, c in zip(states.tolist(), counts.tolist(), strict=True)}


def post_select(data, rules, heralds):
    every = [*rules, *(((m,), (n,)) for m, n in heralds.items())]
    kept = apply_post_selection(data, every, list(heralds))
    return len(kept), sum(kept.values())


def whole(body):
    result = QPUSamplingResult(decode(body))
    return len(result), sum(result.values())
