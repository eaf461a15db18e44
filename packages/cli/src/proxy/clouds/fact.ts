export interface Fact {
  readonly text: string;
  /** Who says so: a vendor's page, a source file. */
  readonly source: string;
}

export interface Cloud {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Lines that can be used as they are. */
  readonly example?: string;
}

export function fact(text: string, source: string): Fact {
  return { text, source };
}

/** For what operators report and no page of the vendor was found for. */
export const unconfirmed = "reports of operators; not confirmed by a page of the vendor, so measure it";
