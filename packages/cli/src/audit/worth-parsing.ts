import { importedBy } from "../source/names.ts";
import type { SourceFile } from "../source/walk.ts";

const worthwhile =
  /socket|sockjs|engine\.io|@wsorigin|modelcontextprotocol|\bUPGRADE\b|elysia|\bws\b|\bwss?:|origins?\b|cors\b|upgrade\b/i;

/** The files that mention sockets, origins or CORS, and those that they import, two files deep. */
export function worthParsing(files: readonly SourceFile[]): {
  readonly relevant: readonly SourceFile[];
  readonly imported: readonly SourceFile[];
} {
  const relevant = files.filter(({ source }) => worthwhile.test(source));
  return { relevant, imported: importedBy(relevant, files, 2) };
}
