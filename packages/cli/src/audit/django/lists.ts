import type { Modules } from "./python.ts";

/** The origins that the project lists for CORS, as the list of pages; otherwise an example. */
export function listedOrigins(modules: Modules): string {
  const listed = [...modules.settings("CORS_ALLOWED_ORIGINS"), ...modules.settings("CSRF_TRUSTED_ORIGINS")]
    .flatMap((at) => modules.stringsOf(at).map(({ value }) => value))
    .filter((origin) => /^https:\/\/[^*]+$/.test(origin));
  const origins = listed.length > 0 ? [...new Set(listed)] : ["https://app.example.com"];
  return origins.map((origin) => JSON.stringify(origin)).join(", ");
}
