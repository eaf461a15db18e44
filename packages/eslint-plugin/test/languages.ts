import * as babel from "@babel/eslint-parser";
import * as typescript from "@typescript-eslint/parser";
import type { Linter } from "eslint";
import * as vue from "vue-eslint-parser";

const jsx = { parserOptions: { ecmaFeatures: { jsx: true } } };

/** How ESLint reads the examples: JavaScript with its own parser, everything else with those that projects use. */
export const languages: readonly Linter.Config[] = [
  { files: ["**/*.{js,cjs,mjs,jsx}"], languageOptions: jsx },
  { files: ["**/*.{ts,mts,cts,tsx}"], languageOptions: { parser: typescript } },
  { files: ["**/*.{vue,svelte,html}"], languageOptions: { parser: vue, parserOptions: { parser: typescript } } },
];

/** For JavaScript that has decorators or types. */
export const withTypes: Linter.Config = { files: ["**/*.js"], languageOptions: { parser: typescript } };

/** For JavaScript that has types of Flow. Needs ESLint 9: the version of the parser for ESLint 10 does not run on Node.js 20. */
export const withFlow: Linter.Config = {
  files: ["**/*.{js,jsx}"],
  languageOptions: {
    parser: babel,
    parserOptions: {
      requireConfigFile: false,
      babelOptions: { parserOpts: { plugins: [["flow", { all: true }], "jsx"] } },
    },
  },
};
