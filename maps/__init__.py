"""Maps and pictures of problems: folium exports and report figures. No web, no database."""
