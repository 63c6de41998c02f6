"""Parameters of Perceval as Parameters of lwfast, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lwfast._base.validation import as_real, is_real
from lwfast.circuit.parameters import Parameter
from lwfast.errors import ParameterBoundsError
from lwfast.perceval.angles import Angle, Formula


class ParameterReader:
    """Makes a Parameter for each variable of Perceval; one name is one Parameter.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        given: Values, or Parameters to take, by name.
    """

    def __init__(self, pcvl: Any, given: Mapping[str, Any]) -> None:
        self._pcvl = pcvl
        self._given = given
        self._known: dict[str, Parameter[Any]] = {}

    def angle(self, parameter: Any) -> Angle:
        """Return a parameter of a component as a number, a Parameter or a Formula.

        Raises:
            ValueError: A variable has no value, or one outside its bounds.
        """
        if parameter.fixed:
            return float(parameter)
        if not isinstance(parameter, self._pcvl.Expression):
            return self._variable(parameter)
        values = {p.name: float(p) if p.fixed else self._variable(p) for p in parameter.parameters}
        return Formula(parameter.spv, values)

    def _variable(self, parameter: Any) -> Parameter[Any]:
        name = str(parameter.name)
        if name not in self._known:
            self._known[name] = self._new(name, parameter)
        return self._known[name]

    def _new(self, name: str, parameter: Any) -> Parameter[Any]:
        value = self._given.get(name)
        if isinstance(value, Parameter):
            return value
        if value is None:
            if not parameter.defined:
                msg = (
                    f"Parameter {name!r} has no value, and one of lwfast begins with one. Set it in Perceval "
                    f"first, or give it: from_perceval(..., parameters={{{name!r}: 0.5}})."
                )
                raise ValueError(msg)
            value = float(parameter)
        low, high = parameter.bounds
        try:
            return Parameter(
                as_real(value, f"Value of {name!r}"),
                None if low is None and high is None else (low, high),
                name,
            )
        except ParameterBoundsError as error:
            msg = (
                f"Parameter {name!r} has the value {value}, outside of its bounds {low} and {high}; set it "
                "to a value within them."
            )
            raise ParameterBoundsError(msg) from error

    def check_all_used(self) -> None:
        """Check that the circuit has each parameter that was given.

        Raises:
            ValueError: It has not.
        """
        unknown = [repr(name) for name in self._given if name not in self._known]
        if unknown:
            there = ", ".join(map(repr, self._known)) or "none"
            msg = f"The circuit has no parameter {', '.join(unknown)}; its variable parameters are: {there}."
            raise ValueError(msg)


class ParameterWriter:
    """Makes a variable of Perceval for each Parameter, named by its label.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        parameters: All Parameters that there will be.

    Raises:
        ValueError: Two Parameters have one label, or one has a value that is not a number.
    """

    def __init__(self, pcvl: Any, parameters: list[Parameter[Any]]) -> None:
        self._pcvl = pcvl
        self._known: dict[int, Any] = {}
        self._limits: list[tuple[Any, Parameter[Any]]] = []
        labels = Counter(parameter.label for parameter in parameters if parameter.label)
        twice = {label for label, n in labels.items() if n > 1}
        if twice:
            msg = (
                f"Two Parameters have the label {min(twice)!r}, and Perceval tells parameters by their "
                "names; give them different labels."
            )
            raise ValueError(msg)
        free = (name for name in map("p{}".format, range(2 * len(parameters))) if name not in labels)
        for parameter in parameters:
            name = parameter.label or next(free)
            value = parameter.get()
            if not is_real(value):
                msg = f"Parameter {name!r} has the value {value!r}; one of Perceval is a number."
                raise ValueError(msg)
            variable = pcvl.Parameter(name)
            variable.set_value(float(value))
            self._known[id(parameter)] = variable
            self._limits.append((variable, parameter))

    def angle(self, angle: Angle) -> Any:
        """Return a number, a variable or an Expression of Perceval."""
        if isinstance(angle, Parameter):
            return self._known[id(angle)]
        if isinstance(angle, Formula):
            standing = {}
            for symbol in angle.expression.free_symbols:
                value = angle.values[symbol.name]
                if isinstance(value, Parameter):
                    standing[symbol] = type(symbol)(self._symbol_name(value))
                else:
                    standing[symbol] = value
            return self._expression(str(angle.expression.xreplace(standing)), *angle.params)
        return angle

    def formula(self, text: str, parameter: Parameter[Any]) -> Any:
        """Return an Expression of one Parameter.

        Args:
            text: The formula, with `{}` for the Parameter.
            parameter: The Parameter of lwfast.
        """
        return self._expression(text.format(self._symbol_name(parameter)), parameter)

    def _expression(self, text: str, *parameters: Parameter[Any]) -> Any:
        return self._pcvl.Expression(text, {self._known[id(parameter)] for parameter in parameters})

    def _symbol_name(self, parameter: Parameter[Any]) -> str:
        """Return the name of a variable, if formulas of Perceval can have it.

        Raises:
            ValueError: SymPy reads something else in it.
        """
        import sympy

        name = str(self._known[id(parameter)].name)
        try:
            plain = sympy.sympify(name) == sympy.Symbol(name)
        except Exception:  # noqa: BLE001  (whatever the parser stumbles over)
            plain = False
        if not plain:
            msg = (
                f"The label {name!r} cannot stand in a formula, which Perceval needs for a reflectivity or a "
                "gate with an angle: SymPy reads something else in it. Take a plain name, such as 'theta_1'."
            )
            raise ValueError(msg)
        return name

    def restore_limits(self) -> None:
        """Give variables the bounds of their Parameters; Perceval's components have set others.

        A variable with bounds refuses what is outside of them, as a Parameter does: Perceval would otherwise
        take a value round by the width of the bounds, which is another phase unless they are 2 pi wide.
        """
        for variable, parameter in self._limits:
            variable.min, variable.max = [
                None if bound is None else float(bound)
                for bound in (parameter.min_bound, parameter.max_bound)
            ]
            variable.set_periodic(not parameter.has_bounds())
