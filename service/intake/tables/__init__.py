"""From sheets as people make them to rows under one header: titles, headers, merged cells, totals, notes."""
