"""Bar charts of counts, readable at any number of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import LightworksDependencyError
from lwfast.results.sampling import SamplingResult
from lwfast.state import State, as_occupation

DEFAULT_TOP = 30
_LABEL_SIZE = 9.0
_LABEL_LENGTH = 64
_CUT_FROM = 2.0
"""The bar of all others is cut where it is so many times higher than the highest other bar."""


class _Bars(NamedTuple):
    labels: list[str]
    heights: FloatArray  # (n_results, n_bars)
    errors: FloatArray  # (n_results, n_bars)
    has_rest: bool


def plot_results(
    results: SamplingResult | Sequence[SamplingResult] | Mapping[str, SamplingResult],
    *,
    show: bool = True,
    state_labels: Mapping[Any, Any] | None = None,
    top: int = DEFAULT_TOP,
    order: str = "count",
    normalize: bool = False,
    errors: bool = False,
    ax: Any = None,
    compare: Any = None,
    labels: Sequence[str] | None = None,
) -> Any:
    """Draw the counts of one or several results as bars.

    The `top` most frequent states get a bar each; one more bar, hatched, stands for all others together, so
    that nothing is left out. States of several results are ranked by their share summed over the results.

    Args:
        results: One result, several, or several by name.
        show: Show the figure and return None, as Lightworks does. On a backend without a screen nothing can
            be shown: then, and where `ax` is given or `show` is False, figure and axes are returned.
        state_labels: Another label for some states.
        top: How many states get a bar of their own.
        order: "count" (largest first) or "state".
        normalize: Draw shares of all counts instead of counts.
        errors: Draw the statistical error of each bar, `sqrt(n p (1 - p))`.
        ax: Axes to draw into; a new figure is made where it is None.
        compare: Further results to draw beside, in the forms of `results`.
        labels: Name of each result for the legend.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        ModeMismatchError: If the results differ in their number of modes.
        TypeError: If a key of `state_labels` is not a state.
        ValueError: If a result holds no data, `top` is not positive, or `order` is unknown.
    """
    named = _named(results, compare, labels)
    if top < 1:
        raise ValueError(f"top is {top}; at least one state gets a bar")
    bars = _bars([result for _, result in named], top, order, normalize, _label_table(state_labels))
    pyplot = _pyplot()
    figure, axes = _axes(pyplot, ax, len(bars.labels), max(map(len, bars.labels)))
    _draw(axes, bars, [name for name, _ in named], errors)
    axes.set_ylabel("Share of counts" if normalize else "Counts")
    axes.set_xlabel("State")
    if ax is None and show and _has_screen(pyplot):
        pyplot.show()
        return None
    return figure, axes


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise LightworksDependencyError(
            'matplotlib is not installed; python -m pip install "lwfast[plot]"'
        ) from None
    return plt


def _has_screen(pyplot: Any) -> bool:
    """Whether `show` does something: on other backends it only warns."""
    name = pyplot.get_backend().lower()
    return name not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def _named(results: Any, compare: Any, labels: Sequence[str] | None) -> list[tuple[str, SamplingResult]]:
    named: list[tuple[str, SamplingResult]] = []
    for group in (results, compare):
        if group is None:
            continue
        if isinstance(group, SamplingResult):
            named.append(("", group))
        elif isinstance(group, Mapping):
            named.extend((str(name), result) for name, result in group.items())
        else:
            named.extend(("", result) for result in group)
    for _, result in named:
        if not isinstance(result, SamplingResult):
            raise TypeError(f"only results of counts can be drawn, not {type(result).__name__}")
        if len(result) == 0:
            raise ValueError("Result contains no data.")
    if not named:
        raise ValueError("there is no result to draw")
    if labels is not None:
        if len(labels) != len(named):
            raise ValueError(f"{len(labels)} labels do not fit {len(named)} results")
        named = [(str(label), result) for label, (_, result) in zip(labels, named, strict=True)]
    return [(name or f"result {k + 1}", result) for k, (name, result) in enumerate(named)]


def _label_table(state_labels: Mapping[Any, Any] | None) -> dict[tuple[int, ...], str]:
    try:
        return {as_occupation(state): str(label) for state, label in (state_labels or {}).items()}
    except TypeError:
        raise TypeError("Keys of state_labels dict should be States.") from None


def _bars(
    results: list[SamplingResult], top: int, order: str, normalize: bool, names: dict[tuple[int, ...], str]
) -> _Bars:
    """Choose the states that get a bar, and the height and error of each."""
    states = _chosen(results, top, order)
    totals = np.array([float(result.n_samples) for result in results])
    heights = np.zeros((len(results), len(states)))
    for k, result in enumerate(results):
        rows = result.rows_of(states)
        heights[k, rows >= 0] = result.counts[rows[rows >= 0]]
    labels = [_shortened(names.get(tuple(row), str(State(row)))) for row in states.tolist()]
    has_rest = any(len(result) > np.count_nonzero(h) for result, h in zip(results, heights, strict=True))
    if has_rest:
        heights = np.column_stack([heights, totals - heights.sum(axis=1)])
        most = max(len(result) for result in results) - len(states)
        labels.append(f"{most:,} others".replace(",", " ") if len(results) == 1 else "others")
    share = heights / np.maximum(totals, 1.0)[:, None]
    errors = np.sqrt(np.maximum(heights * (1 - share), 0.0))
    if normalize:
        return _Bars(labels, share, errors / np.maximum(totals, 1.0)[:, None], has_rest)
    return _Bars(labels, heights, errors, has_rest)


def _shortened(label: str) -> str:
    """Leave out the middle of a label that would be longer than the bars are high."""
    if len(label) <= _LABEL_LENGTH:
        return label
    half = _LABEL_LENGTH // 2
    return f"{label[:half]}…{label[-half:]}"


def _chosen(results: list[SamplingResult], top: int, order: str) -> StateTable:
    if order not in ("count", "state"):
        raise ValueError(f"unknown order {order!r}; bars are ordered by 'count' or 'state'")
    if len(results) == 1:
        kept = results[0].top(top)
    else:
        from lwfast.results.merging import merge_results

        # Shares, not counts: a long run does not drown a short one. 2^40 keeps them integers.
        scaled = [
            SamplingResult.from_columns(
                part.states, np.round(part.counts * (2.0**40 / max(result.n_samples, 1))).astype(np.int64)
            )
            for result in results
            for part in [result.top(top)]
        ]
        kept = merge_results(scaled).top(top)
    return kept.sort("state").states if order == "state" else kept.states


def _axes(pyplot: Any, ax: Any, n_bars: int, label_length: int) -> Any:
    if ax is not None:
        return ax.figure, ax
    # Wide enough for a label a bar, high enough for upright labels below the bars.
    width = min(max(7.0, 0.26 * n_bars + 1.5), 16.0)
    height = 4.5 + (0.075 * label_length if _upright(n_bars, label_length, width) else 0.3)
    return pyplot.subplots(figsize=(width, height), layout="constrained")


def _upright(n_bars: int, label_length: int, width: float) -> bool:
    """Whether labels side by side would touch: a character takes about 0.08 inch."""
    return n_bars * (label_length + 2) * 0.08 > 0.85 * width


def _draw(axes: Any, bars: _Bars, names: list[str], errors: bool) -> None:
    n_results, n_bars = bars.heights.shape
    width = 0.8 / n_results
    places = np.arange(n_bars)
    rests: list[Any] = []
    for k, (name, heights) in enumerate(zip(names, bars.heights, strict=True)):
        offset = (k - (n_results - 1) / 2) * width
        drawn = axes.bar(
            places + offset,
            heights,
            width,
            label=name,
            yerr=bars.errors[k] if errors else None,
            error_kw={"elinewidth": 1.0, "capsize": min(3.0, 30.0 / n_bars)},
        )
        if bars.has_rest:
            rest = drawn.patches[-1]
            rest.set_hatch("///")
            rest.set_alpha(0.45)
            rests.append(rest)
    if bars.has_rest:
        _cut_rest(axes, bars, rests, errors)
    length = max(map(len, bars.labels))
    upright = _upright(n_bars, length, axes.get_position().width * axes.figure.get_size_inches()[0])
    axes.set_xticks(places)
    axes.set_xticklabels(
        bars.labels, rotation=90 if upright else 0, fontsize=_LABEL_SIZE if n_bars <= 40 else 7.0
    )
    axes.set_xlim(-0.6, n_bars - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
    if n_results > 1:
        # Above the axes: inside, it would hide bars.
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=min(n_results, 4))


def _cut_rest(axes: Any, bars: _Bars, patches: list[Any], errors: bool) -> None:
    """Where the bar of all others would flatten the rest, cut it at the top and write its height into it."""
    named = bars.heights + bars.errors if errors else bars.heights
    highest = named[:, :-1].max(initial=0.0)
    rest = bars.heights[:, -1]
    if highest <= 0 or rest.max() <= _CUT_FROM * highest:
        return
    top = 1.15 * highest
    axes.set_ylim(0, top)
    for patch, height in zip(patches, rest, strict=True):
        if height <= top:
            continue
        text = f"{height:.3g}" if height < 1 or height % 1 else f"{height:,.0f}".replace(",", " ")
        axes.text(
            patch.get_x() + patch.get_width() / 2,
            0.97 * top,
            f"{text} →",
            rotation=90,
            ha="center",
            va="top",
            fontsize=_LABEL_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )


def bar_axes(values: AnyArray, labels: Sequence[str], axes: Any) -> None:
    """Draw plain bars with a label each."""
    places = np.arange(values.size)
    axes.bar(places, values)
    axes.set_xticks(places)
    axes.set_xticklabels(labels, rotation=90 if sum(map(len, labels)) > 60 else 0, fontsize=_LABEL_SIZE)
