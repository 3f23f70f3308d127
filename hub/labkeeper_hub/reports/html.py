"""A document as one HTML page that loads nothing: style inside, plots inside, made for the screen and for A4."""

import base64
import hashlib
from html import escape
from typing import Final

from labkeeper_hub.reports.document import Document, Fact, Plot, Section, Table
from labkeeper_hub.reports.svg import plot

STYLE: Final = """
:root { color-scheme: light dark; --ink: #18202b; --quiet: #566170; --line: #dfe3ea; --surface: #fff; --accent: #1f5fd0;
  --mark: #8a5300; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1000px; padding: 24px; background: var(--surface); color: var(--ink);
  font: 15px/1.45 system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 18px; margin: 22px 0 6px; }
h3 { font-size: 15px; margin: 10px 0 2px; }
.subtitle, .foot, .summary { color: var(--quiet); margin: 2px 0 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 4px 18px; margin: 12px 0; }
.facts div { min-width: 0; } dt { color: var(--quiet); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(400px, 100%), 1fr)); gap: 0 20px; }
figure { margin: 6px 0; min-width: 0; break-inside: avoid; }
figcaption .summary { display: block; font-size: 13px; }
figcaption strong { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--accent); }
.grid { stroke: var(--line); stroke-width: 1; } .tick { fill: var(--quiet); font-size: 11px; }
.line { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round; } .dot { fill: var(--accent); }
.band { fill: var(--accent); fill-opacity: 0.18; }
.mark { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 3 3; }
.mark-label { fill: var(--mark); font-size: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; color: var(--quiet); }
th, td { border-bottom: 1px solid var(--line); padding: 3px 10px 3px 0; vertical-align: top; overflow-wrap: anywhere; }
.foot { margin-top: 18px; font-size: 13px; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9edf3; --quiet: #a5b0be; --line: #2c3542; --surface: #0f1318;
  --accent: #7fb0ff; --mark: #ffc978; } }
@media print { @page { size: A4; margin: 12mm 12mm 16mm; font: 9px "Noto Sans", sans-serif; color: #444;
    @bottom-left { content: string(title) " · " string(under); }
    @bottom-right { content: counter(page) " / " counter(pages); } }
  :root { color-scheme: light; --ink: #000; --quiet: #444; --line: #ccc; --surface: #fff; --accent: #1f5fd0;
    --mark: #8a5300; }
  body { padding: 0; max-width: none; font-size: 11px; line-height: 1.35; }
  :lang(zh) body { font-family: "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei",
    sans-serif; }
  h1 { font-size: 20px; string-set: title content(text); } .subtitle { string-set: under content(text); }
  h2 { font-size: 14px; margin: 12px 0 4px; padding-bottom: 2px; border-bottom: 1px solid var(--line); }
  h2, h3, h2 + .facts { break-after: avoid; } h3, table, .foot { font-size: 11px; }
  dt, figcaption .summary { font-size: 10px; } .screen { display: none; } .scroll { overflow: visible; }
  .plots { grid-template-columns: repeat(2, 1fr); } figure { margin: 2px 0; }
  .facts { grid-template-columns: repeat(3, 1fr); gap: 3px 14px; margin: 6px 0; }
  .facts div, tr, .foot { break-inside: avoid; } th, td { padding: 2px 10px 2px 0; } }
"""
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""What such a page may do: have this style, and stand within ours, where STOP is; nothing else."""
LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}


def page(document: Document) -> str:
    """Return the page."""
    title = escape(document.title)
    return (
        f'<!doctype html><html lang="{LANGUAGES[document.language]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        f'<p class="subtitle">{escape(document.subtitle)}</p>{_facts(document.facts)}'
        f"{''.join(_section(one, document.offset_min) for one in document.sections)}"
        f'<p class="foot">{escape(document.foot)}</p><p class="foot screen">{escape(document.print_word)}</p>'
        "</main></body></html>"
    )


def _section(section: Section, offset_min: int) -> str:
    drawn = "".join(_figure(one, offset_min) for one in section.plots)
    plots = f'<div class="plots">{drawn}</div>' if drawn else ""
    tables = "".join(map(_table, section.tables))
    return f"<section><h2>{escape(section.title)}</h2>{_facts(section.facts)}{plots}{tables}</section>"


def _facts(facts: tuple[Fact, ...]) -> str:
    told = "".join(f"<div><dt>{escape(one.name)}</dt><dd>{escape(one.value)}</dd></div>" for one in facts)
    return f'<dl class="facts">{told}</dl>' if told else ""


def _figure(what: Plot, offset_min: int) -> str:
    words = f'<strong>{escape(what.title)}</strong> <span class="summary">{escape(what.summary)}</span>'
    drawn = plot(what, offset_min) if what.line.times else ""  # an empty plot says less than its summary
    return f"<figure><figcaption>{words}</figcaption>{drawn}</figure>"


def _table(table: Table) -> str:
    title = f"<h3>{escape(table.title)}</h3>" if table.title else ""
    if not table.rows:
        return f'{title}<p class="summary">{escape(table.empty)}</p>'
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in table.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    scrolled = f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.title or table.header[0])}">'
    return f"{title}{scrolled}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
