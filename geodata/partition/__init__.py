"""Locate, assign and density for lists larger than one process: over partitions, on Dask.

A folder of GeoParquet files goes in, a folder of GeoParquet partitions comes out; between them every
step reads files and writes files, so that nothing large travels through the scheduler, a killed run
goes on where it stopped, and memory is bounded by the size of a partition. Answers are those of one
process. For a list that fits into memory `Geocoder.locate_many`, `ZoneIndex.assign` and
`density_grid` are simpler and start at once.

Dask is imported when a cluster is started or joined, not with this package.
"""

from geodata.partition.assigning import assign_partitions
from geodata.partition.cluster import ClusterOptions, TlsFiles
from geodata.partition.heating import density_partitions
from geodata.partition.locating import locate_partitions
from geodata.partition.raster import density_raster
from geodata.partition.results import PartitionReport, open_frame

__all__ = [
    "ClusterOptions",
    "PartitionReport",
    "TlsFiles",
    "assign_partitions",
    "density_partitions",
    "density_raster",
    "locate_partitions",
    "open_frame",
]
