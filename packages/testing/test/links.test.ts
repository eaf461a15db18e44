import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const home = "https://github.com/wsorigin/wsorigin/";

/** The folder of every package and app. */
const houses = ["packages", "apps"].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
);

/** Every text of the repository, as a path from its root. */
const texts = [root, ...houses, ...houses.map((folder) => join(folder, "docs"))]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => file.endsWith(".md"))
  .map((file) => relative(root, file).replaceAll(sep, "/"));

/** Every guide: a text beside the two programs that it shows. */
const guides = texts.filter((text) => existsSync(join(root, text.replace(/\.md$/, ""), "before.ts")));

const read = (file: string): string => readFileSync(file, "utf8").replaceAll("\r\n", "\n");

/** A text without its code, in which brackets link to nothing. */
const prose = (file: string): string => read(file).replaceAll(/^```.*?^```$/gms, "");

function linksOf(text: string): readonly string[] {
  const matches = prose(join(root, text))
    .replaceAll(/`[^`\n]*`/g, "")
    .matchAll(/\]\(([^()\s]+)\)/g);
  return Array.from(matches, ([, link = ""]) => link);
}

/** The anchors of a text's headings, as GitHub makes them. */
function anchorsOf(file: string): readonly string[] {
  return Array.from(prose(file).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The file or folder of this repository that a link leads to, or `undefined` if it leads elsewhere. */
function targetOf(text: string, link: string): { readonly path: string; readonly anchor: string } | undefined {
  const [place = "", anchor = ""] = link.split("#");
  const own = /^(?:tree|blob)\/main\/(.+)$/.exec(place.startsWith(home) ? place.slice(home.length) : "");
  if (own !== null) return { path: join(root, own[1] ?? ""), anchor };
  if (/^[a-z]+:/.test(place)) return undefined;
  return { path: place === "" ? join(root, text) : join(root, dirname(text), place), anchor };
}

function problemOf(text: string, link: string): string | undefined {
  const target = targetOf(text, link);
  if (target === undefined) return undefined;
  const { path, anchor } = target;
  if (!existsSync(path)) return `${link}: there is no such file`;
  const file = statSync(path).isDirectory() ? join(path, "README.md") : path;
  if (anchor !== "" && !anchorsOf(file).includes(anchor)) return `${link}: there is no such heading`;
  const [shipped] = /^packages\/[^/]+\/docs(?=\/)/.exec(text) ?? [];
  const leaves = shipped !== undefined && relative(join(root, dirname(shipped)), path).startsWith("..");
  if (leaves && !link.startsWith(home))
    return `${link}: leaves the package, so it is broken in its tarball. Write ${home}tree/main/...`;
  return undefined;
}

test.each(texts)("every link of %s leads somewhere", (text) => {
  expect(linksOf(text).flatMap((link) => problemOf(text, link) ?? [])).toEqual([]);
});

test("README.md lists every guide", () => {
  const listed = linksOf("README.md");
  expect(guides.filter((guide) => !listed.includes(guide))).toEqual([]);
});

test("a package's README lists its guides", () => {
  const unlisted = guides.filter((guide) => {
    const [, folder = "", name = ""] = /^(.+)\/(docs\/.+)$/.exec(guide) ?? [];
    return !linksOf(`${folder}/README.md`).includes(name);
  });
  expect(unlisted).toEqual([]);
});
