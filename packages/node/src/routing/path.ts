type Letter = Lower | Uppercase<Lower>;
type Lower =
  | "a"
  | "b"
  | "c"
  | "d"
  | "e"
  | "f"
  | "g"
  | "h"
  | "i"
  | "j"
  | "k"
  | "l"
  | "m"
  | "n"
  | "o"
  | "p"
  | "q"
  | "r"
  | "s"
  | "t"
  | "u"
  | "v"
  | "w"
  | "x"
  | "y"
  | "z";
type NameChar = Letter | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "_" | "$";

/** The name that a text starts with, and the rest. */
type TakeName<Text extends string, Name extends string = ""> = Text extends `${infer Char}${infer Rest}`
  ? Char extends NameChar
    ? TakeName<Rest, `${Name}${Char}`>
    : [Name, Text]
  : [Name, Text];

type TakeParam<Text extends string, Value> = Text extends `"${infer Name}"${infer Rest}`
  ? Record<Name, Value> & Params<Rest>
  : TakeName<Text> extends [infer Name extends string, infer Rest extends string]
    ? Record<Name, Value> & Params<Rest>
    : never;

/** `:` and `*` outside braces, whichever comes first. */
type Params<Path extends string> = Path extends `${infer Before}:${infer After}`
  ? Before extends `${string}*${infer Wild}`
    ? TakeParam<`${Wild}:${After}`, string[]>
    : TakeParam<After, string>
  : Path extends `${string}*${infer Wild}`
    ? TakeParam<Wild, string[]>
    : unknown;

/** A path with its `{optional}` groups taken out, and those groups. */
type Required<Path extends string> = Path extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${Required<After>}`
  : Path;
type Optional<Path extends string> = Path extends `${string}{${infer Inside}}${infer After}`
  ? Params<Inside> & Optional<After>
  : unknown;

/** One object type instead of an intersection. `infer` makes the compiler, and so the editor, write it out. */
type Written<T> = T extends infer All ? { readonly [Key in keyof All]: All[Key] } : never;

/**
 * The parameters of a route's path, as path-to-regexp 8 reads it: `/chat/:room` gives `{ room: string }`, `/files/*path` gives
 * `{ path: string[] }`, `{/:page}` makes its parameters optional. A path that is not known to the compiler gives string or list by name.
 */
export type PathParams<Path extends string> = string extends Path
  ? Readonly<Record<string, string | string[] | undefined>>
  : Written<Params<Required<Path>> & Partial<Optional<Path>>>;
