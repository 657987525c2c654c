"""A page in headless Chromium: what overflows, lacks contrast, is cut or crossed; and what axe-core finds in it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOOK = """
<script>
function parts(color) {
  const numbers = color.match(/[\\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
}
function over(top, under) { return top.rgb.map((value, at) => value * top.alpha + under[at] * (1 - top.alpha)); }
function ground(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(parts(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
}
function light(rgb) {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
}
function contrast(one, other) {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + .05) / (low + .05);
}
function textIn(element) {
  return [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join("");
}
function look() {
  const faint = [], cut = [], crossed = [], root = document.scrollingElement;
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element), words = textIn(element);
    if (!words || ["SCRIPT", "STYLE"].includes(element.tagName) || !element.getClientRects().length) continue;
    const isChart = element.tagName === "text", color = parts(isChart ? style.fill : style.color);
    const under = ground(isChart ? element.closest("svg").parentElement : element);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast(over(color, under), under) < (isLarge ? 3 : 4.5)) faint.push(words);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1) cut.push(text.textContent);
      for (const path of svg.querySelectorAll("path")) {
        const inner = text.getBBox(), points = [];
        for (let x = 0; x <= 8; x++) for (let y = 0; y <= 2; y++)
          points.push([inner.x + inner.width * x / 8, inner.y + inner.height * (.2 + .3 * y)]);
        if (points.some(([x, y]) => path.isPointInFill(new DOMPoint(x, y)))) { crossed.push(text.textContent); break; }
      }
    }
  }
  const wide = [...document.body.querySelectorAll("*")].filter(e => !e.closest("svg") && !e.parentElement.closest(
    ".scroll, .pair > *") && e.getBoundingClientRect().right > root.clientWidth + 1).map(e => e.className || e.tagName);
  const sideways_px = root.scrollWidth - root.clientWidth;
  const seen = { sideways_px, width_px: root.clientWidth, wide, faint, cut, crossed };
  document.body.innerHTML = "<pre id=seen></pre>";
  document.getElementById("seen").textContent = JSON.stringify(seen);
}
addEventListener("load", look);
</script>
"""


AXE_RUN = """
<pre id=seen></pre>
<script>
addEventListener("load", async () => {
  const answer = await axe.run(document, { resultTypes: ["violations"] });
  const findings = answer.violations.map(({ id, impact, help, nodes }) =>
    ({ id, impact, help, nodes: nodes.map(node => node.html) }));
  document.getElementById("seen").textContent = JSON.stringify({ rules: answer.passes.length, findings });
});
</script>
"""


def axe_core() -> Path | None:
    """The rules of axe-core, the accessibility checker; None where its package is not installed."""
    try:
        path = Path(str(distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def accessibility(page: Path, scratch: Path, *, dark: bool = False) -> dict[str, Any]:
    """What axe-core finds in a page: how many rules it meets (`rules`), and each it does not (`findings`)."""
    path = axe_core()
    assert path is not None
    copy = scratch / f"{page.stem}-axe.html"
    copy.write_text(page.read_text().replace("</body>", f"<script>{path.read_text()}</script>{AXE_RUN}</body>"))
    return _answered(_chromium(copy, scratch, 1280, "--dump-dom", dark=dark))


def seen(page: Path, scratch: Path, width_px: int, zoom: float = 1.0, *, dark: bool = False) -> dict[str, Any]:
    """What a person sees at a window's width and zoom: a zoom of 2 leaves half of the width to the page."""
    copy = scratch / f"{page.stem}-{width_px}-{zoom}.html"
    copy.write_text(page.read_text().replace("</body>", LOOK + "</body>"))
    dom = _chromium(copy, scratch, round(width_px / zoom), "--dump-dom", dark=dark)
    return _answered(dom)


def _answered(dom: str) -> dict[str, Any]:
    answered = re.search(r'<pre id="seen">(.+?)</pre>', dom, re.DOTALL)
    assert answered, dom[:500]
    answer: dict[str, Any] = json.loads(html.unescape(answered[1]))
    return answer


def _chromium(page: Path, scratch: Path, width_px: int, *options: str, dark: bool = False) -> str:
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch / 'profile'}",
               f"--window-size={width_px},900", "--virtual-time-budget=2000", "--hide-scrollbars",
               *(["--blink-settings=preferredColorScheme=0"] if dark else []), *options, page.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
