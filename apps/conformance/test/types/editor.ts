import { join, resolve } from "node:path";
import ts from "typescript5";

const root = resolve(import.meta.dirname, "../../../..");

/** How a user compiles: strict, as `tsc --init` writes it; but with the packages' sources, as all tests of this repository. */
const options: ts.CompilerOptions = {
  strict: true,
  allowJs: true,
  checkJs: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  customConditions: ["@wsorigin/source"],
  types: ["node"],
  skipLibCheck: true,
  noEmit: true,
};

/** Programs as TypeScript's language service sees them: the hover texts and the errors of an editor. */
export class Editor {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #service: ts.LanguageService;

  /** @param programs by their path from the root of the repository. A `^` before a word says that its hover text is wanted */
  constructor(programs: Readonly<Record<string, string>>) {
    this.#texts = new Map(Object.entries(programs).map(([path, text]) => [join(root, path), text]));
    const { sys } = ts;
    const read = (name: string): string | undefined => this.#texts.get(name)?.replaceAll("^", "") ?? sys.readFile(name);
    // All programs at once: one checker reads the declarations of Node and of every framework.
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      getScriptFileNames: () => [...this.#texts.keys()],
      getScriptVersion: () => "0",
      getScriptSnapshot(name) {
        const text = read(name);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      fileExists: (name) => this.#texts.has(name) || sys.fileExists(name),
      readFile: read,
      directoryExists: (name) => sys.directoryExists(name),
      getDirectories: (name) => sys.getDirectories(name),
      realpath: (name) => sys.realpath?.(name) ?? name,
    });
  }

  /** Returns the hover texts of the words behind a `^`. */
  hover(path: string): readonly string[] {
    const name = join(root, path);
    let place = 0;
    return (this.#texts.get(name) ?? "")
      .split("^")
      .slice(0, -1)
      .map((part) => {
        place += part.length;
        return hoverText(this.#service.getQuickInfoAtPosition(name, place));
      });
  }

  /** Returns the compiler's errors in a program, with the number of their line, from 0. */
  errors(path: string): readonly { readonly line: number; readonly message: string }[] {
    const name = join(root, path);
    return [...this.#service.getSyntacticDiagnostics(name), ...this.#service.getSemanticDiagnostics(name)].map(
      ({ messageText, start = 0, file }) => ({
        line: file?.getLineAndCharacterOfPosition(start).line ?? 0,
        message: ts.flattenDiagnosticMessageText(messageText, "\n"),
      }),
    );
  }
}

function hoverText(info: ts.QuickInfo | undefined): string {
  if (info === undefined) return "";
  const tags = (info.tags ?? []).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
  const documentation = ts.displayPartsToString(info.documentation);
  return [ts.displayPartsToString(info.displayParts), documentation, ...tags].filter((text) => text !== "").join("\n");
}
