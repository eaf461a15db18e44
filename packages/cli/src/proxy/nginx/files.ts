import { resolve } from "node:path";
import { Stopped } from "../../pace.ts";
import { type Directive, type Parsed, parseSteps, type SyntaxProblem } from "./parse.ts";
import { dumped, onDisk, shownAs } from "./sources.ts";

/** A configuration with its includes in place. An `include` that was not read stays where it is. */
export interface Configuration {
  readonly directives: readonly Directive[];
  readonly problems: readonly (SyntaxProblem & { readonly file: string })[];
  /** The `include` lines whose file, or whose folder, is not there. */
  readonly missing: readonly Directive[];
  /** How many files were read. */
  readonly files: number;
}

/** nginx knows no limits here. What lies beyond is told in `missing`. */
const mostReads = 20_000;
const deepestInclude = 16;
const mostDirectives = 3_000_000;

/** Files that come with nginx, its modules or a certificate, and that have nothing to say about sockets. */
const harmless =
  /(?:^|\/)(?:mime\.types|(?:fastcgi|scgi|uwsgi)_params|fastcgi\.conf|koi-(?:utf|win)|win-utf|modules(?:-enabled)?\/.*|options-ssl-nginx\.conf|(?:ssl|tls)[\w.-]*|snakeoil\.conf)$/;

export interface NginxFile {
  readonly path: string;
  readonly text: string;
  readonly cwd: string;
  /** Is awaited now and then, and throws to end the work. */
  readonly goOn: () => Promise<void>;
}

/**
 * Reads the file and what it includes. Included paths are looked for from the folder of the file, as nginx does with its main file; then from the
 * including file's folder; then from the folders above that hold an `nginx.conf`, as a file of `sites-enabled` expects. Absolute ones are looked for
 * below the folders around the file first: it may be a copy of what lies elsewhere. Of what `nginx -T` printed the files are taken out of the text
 * itself.
 */
export async function readNginx({ path, text, cwd, goOn }: NginxFile): Promise<Configuration> {
  const absolute = resolve(cwd, path);
  const source = dumped(text, shownAs(absolute, cwd)) ?? (await onDisk(absolute, text, cwd));
  const problems: (SyntaxProblem & { readonly file: string })[] = [];
  const missing: Directive[] = [];
  const cache = new Map<string, Promise<Parsed>>();
  let reads = 0;
  let count = 0;

  const parse = async (file: string): Promise<Parsed> => {
    const shown = source.shown(file);
    const parsed = await parsePaced(await source.read(file), shown, goOn);
    for (const { line, column, text, message } of parsed.problems)
      problems.push({ line, column, text, message, file: shown });
    return parsed;
  };

  const read = async (file: string, within: readonly string[]): Promise<readonly Directive[]> => {
    reads++;
    const parsed = cache.get(file) ?? parse(file);
    cache.set(file, parsed);
    return expand((await parsed).directives, file, within);
  };

  const expand = async (
    directives: readonly Directive[],
    file: string,
    within: readonly string[],
  ): Promise<readonly Directive[]> => {
    const all: Directive[] = [];
    for (const directive of directives) {
      await goOn();
      count++;
      const [pattern] = directive.args;
      if (directive.name === "include" && directive.block === undefined && pattern !== undefined)
        for (const each of await included(directive, pattern, file, within)) all.push(each);
      else if (directive.block === undefined) all.push(directive);
      else all.push({ ...directive, block: await expand(directive.block, file, within) });
    }
    return all;
  };

  const included = async (directive: Directive, pattern: string, file: string, within: readonly string[]) => {
    const found = pattern.includes("\0") ? undefined : await source.find(pattern, file);
    const all: Directive[] = [];
    const unread = () => {
      missing.push(directive);
      all.push(directive);
    };
    if (found === undefined && !harmless.test(pattern)) unread();
    for (const next of found ?? []) {
      const real = await source.identity(next);
      if (within.includes(real)) {
        const { line, column, text } = directive;
        problems.push({ file: directive.file, line, column, text, message: "the file includes itself" });
        continue;
      }
      try {
        if (within.length >= deepestInclude || reads >= mostReads || count >= mostDirectives) unread();
        else for (const each of await read(next, [...within, real])) all.push(each);
      } catch (error) {
        if (error instanceof Stopped) throw error;
        unread();
      }
    }
    return all;
  };

  const directives = await read(source.main, [await source.identity(source.main)]);
  return { directives, problems, missing, files: cache.size };
}

async function parsePaced(text: string, file: string, goOn: () => Promise<void>): Promise<Parsed> {
  const steps = parseSteps(text, file);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await goOn();
  }
}
