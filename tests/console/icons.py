"""Make the page's PNG icons again, out of icon.svg: `python -m tests.console.icons`. Needs Chromium."""

import asyncio
import os
import shutil

from playwright.async_api import Page, async_playwright

from labkeeper_hub.console import STATIC

ROUNDED = 'rx="8"'  # its corners; where a system cuts the shape itself, the ground fills the square
ICONS = (("icon-192", 192, ROUNDED), ("icon-512", 512, ROUNDED), ("icon-512-whole", 512, ""))


async def draw(page: Page, name: str, size: int, corners: str) -> None:
    """Write one icon, transparent where the drawing is."""
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8").replace(ROUNDED, corners)
    await page.set_viewport_size({"width": size, "height": size})
    await page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}")
    await page.screenshot(path=STATIC / f"{name}.png", omit_background=True)


async def main() -> None:
    """Draw all of them."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        for icon in ICONS:
            await draw(page, *icon)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
