"""Fills bot/console/static/ from node_modules/: components, themes, font, htmx and their licences.

A theme is any package in package.json whose name ends in `design-tokens`. To add a municipality's
own: `npm install` its package and run `make demo`; it appears as static/themes/NAME.css and is
switched on by class="NAME-theme".
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

COPIES = {
    "@utrecht/component-library-css/dist/index.css": "components.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx-ext-sse/dist/sse.min.js": "htmx-sse.min.js",
}
FONT = "@fontsource/noto-sans"
FONT_WEIGHTS = (400, 700)
# latin-ext is fetched by the browser only for names such as those with ş or ł.
FONT_SUBSETS = ("latin-ext", "latin")


def build(node_modules: Path, package_json: Path, static: Path) -> None:
    """Make the static folder anew; it is swapped in whole, so that no half one is ever served."""
    fresh = static.with_name("static.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "themes").mkdir(parents=True)
    packages: list[str] = list(json.loads(package_json.read_text(encoding="utf-8"))["dependencies"])
    for source, target in COPIES.items():
        shutil.copyfile(node_modules / source, fresh / target)
    for package in packages:
        if package.endswith("design-tokens"):
            target = f"themes/{theme_name(package)}.css"
            shutil.copyfile(theme_file(node_modules / package), fresh / target)
    copy_font(node_modules / FONT, fresh / "fonts")
    lines = [licence_line(node_modules / package) for package in sorted(packages)]
    (fresh / "LICENCES.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)


def theme_name(package: str) -> str:
    """Return `voorbeeld` for @nl-design-system-unstable/voorbeeld-design-tokens."""
    scope, _, name = package.rpartition("/")
    return re.sub(r"-?design-tokens$", "", name) or scope.lstrip("@")


def theme_file(package: Path) -> Path:
    """Return the style sheet of a theme; older packages know only dist/index.css."""
    newer = package / "dist" / "theme.css"
    return newer if newer.exists() else package / "dist" / "index.css"


def copy_font(package: Path, target: Path) -> None:
    """Copy the weights and subsets that are used, with one style sheet for them."""
    target.mkdir()
    shutil.copyfile(package / "LICENSE", target / "LICENSE")
    ranges: dict[str, str] = json.loads((package / "unicode.json").read_text(encoding="utf-8"))
    faces = []
    for file, subset, weight in font_files(package.name):
        shutil.copyfile(package / "files" / file, target / file)
        faces.append(
            "@font-face {\n"
            '  font-family: "Noto Sans";\n'
            f"  font-weight: {weight};\n"
            "  font-display: swap;\n"
            f'  src: url("{file}") format("woff2");\n'
            f"  unicode-range: {ranges[subset]};\n"
            "}\n"
        )
    (target / "fonts.css").write_text("".join(faces), encoding="utf-8")


def font_files(font: str) -> Iterator[tuple[str, str, int]]:
    """Yield file name, subset and weight."""
    for weight in FONT_WEIGHTS:
        for subset in FONT_SUBSETS:
            yield f"{font}-{subset}-{weight}-normal.woff2", subset, weight


def licence_line(package: Path) -> str:
    """Return name, version and licence of an npm package."""
    about: dict[str, Any] = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return f"{about['name']} {about['version']}: {about.get('license', 'see its LICENSE file')}"


if __name__ == "__main__":
    build(ROOT / "node_modules", ROOT / "package.json", ROOT / "bot" / "console" / "static")
