import { expect, signedIn, test } from "./support/test";

const BREAKPOINTS = [
  { name: "375 phone", width: 375, height: 667, touch: true },
  { name: "390 phone", width: 390, height: 844, touch: true },
  { name: "393 phone", width: 393, height: 851, touch: true },
  { name: "768 tablet", width: 768, height: 1024, touch: true },
  { name: "1024 tablet", width: 1024, height: 1366, touch: true },
  { name: "1024 desktop", width: 1024, height: 768, touch: false },
  { name: "1440 desktop", width: 1440, height: 900, touch: false },
  { name: "1920 desktop", width: 1920, height: 1080, touch: false },
];

const PAGES = ["/", "/login", "/dashboard", "/profiles", "/performance"];

const SMALLEST_TARGET = 44;

/** Links and controls that a finger would miss; those that are out of sight until focused do not count. */
function smallTargets(limit: number): string[] {
  return [...document.querySelectorAll("a, button, input, textarea, select")]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && box.bottom > 0 && (box.height < limit || box.width < limit))
    .map(({ element, box }) => `${element.outerHTML.slice(0, 60)} ${Math.round(box.width)}x${Math.round(box.height)}`);
}

for (const { name, width, height, touch } of BREAKPOINTS) {
  test.describe(name, () => {
    test.use({ viewport: { width, height }, hasTouch: touch });

    for (const path of PAGES) {
      test.describe("", () => {
        if (path !== "/login") test.use(signedIn);

        test(`${path} fits`, async ({ page }) => {
          await page.goto(path);
          await expect(page.getByRole("heading", { level: 1 })).toBeInViewport();
          await expect(page.locator(".skeleton")).toHaveCount(0);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
          await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Performance" })).toBeInViewport();
          if (touch) expect(await page.evaluate(smallTargets, SMALLEST_TARGET)).toEqual([]);
        });
      });
    }
  });
}
