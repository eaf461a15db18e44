import * as babel from "@babel/eslint-parser";
import * as typescript from "@typescript-eslint/parser";
import type { Linter } from "eslint";
import * as vue from "vue-eslint-parser";

const jsx = { parserOptions: { ecmaFeatures: { jsx: true } } };

const typed: Linter.Config = { files: ["**/*.{ts,mts,cts,tsx}"], languageOptions: { parser: typescript } };
const embedded: Linter.Config = {
  files: ["**/*.{vue,svelte,html}"],
  languageOptions: { parser: vue, parserOptions: { parser: typescript } },
};

/** How ESLint reads the examples: JavaScript with its own parser, everything else with those that projects use. */
export const languages: readonly Linter.Config[] = [
  { files: ["**/*.{js,cjs,mjs,jsx}"], languageOptions: jsx },
  typed,
  embedded,
];

/** The options that read one file, for where no patterns can be given. */
export function optionsFor(file: string, code: string): Linter.LanguageOptions {
  const decorated = /^\s*@[A-Z]|: \w+\)/m.test(code);
  const config = /\.(?:vue|svelte|html)$/.test(file)
    ? embedded
    : decorated || /\.[cm]?tsx?$/.test(file)
      ? typed
      : undefined;
  return config?.languageOptions ?? jsx;
}

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
