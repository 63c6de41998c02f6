"""The circuit that users build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lwfast._base.origin import lightworks_name, lightworks_package
from lwfast._base.validation import as_integer, full_name, is_several
from lwfast._texts import ended
from lwfast._types import ComplexArray, ComplexMatrix
from lwfast.circuit.blocks import Group
from lwfast.circuit.components import (
    NO_HERALDS,
    Barrier,
    BeamSplitter,
    Component,
    HeraldData,
    Loss,
    ModeSwaps,
    PhaseShifter,
)
from lwfast.circuit.foreign.read_layouts import read_layout
from lwfast.circuit.matrices.bound_elements import BoundElements
from lwfast.circuit.matrices.compiled import CompiledCircuit
from lwfast.circuit.matrices.kept import KeptBuild
from lwfast.circuit.matrices.setting_table import setting_table
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.rewriting import with_adjacent_beam_splitters, with_joined_mode_swaps
from lwfast.errors import CircuitCompilationError, ModeRangeError

if TYPE_CHECKING:
    from pathlib import Path

Real = float | Parameter[Any]
_new = object.__new__


class PhotonicCircuit:
    """A linear-optical circuit, built element by element.

    Any reflectivity, phase or loss may be a Parameter; its value is looked up when the circuit is built.
    The modes that a sub-circuit adds for its heralds are internal: they do not have a number, and the modes
    of later calls skip them.

    Args:
        n_modes: Number of modes of the circuit, heralded ones included; at least 1.

    Raises:
        TypeError: `n_modes` is not an integer.
        ValueError: `n_modes` is below 1.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)  # a Mach-Zehnder interferometer
        >>> circuit.bs(0)
        >>> circuit.ps(0, np.pi / 3)
        >>> circuit.bs(0)
        >>> (np.abs(circuit.U) ** 2).round(3).tolist()  # the first entry is sin(phase / 2)^2
        [[0.25, 0.75], [0.75, 0.25]]
    """

    _kept: KeptBuild | None = None
    _numbers: tuple[tuple[str, float], ...] = ()
    """Labels and values of the Parameters that were replaced by numbers."""
    _lightworks_kind = "PhotonicCircuit"

    def __init__(self, n_modes: int) -> None:
        if type(n_modes) is not int or n_modes < 1:  # seldom
            n_modes = _number_of_modes(n_modes)
        # What `Layout(n_modes)` makes, without the call: half of the time.
        self._layout = layout = _new(Layout)
        layout.n_modes, layout.components, layout.internal = n_modes, [], []
        layout.heralds = layout.own_heralds = NO_HERALDS
        layout.kept = None

    # --- what it is ---------------------------------------------------------------------------------------

    @property
    def n_modes(self) -> int:
        """The number of modes, heralded ones counted."""
        return self._layout.n_modes

    @n_modes.setter
    def n_modes(self, _value: Any) -> None:
        raise AttributeError("Number of circuit modes cannot be modified.")

    @property
    def input_modes(self) -> int:
        """Number of modes of an input state, which are those without a herald."""
        return self._layout.n_modes - len(self._layout.heralds.input)

    @property
    def heralds(self) -> HeraldData:
        """Photon number by heralded mode, as one dictionary for the inputs and one for the outputs."""
        return self._layout.heralds.copy()

    @property
    def _external_heralds(self) -> HeraldData:
        """The heralds that were not brought by a sub-circuit."""
        return self._layout.own_heralds.copy()

    @property
    def _internal_modes(self) -> list[int]:
        """The modes that sub-circuits brought for their heralds."""
        return list(self._layout.internal)

    @property
    def U(self) -> ComplexMatrix:
        """The complex128[n_modes, n_modes] matrix over the modes, loss included, with present parameters."""
        return self._build().transfer_matrix

    @property
    def U_full(self) -> ComplexMatrix:
        """The unitary over the modes and one more for each loss element, with present parameters."""
        return self._build().U_full

    def unitaries(self, parameters: Mapping[Any, Any]) -> ComplexArray:
        """Return `U` for many settings of parameters, which keep their values.

        Each is, bit for bit, what setting the parameters and reading `U` gives: where there is loss, the
        block of `U_full` over the circuit's own modes, which is not unitary.

        Args:
            parameters: For each Parameter that varies, or its label, its k values, or one number for all
                settings. Other Parameters keep their present value.

        Returns:
            complex128[k, n_modes, n_modes].

        Raises:
            TypeError: `parameters` is not a mapping, or a value is not a real number.
            ValueError: There are no values, a parameter is not in the circuit, or lengths differ.
            ParameterValueError: A value is not finite, or outside the bounds of its Parameter.
            CircuitCompilationError: An element does not take a value.
            ResourceLimitError: They would not fit in memory.
        """
        bound = self._layout.compilation().bound
        table = setting_table(self.get_all_params(), parameters)
        whole = table.unitaries(bound, bound.present())
        return np.ascontiguousarray(whole[:, : self.n_modes, : self.n_modes])

    def __str__(self) -> str:
        return f"PhotonicCircuit({self.n_modes})"

    def __repr__(self) -> str:
        return f"lwfast.PhotonicCircuit({self.n_modes})"

    def __eq__(self, value: object) -> bool:
        """Two circuits are equal if their full unitaries are, to 1e-8, with present parameters."""
        if not isinstance(value, PhotonicCircuit):
            return NotImplemented
        mine, other = self.U_full, value.U_full
        return (
            mine.shape == other.shape
            and self.n_modes == value.n_modes
            and bool(np.allclose(mine, other, rtol=0, atol=1e-8))
        )

    def __hash__(self) -> int:
        return id(self)

    # --- building it --------------------------------------------------------------------------------------

    def bs(
        self,
        mode_1: int,
        mode_2: int | None = None,
        reflectivity: Real = 0.5,
        loss: Real = 0,
        convention: str = "Rx",
    ) -> None:
        """Add a beam splitter between two modes.

        Args:
            mode_1: The first mode that the beam splitter acts on, counted from 0.
            mode_2: The second mode; None takes the one after the first.
            reflectivity: Share of the light that stays in its mode, from 0 to 1; by default 0.5. May be a
                Parameter.
            loss: Probability that a photon is lost in either mode, from 0 to 1; by default 0. May be a
                Parameter.
            convention: "Rx" for the matrix [[r, it], [it, r]], "H" for [[r, t], [t, -r]], where r^2 is the
                reflectivity and t^2 = 1 - r^2; by default "Rx".

        Raises:
            ModeRangeError: A mode is outside the circuit, or both are the same.
            TypeError: A mode is not an integer, or a value is neither a real number nor a Parameter.
            ValueError: A value is outside [0, 1], or the convention is unknown.
        """
        layout = self._layout
        first = layout.place(mode_1)
        second = layout.place(mode_1 + 1 if mode_2 is None else mode_2)
        if first == second:
            msg = f"Beam splitter must act across two different modes, got {mode_1} twice."
            raise ModeRangeError(msg)
        losses = None if type(loss) is int and loss == 0 else _losses(loss, first, second)
        layout.append(BeamSplitter(first, second, reflectivity, convention), losses)

    def ps(self, mode: int, phi: Real, loss: Real = 0) -> None:
        """Add a phase shift.

        Args:
            mode: The mode that is shifted, counted from 0.
            phi: Phase in radians. May be a Parameter.
            loss: Share of the light that is lost behind the element, from 0 to 1; by default 0. May be a
                Parameter.

        Raises:
            ModeRangeError: The mode is outside the circuit.
            TypeError: The mode is not an integer, or a value is neither a real number nor a Parameter.
            ValueError: The loss is outside [0, 1], or the phase not finite.
        """
        layout = self._layout
        where = layout.place(mode)
        losses = None if type(loss) is int and loss == 0 else _losses(loss, where)
        layout.append(PhaseShifter(where, phi), losses)

    def loss(self, mode: int, loss: Real = 0) -> None:
        """Add loss on a mode.

        Args:
            mode: The mode that loses light, counted from 0.
            loss: Probability that a photon is lost, in [0, 1].

        Raises:
            ModeRangeError: The mode is outside the circuit.
            TypeError: The mode is not an integer, or the loss is neither a real number nor a Parameter.
            ValueError: The loss is outside [0, 1].
        """
        self._layout.components.append(Loss(self._layout.place(mode), loss))

    def barrier(self, modes: Iterable[int] | None = None) -> None:
        """Add a barrier, a mark that divides a drawing and has no effect on the light.

        Args:
            modes: The modes that the barrier covers; by default None, for all.

        Raises:
            ModeRangeError: A mode is outside the circuit.
            TypeError: A mode is not an integer.
        """
        chosen = range(self._layout.n_named) if modes is None else modes
        self._layout.components.append(Barrier(tuple([self._layout.place(mode) for mode in chosen])))

    def mode_swaps(self, swaps: Mapping[int, int]) -> None:
        """Permute modes.

        Args:
            swaps: For each mode that moves, the mode that it moves to, such as `{0: 1, 1: 0}`. Keys and
                values must be the same modes.

        Raises:
            ModeRangeError: A mode is outside the circuit.
            TypeError: `swaps` is not a mapping, or a mode is not an integer.
            ValueError: Keys and values are not the same modes.
        """
        if not isinstance(swaps, Mapping):
            msg = f"Mode swaps should be a dictionary, got {type(swaps).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        mapped = {self._layout.place(start): self._layout.place(end) for start, end in swaps.items()}
        self._layout.components.append(ModeSwaps(mapped))

    def herald(self, modes: int | tuple[int, int], photons: int | tuple[int, int]) -> None:
        """Fix the photon number of an input and an output.

        Args:
            modes: The heralded mode, or a pair of input mode and output mode, counted from 0.
            photons: Number of photons, or a pair of the numbers at the input and at the output.

        Raises:
            ModeRangeError: A mode is outside the circuit.
            TypeError: A mode or a number is not an integer.
            ValueError: A mode has a herald already, a number is negative, or a pair does not hold two
                numbers.
        """
        numbers = []
        for value in _pair(photons, "photons"):
            number = as_integer(value, "Number of photons for herald")
            if number < 0:
                msg = f"Number of photons for herald cannot be negative, got {number}."
                raise ValueError(msg)
            numbers.append(number)
        start, end = [self._layout.place(mode) for mode in _pair(modes, "modes")]
        if start in self._layout.heralds.input:
            raise ValueError("Heralding already set for chosen input mode.")
        if end in self._layout.heralds.output:
            raise ValueError("Heralding already set for chosen output mode.")
        herald = HeraldData({start: numbers[0]}, {end: numbers[1]})
        self._layout.heralds = self._layout.heralds.joined(herald)
        self._layout.own_heralds = self._layout.own_heralds.joined(herald)

    def add(
        self, circuit: PhotonicCircuit, mode: int = 0, group: bool = False, name: str | None = None
    ) -> None:
        """Add a circuit, of the same size or smaller. It is copied; its Parameters stay the same objects.

        A circuit with heralds becomes a group, and brings the modes of its heralds with it as internal modes.
        A circuit of Lightworks is taken too: `circuit.add(lightworks.qubit.H())`.

        Args:
            circuit: The circuit or component to add; it is copied, but shares its Parameters.
            mode: The mode on which its first mode is placed.
            group: Whether to draw it as one element; by default False.
            name: Text to write on the group; by default None, for the name of its only group, or "Circuit".

        Raises:
            ModeRangeError: It does not fit there.
            TypeError: `circuit` is not a PhotonicCircuit, `mode` is not an integer, or `name` is not a
                string.
        """
        added = _layout_of(circuit)
        if added is None:
            msg = f"Only circuits can be added to a circuit, got {full_name(circuit)}."
            raise TypeError(msg)
        if name is not None and not isinstance(name, str):
            msg = f"Name should be a string, got {type(name).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        start = self._layout.place(mode)
        if name is None:
            only = added.components[0] if len(added.components) == 1 else None
            name = only.name if isinstance(only, Group) else "Circuit"
        grouped = bool(group or added.heralds.input)
        if grouped:
            added.unpack()
        self._layout.insert(added, start, name if grouped else None)

    def __add__(self, value: object) -> PhotonicCircuit:
        """Return a circuit that is this one followed by another."""
        added = _layout_of(value)
        if added is None:
            msg = f"Addition only supported between two circuits, got {full_name(value)}."
            raise TypeError(msg)
        if self.n_modes != added.n_modes:
            msg = (
                f"Circuits to add must have the same number of modes, got {self.n_modes} and {added.n_modes}."
            )
            raise ModeRangeError(msg)
        if self._layout.heralds.input or added.heralds.input:
            raise NotImplementedError("Circuits with heralds cannot be combined with +; use add().")
        return _circuit_of(Layout(self.n_modes, self._layout.components + added.components))

    # --- changing it ----------------------------------------------------------------------------------------

    def get_all_params(self) -> list[Parameter[Any]]:
        """Return every Parameter of the circuit, each once, in the order of first use."""
        found = [p for component in self._layout.components for p in component.parameters()]
        return list({id(p): p for p in found}.values())

    def copy(self, freeze_parameters: bool = False) -> PhotonicCircuit:
        """Return a copy of the circuit.

        Args:
            freeze_parameters: Whether to replace Parameters by their present values; by default False, and
                both circuits share them.

        Raises:
            TypeError: With `freeze_parameters`, a Parameter has a value of the wrong type.
            ValueError: With `freeze_parameters`, a Parameter has a value outside its range.
        """
        if freeze_parameters:
            return with_numbers(self, Parameter.get)
        copied = _circuit_of(self._layout.copy())
        copied._numbers = self._numbers  # noqa: SLF001
        return copied

    def to_lightworks(self) -> Any:
        """Return the circuit as a `lightworks.PhotonicCircuit`, or a `lightworks.Unitary` if it is a Unitary.

        Groups, heralds and barriers are kept, and Parameters stay live: setting one sets it in both circuits.
            An element that you add to one circuit later does not appear in the other.

        Raises:
            LightworksDependencyError: Lightworks is not installed, or in a version that lays circuits out
                in another way.
            ValueError: Lightworks does not take a matrix to be unitary.
        """
        from lwfast.circuit.foreign.written_layouts import written_layout

        package = lightworks_package()
        return self if package is None else written_layout(package, self._lightworks_kind, self._layout)

    def unpack_groups(self) -> None:
        """Replace groups by their elements; internal modes become ordinary modes."""
        self._layout.unpack()

    def compress_mode_swaps(self) -> None:
        """Join mode swaps that have nothing between them on the same modes. Groups are left as they are."""
        self._layout.components = with_joined_mode_swaps(self._layout.components)

    def remove_non_adjacent_bs(self) -> None:
        """Replace beam splitters between distant modes by mode swaps and ones between neighbours."""
        self._layout.components = with_adjacent_beam_splitters(self._layout.components)

    # --- looking at it --------------------------------------------------------------------------------------

    def display(
        self,
        show_parameter_values: bool = False,
        display_loss: bool = False,
        mode_labels: list[str] | None = None,
        display_type: Literal["svg", "mpl"] = "svg",
        display_barriers: bool = False,
    ) -> None:
        """Show a drawing of the circuit.

        Args:
            show_parameter_values: Whether to show values of Parameters instead of their labels; by default
                False.
            display_loss: Whether to draw loss elements; by default False.
            mode_labels: One text for each mode that is not internal; by default None, which numbers them.
            display_type: "svg" to show a vector image in a notebook, "mpl" a Matplotlib figure.
            display_barriers: Whether to draw barriers; by default False.

        Raises:
            DisplayError: `display_type` is unknown, or the number of labels does not fit.
            LightworksDependencyError: Matplotlib is not installed.
        """
        from lwfast.circuit.pictures.rendering import show

        show(
            self._layout,
            display_type,
            display_loss=display_loss,
            mode_labels=mode_labels,
            show_parameter_values=show_parameter_values,
            display_barriers=display_barriers,
        )

    def save_figure(
        self,
        path: str | Path,
        svg: bool = True,
        show_parameter_values: bool = False,
        display_loss: bool = False,
        mode_labels: list[str] | None = None,
        display_barriers: bool = False,
    ) -> None:
        """Save a drawing of the circuit.

        Args:
            path: Path of the file; missing folders are created. The ending `.svg` or `.png` is replaced by
                that of the format, and added to a name without one.
            svg: Whether to write SVG, which is the default; False writes PNG.
            show_parameter_values: Whether to show values of Parameters instead of their labels; by default
                False.
            display_loss: Whether to draw loss elements; by default False.
            mode_labels: One text for each mode that is not internal; by default None, which numbers them.
            display_barriers: Whether to draw barriers; by default False.

        Raises:
            DisplayError: The number of labels does not fit, or the path has the ending of another format.
            LightworksDependencyError: Matplotlib is not installed.
        """
        from lwfast.circuit.pictures.rendering import save

        save(
            self._layout,
            path,
            "svg" if svg else "png",
            display_loss=display_loss,
            mode_labels=mode_labels,
            show_parameter_values=show_parameter_values,
            display_barriers=display_barriers,
        )

    def _repr_html_(self) -> str:
        from lwfast.circuit.pictures.notebook import circuit_html

        return circuit_html(self._layout, type(self).__name__)

    # --- inside ---------------------------------------------------------------------------------------------

    def _build(self) -> CompiledCircuit:
        """Return the circuit as matrices, with present parameters.

        Raises:
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        return self._new_build().compiled

    def _new_build(self, unless: KeptBuild | None = None) -> KeptBuild:
        """Return the circuit as matrices that nobody else has, with the values that they were made of.

        Args:
            unless: A build that is returned where nothing has changed since.

        Raises:
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        heralds = self._layout.heralds
        try:
            compilation = self._layout.compilation()
            values = compilation.bound.present()
            if unless is not None and unless.is_of(compilation, heralds, values):
                return unless
            return KeptBuild(compilation, heralds, values)
        except Exception as error:
            raise _compilation_error(error) from error

    def _kept_build(self) -> KeptBuild:
        """Return the circuit as matrices, those of the last time where nothing has changed since.

        Raises:
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        kept = self._new_build(self._kept)
        self._kept = kept if kept.can_be_kept else None
        return kept

    def _labelled(self, build: KeptBuild) -> dict[str, float]:
        """Return the values of labelled Parameters that a build of the circuit has, by label."""
        return build.labelled(self._numbers)

    def _get_circuit_spec(self) -> list[Component]:
        """Return the elements; they are immutable."""
        return list(self._layout.components)


def _number_of_modes(value: Any) -> int:
    number = as_integer(value, "Number of modes", integral_floats=True)
    if number < 1:
        msg = f"Number of modes should be at least 1, got {number}."
        raise ValueError(msg)
    return number


def _layout_of(circuit: Any) -> Layout | None:
    """Return the layout of a circuit of lwfast or Lightworks, as a copy; None for anything else."""
    if isinstance(circuit, PhotonicCircuit):
        return circuit._layout.copy()  # noqa: SLF001  (of this class)
    return read_layout(circuit) if lightworks_name(circuit, ("PhotonicCircuit",)) else None


def _circuit_of(layout: Layout) -> PhotonicCircuit:
    """Return a circuit of a layout that is its own from now on."""
    circuit = PhotonicCircuit.__new__(PhotonicCircuit)  # else a layout is made to be thrown away: 1.3 us
    circuit._layout = layout  # noqa: SLF001  (its own)
    return circuit


def elements_of(circuit: PhotonicCircuit) -> BoundElements:
    """Return the elements of a circuit as they are now, with the Parameters that they are bound to."""
    return circuit._layout.compilation().bound  # noqa: SLF001  (of this class)


def with_numbers(circuit: PhotonicCircuit, value_of: Callable[[Parameter[Any]], Any]) -> PhotonicCircuit:
    """Return a copy of a circuit with numbers instead of Parameters.

    Args:
        circuit: The circuit, which stays as it is.
        value_of: Returns the number for a Parameter.

    Raises:
        TypeError: If a value has the wrong type.
        ValueError: If a value is outside its range.
    """
    layout = circuit._layout  # noqa: SLF001  (of this class)
    components = [component.frozen(value_of) for component in layout.components]
    copied: PhotonicCircuit = circuit.copy()
    copied._layout.components = components  # noqa: SLF001
    pairs = [(parameter.label, value_of(parameter)) for parameter in circuit.get_all_params()]
    copied._numbers += tuple((label, value) for label, value in pairs if label is not None)  # noqa: SLF001
    return copied


def _compilation_error(error: Exception) -> CircuitCompilationError:
    return CircuitCompilationError(
        f"An error occurred during the circuit compilation process: {ended(error)}"
    )


def _losses(loss: Real, *modes: int) -> list[Component]:
    """Return a loss element for each mode, or nothing where the loss is zero for good."""
    if type(loss) in (int, float) and loss == 0:
        return []
    elements = [Loss(mode, loss) for mode in modes]
    given = elements[0].loss
    lossy = isinstance(given, Parameter) or given > 0
    return list(elements) if lossy else []


def _pair(value: Any, name: str) -> tuple[Any, Any]:
    """Return one value twice, or the two that are given."""
    if is_several(value):
        values = tuple(value)
        if len(values) != 2:
            msg = f"A herald takes one value for {name}, or one for input and one for output, got {values}."
            raise ValueError(msg)
        return values
    return (value, value)
