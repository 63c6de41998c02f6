from lwfast.interferometers import (
    dists as dists,
)
from lwfast.interferometers.decompositions import (
    clements_decomposition as clements_decomposition,
)
from lwfast.interferometers.decompositions import (
    reck_decomposition as reck_decomposition,
)
from lwfast.interferometers.error_model import (
    ErrorModel as ErrorModel,
)
from lwfast.interferometers.mesh import (
    Mesh as Mesh,
)
from lwfast.interferometers.reck_and_clements import (
    Clements as Clements,
)
from lwfast.interferometers.reck_and_clements import (
    Reck as Reck,
)
