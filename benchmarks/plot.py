"""A plot without a library: how long each question takes (p95) as the filings become more; one line for each question and database."""

from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 520, 70, 330, 30, 50
COLOURS = ("#0b6e4f", "#c8553d", "#2d5da1", "#8a6d00", "#6a3d9a", "#b15928", "#1b9e77", "#7570b3", "#e7298a", "#666666")
DASHES = {"SQLite": "", "PostgreSQL": "6 4"}
LIMIT = 50


def plotted(told):
    """SVG of `{database: {filings: {question: {"p95": ms}}}}`; both axes are logarithmic."""
    sizes = sorted({int(size) for each in told.values() for size in each})
    names = list(dict.fromkeys(n for each in told.values() for found in each.values() for n, f in found.items() if isinstance(f, dict)))
    most = max(f["p95"] for each in told.values() for found in each.values() for f in found.values() if isinstance(f, dict))
    highest = log10(max(most, LIMIT) * 1.2)
    span = max(1e-9, log10(sizes[-1]) - log10(sizes[0]))

    def x(size):
        return LEFT + (log10(size) - log10(sizes[0])) / span * (WIDTH - LEFT - RIGHT)

    def y(ms):
        return HEIGHT - BOTTOM - log10(max(ms, 1)) / highest * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">']
    out.append(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{LEFT}" y="18" font-size="14">p95, ms</text>')
    for ms in (1, 2, 5, 10, 20, LIMIT, 100, 200, 500):
        if log10(ms) <= highest:
            stroke = "#c00" if ms == LIMIT else "#ddd"
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(ms):.1f}" y2="{y(ms):.1f}" stroke="{stroke}"/>')
            out.append(f'<text x="{LEFT - 8}" y="{y(ms) + 4:.1f}" text-anchor="end">{ms}</text>')
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{HEIGHT - 20}" text-anchor="middle">{size:,}</text>')
    for place, name in enumerate(names):
        colour = COLOURS[place % len(COLOURS)]
        for kind, each in told.items():
            points = [(x(int(size)), y(found[name]["p95"])) for size, found in each.items() if name in found]
            line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-dasharray="{DASHES.get(kind, "")}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 14 * place}" fill="{colour}">{escape(name)}</text>')
    out.append(
        f'<text x="{LEFT}" y="{HEIGHT - 4}">filings; solid: SQLite, dashed: PostgreSQL; the red line is to be kept under</text></svg>'
    )
    return "\n".join(out) + "\n"
