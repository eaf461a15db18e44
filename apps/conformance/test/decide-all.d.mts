export function decideAll(
  core: object,
  cases: readonly { readonly options: object; readonly handshake: object }[],
): readonly string[];
