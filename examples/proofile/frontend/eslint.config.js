import js from "@eslint/js";
import next from "@next/eslint-plugin-next";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig([
  globalIgnores([".next/", "test-results/", "coverage/", "next-env.d.ts"]),
  js.configs.recommended,
  tseslint.configs.strict,
  tseslint.configs.stylistic,
  next.configs["core-web-vitals"],
  { files: ["src/**"], extends: [reactHooks.configs.flat["recommended-latest"]] },
  jsxA11y.flatConfigs.strict,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["**/*.js"], languageOptions: { globals: { process: "readonly" } } },
]);
