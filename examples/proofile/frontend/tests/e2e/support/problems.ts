import type { Page } from "@playwright/test";

/** The browser itself gave up a request: the page was left, or (a quirk of Chromium) a streamed answer was read to its end. */
const GIVEN_UP = "net::ERR_ABORTED";

/** Collects what a visitor would call broken: console errors, uncaught exceptions, failed requests, answers from 400 on. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    problems.push(`exception: ${error.message}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    if (reason !== GIVEN_UP) problems.push(`failed: ${request.url()} ${reason}`);
  });
  return problems;
}
