"""Charts as SVG text, one way of drawing for reports and for the server's page.

Both the speaking and the listening side import it; it imports `protocol` alone. Start with `svg`;
`chart.css` has the colours that its classes stand for.

Public: `chart_style`, `stage_chart`, `svg`.
"""
