/** What a suite found on a runtime. */
export interface SmokeReport {
  readonly suite: string;
  /** How many rows it has. */
  readonly rows: number;
  /** The errors of the rows that failed, by name. */
  readonly failures: Readonly<Record<string, string>>;
}
