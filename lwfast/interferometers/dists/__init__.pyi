from lwfast.interferometers.dists.random_values import (
    Constant as Constant,
)
from lwfast.interferometers.dists.random_values import (
    Distribution as Distribution,
)
from lwfast.interferometers.dists.random_values import (
    Gaussian as Gaussian,
)
from lwfast.interferometers.dists.random_values import (
    TopHat as TopHat,
)
