"""The two kernels of the density: what their bandwidth means, how far they reach, how high they stand.

Numbers only; the sums over points are in `direct` and `splines`.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from geodata.errors import InputError

Kernel = Literal["quartic", "gaussian"]

M2_PER_KM2 = 1e6
# A Gaussian is summed as far as this many sigma. In a disc of one sigma lie at most 1.7 peaks' worth of
# points, so all points beyond add less than 1e-10 of the peak: 90 discs a ring x exp(-7.5² / 2).
GAUSSIAN_REACH = 7.5
# Bandwidths of equal smoothing (Marron & Nolan 1988): (R(K) / mu_2(K)²)^(1/6), quartic over Gaussian.
# In the plane R = 9 / (5 pi), mu_2 = 1/8 against R = 1 / (4 pi), mu_2 = 1.
QUARTIC_PER_SIGMA = 460.8 ** (1 / 6)


def check_kernel(kernel: str, bandwidth_m: float) -> None:
    """Refuse an unknown kernel or a bandwidth that is no positive length.

    Raises
    ------
    ValueError
        With what is accepted.
    """
    if kernel not in get_args(Kernel):
        raise InputError(
            f"kernel must be one of {', '.join(get_args(Kernel))}, not {kernel!r}",
            zh=f"核（kernel）可以是 {'、'.join(get_args(Kernel))}，不能是 {kernel}",
        )
    if not (bandwidth_m > 0 and math.isfinite(bandwidth_m)):
        raise InputError(
            f"bandwidth_m must be a positive number of metres, not {bandwidth_m}",
            zh=f"带宽（bandwidth_m）要是正数（米），不能是 {bandwidth_m}",
        )


def reach_m(kernel: Kernel, bandwidth_m: float) -> float:
    """Return the distance beyond which a point adds nothing, metres."""
    return bandwidth_m if kernel == "quartic" else GAUSSIAN_REACH * bandwidth_m


def height_per_km2(kernel: Kernel, bandwidth_m: float) -> float:
    """Return the density at the place of a single point, per km².

    Notes
    -----
    Silverman (1986), eq. 4.5: quartic 3 / (pi h²); Gaussian 1 / (2 pi sigma²).

    Examples
    --------
    >>> round(height_per_km2("quartic", 100.0), 3), round(height_per_km2("gaussian", 100.0), 3)
    (95.493, 15.915)
    """
    area = math.pi * bandwidth_m**2
    return M2_PER_KM2 * (3.0 / area if kernel == "quartic" else 0.5 / area)
