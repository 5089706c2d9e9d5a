"""Places to inspect: see `tests.service.shops`."""

from tests.service.shops import shops as shops
