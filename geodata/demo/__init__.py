"""The demo district 如意湖办事处: drawn here, unofficial, the same on every machine.

No official polygons of the real subdistrict are public, so streets, borders, numbers and problems
are authored (非官方示范数据); the railway is fictional (虚构), and so are all people, shops, sites and
units whose names begin with 示范. See docs/demo.md.
"""

from __future__ import annotations

from geodata.demo.profile import write_profile

__all__ = ["write_profile"]
