#!/usr/bin/env python3
"""Draw the module graph from Package.swift, and check that it is layered.

usage: scripts/modules.py [--check]

Writes docs/architecture.svg. With --check nothing is written: exit status 1 when the picture is not the one
this would draw, or when a target depends on one of a higher layer.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "architecture.svg"


def layers(manifest):
    """[(heading, [(target, [dependency])])] from the comments `// Layer N: ...` and the calls below them."""
    found, heading = [], None
    text = manifest[manifest.index("targets: [") : manifest.index("swiftLanguageModes")]
    token = re.compile(
        r"//\s*(System libraries|Layer \d+:[^\n]*)"
        r"|(?:module|system|\.target|\.executableTarget)\(\s*(?:name:\s*)?\"(\w+)\"(.*?)(?=\n        (?:module|system|tests|\.target|\.executableTarget|//)|\Z)"
        r"|tests\(",
        re.S,
    )
    for match in token.finditer(text):
        if match.group(1):
            heading = match.group(1)
            found.append((heading, []))
        elif match.group(2) and found and "path: \"Tests/" not in match.group(3):
            body = re.sub(r"resources:.*", "", match.group(3), flags=re.S)
            body = re.sub(r"(pkgConfig|apt|linkerSettings|cSettings):.*", "", body, flags=re.S)
            found[-1][1].append((match.group(2), re.findall(r"\"(\w+)\"", body)))
    names = {name for _, targets in found for name, _ in targets}
    return [(heading, [(n, [d for d in ds if d in names]) for n, ds in targets]) for heading, targets in found]


def faults(found):
    rank = {name: index for index, (_, targets) in enumerate(found) for name, _ in targets}
    for index, (heading, targets) in enumerate(found):
        seen = set()
        for name, dependencies in targets:
            for dependency in dependencies:
                if rank[dependency] > index or (rank[dependency] == index and dependency not in seen):
                    yield f"{name} ({heading}) depends on {dependency}, which stands above it"
            seen.add(name)


def needed(found):
    """The dependencies that no other path implies (the transitive reduction); the picture shows only these."""
    direct = {name: set(dependencies) for _, targets in found for name, dependencies in targets}
    below = {}

    def reach(name):
        if name not in below:
            below[name] = set().union(*(reach(d) | {d} for d in direct[name])) if direct[name] else set()
        return below[name]

    return {name: [d for d in sorted(ds) if not any(d in reach(other) for other in ds)] for name, ds in direct.items()}


def draw(found):
    rows = list(reversed(found))
    width, row_height, box_height = 1120, 92, 34
    places, lines, boxes = {}, [], []
    for row, (heading, targets) in enumerate(rows):
        top = 20 + row * row_height
        step = (width - 40) / max(len(targets), 1)
        box = min(step - 12, 150)
        boxes.append(f'<text class="heading" x="20" y="{top + 10}">{heading}</text>')
        for column, (name, _) in enumerate(targets):
            x = 20 + column * step + (step - box) / 2
            places[name] = (x + box / 2, top + 20, top + 20 + box_height)
            boxes.append(
                f'<g><rect x="{x:.0f}" y="{top + 20}" width="{box:.0f}" height="{box_height}" rx="6"/>'
                f'<text x="{x + box / 2:.0f}" y="{top + 41}" text-anchor="middle">{name}</text></g>'
            )
    arrows = needed(found)
    for _, targets in rows:
        for name, _ in targets:
            for dependency in arrows[name]:
                (x1, _, y1), (x2, y2, _) = places[name], places[dependency]
                if y2 > y1:
                    lines.append(f'<path d="M{x1:.0f} {y1} C{x1:.0f} {y1 + 30} {x2:.0f} {y2 - 30} {x2:.0f} {y2}"/>')
    height = 20 + len(rows) * row_height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="13">\n'
        "<style>rect{fill:#fff;stroke:#5d6b7a}text{fill:#1d2733}.heading{fill:#5d6b7a;font-size:11px}"
        "path{fill:none;stroke:#2563a8;stroke-opacity:.45}</style>\n"
        f'<rect width="{width}" height="{height}" style="fill:#fbfaf7;stroke:none"/>\n'
        + "\n".join(lines + boxes)
        + "\n</svg>\n"
    )


def main():
    found = layers((ROOT / "Package.swift").read_text())
    wrong = list(faults(found))
    picture = draw(found)
    if "--check" in sys.argv[1:]:
        if not PICTURE.exists() or PICTURE.read_text() != picture:
            wrong.append("docs/architecture.svg is not what Package.swift says; run scripts/modules.py")
    else:
        PICTURE.write_text(picture)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
