import { test as base, expect } from "@playwright/test";

import { ApiClient, type Profile } from "./api-client";
import { STATE_FILE } from "./env";
import { watchProblems } from "./problems";

interface ApiFixtures {
  /** A profile of this test alone. */
  profile: Profile;
}

/** A test that needs no browser. */
export const apiTest = base.extend<ApiFixtures, { api: ApiClient }>({
  api: [
    // eslint-disable-next-line no-empty-pattern -- Playwright demands the destructuring, also of no fixture
    async ({}, use) => {
      const api = await ApiClient.open();
      await use(api);
      await api.close();
    },
    { scope: "worker" },
  ],
  profile: async ({ api }, use) => {
    const profile = await api.createProfile();
    await use(profile);
    await api.deleteProfile(profile.id);
  },
});

interface PageFixtures {
  /** Problems that a test provokes on purpose. */
  tolerated: RegExp | null;
  /** Fails the test for every problem on its page that is not tolerated. */
  problems: undefined;
}

/** A test with a page that has to be free of problems. */
export const test = apiTest.extend<PageFixtures>({
  tolerated: [null, { option: true }],
  problems: [
    async ({ page, tolerated }, use) => {
      const problems = watchProblems(page);
      await use(undefined);
      expect(problems.filter((problem) => !tolerated?.test(problem))).toEqual([]);
    },
    { auto: true },
  ],
});

/** For `test.use`: the session of the shared login. */
export const signedIn = { storageState: STATE_FILE };

export { expect };
