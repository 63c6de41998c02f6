from lwfast.emulator.backend import (
    Backend as Backend,
)
from lwfast.emulator.raw import (
    run_raw as run_raw,
)
from lwfast.errors import (
    AnnotatedStateError as AnnotatedStateError,
)
from lwfast.errors import (
    BackendError as BackendError,
)
from lwfast.errors import (
    EmulatorError as EmulatorError,
)
from lwfast.hardware import (
    Detector as Detector,
)
from lwfast.hardware import (
    HardwareModel as HardwareModel,
)
from lwfast.hardware import (
    Source as Source,
)
