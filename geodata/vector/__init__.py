"""Vector files read without GDAL: KML, DXF, GeoJSON, Shapefiles, alone or zipped; nothing they name is opened."""
