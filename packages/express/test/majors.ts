import type { Application } from "express";
import express5 from "express";
import express4 from "express4";

/** Both majors, behind the one type the adapter is written against. */
export const majors: readonly { readonly name: string; readonly express: () => Application }[] = [
  { name: "express 5", express: () => express5() },
  // What the adapter uses of an app is the same in both; their declarations differ elsewhere.
  { name: "express 4", express: () => express4() as unknown as Application },
];
