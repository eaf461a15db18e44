import type { CheckedKind } from "./checker.ts";

/** A file that another program makes a configuration of. */
export interface Template {
  /** Whose template it is: `Helm`, `Jinja`. */
  readonly of: string;
  /** How to render it: lines that can be copied. */
  readonly render: readonly string[];
  /** The first mark of it. */
  readonly mark: string;
  readonly line: number;
}

interface Language {
  readonly of: string | ((text: string, name: string) => string);
  readonly marks: RegExp;
  readonly render: (name: string, of: string) => readonly string[];
}

const languages: readonly Language[] = [
  {
    of: "ERB",
    marks: /<%[-=#]?[^%\n]*%>|^<%-? *\|/m,
    render: (name) => [`erb ${quoted(name)} > rendered.conf`],
  },
  {
    of: (text) =>
      /\{%-? *(?:assign|capture|render|case|unless|liquid)\b|\{\{[^}\n]*\| *\w+: /.test(text) ? "Liquid" : "Jinja",
    marks: /\{%[-+]? *[a-z_]\w*[^\n]*|\{\{[-+]? *[A-Za-z_][\w.[\]'"]*(?: *\|[^}\n]*)?(?: +if [^}\n]*)? *[-+]?\}\}/m,
    render: (name, of) =>
      of === "Jinja"
        ? [
            `jinja2 ${quoted(name)} values.yaml > rendered.conf`,
            "# with Ansible: ansible-playbook --check --diff shows the rendered file",
          ]
        : [`# render ${name} with the tool that it belongs to`],
  },
  {
    of: (text, name) => {
      if (/\.Values\b|\.Release\b|\.Chart\b|\binclude "|_helpers\.tpl/.test(text)) return "Helm";
      if (/\b(?:key|service|secret|ls|tree)\s+"|\bkeyOrDefault\b/.test(text) || name.endsWith(".ctmpl"))
        return "consul-template";
      return "Go";
    },
    marks:
      /\{\{[-]? *(?:\/\*|[.$"(]|(?:if|else|end|range|with|define|template|block|include|key|service|printf|not|and|or|eq|index|len|toYaml|tpl|default|quote|env|trim|where|groupBy|when|coalesce|contains|split|json|closest|dir|sha1|intersect|exists)\b)[^}\n]*/m,
    render: (name, of) => {
      if (of === "Helm") return ["helm template . > rendered.yaml"];
      if (of === "consul-template") return [`consul-template -once -dry -template ${quoted(name)} > rendered.conf`];
      return [
        `# render ${name} with the program that it belongs to, such as gomplate, docker-gen or confd:`,
        `gomplate -f ${quoted(name)} > rendered.conf`,
      ];
    },
  },
  {
    of: "Terraform",
    marks: /%\{ *(?:if|for|else|endif|endfor)\b[^}\n]*\}/m,
    render: () => ["# terraform console, with the call of templatefile() that has its values:", "terraform console"],
  },
  {
    of: "M4 or autoconf",
    marks: /(?:^|[\s"'/:=])@[A-Z][A-Z0-9_]+@/m,
    render: (name) => [`sed 's/@PORT@/8080/g' ${quoted(name)} > rendered.conf`],
  },
];

/** Whether the file is a template, and of what. Values that a server takes from its environment by itself are none. */
export function templateIn(text: string, name: string, kind: CheckedKind | undefined): Template | undefined {
  const read = withoutOwnMarks(startOf(text), kind);
  const all = languages.flatMap(({ of, marks, render }) => {
    const at = marks.exec(read);
    if (at === null) return [];
    const language = typeof of === "string" ? of : of(read, name);
    const line = read.slice(0, at.index).split("\n").length;
    return [{ of: language, render: render(name, language), mark: at[0].trim().slice(0, 80), line }];
  });
  const go = all.find((each) => /^(?:Go|Helm|consul-template)$/.test(each.of));
  // Alerts and dashboards in manifests hold templates of Go as values.
  if (kind === "kubernetes" && go?.of === "Go" && !/^ *\{\{/m.test(read)) return undefined;
  const jinja = all.find((each) => /^(?:Jinja|Liquid)$/.test(each.of));
  // `{{ end }}` looks like a variable of Jinja too.
  if (go !== undefined && jinja !== undefined && !/\{%/.test(read)) return go;
  return all[0];
}

/** Where a template shows that it is one: in the lines that a person writes, near the beginning. */
function startOf(text: string): string {
  return text
    .slice(0, 200_000)
    .split("\n")
    .map((line) => (line.length > 2000 ? "" : line))
    .join("\n");
}

/** Without comments, and without the braces that the server itself gives a meaning. */
function withoutOwnMarks(text: string, kind: CheckedKind | undefined): string {
  const lines = kind === "apache" ? text.replaceAll(/%\{[^}\n]*\}/g, "") : text;
  const code = kind === "nginx" ? lines.replaceAll(/^.*_by_lua_block[^]*$/gm, "") : lines;
  // Traefik names containers and services by a template of its own, in a value.
  return code.replaceAll(/^[^\n]*\bdefaultRule\b[^\n]*$/gim, "").replaceAll(/^[ \t]*#[^\n]*$/gm, "");
}

/** What `envsubst` fills in: names in capitals. nginx's own variables are in lower case. */
export function placeholdersIn(text: string): readonly string[] {
  const found = startOf(text)
    .replaceAll(/^[ \t]*#[^\n]*$/gm, "")
    .matchAll(/\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]+)\b)/g);
  return [...new Set([...found].map(([, braced, bare]) => braced ?? bare ?? ""))].filter(
    (name) => !new RegExp(`\\bset\\s+\\$${name}\\b|^\\s*map\\s+\\S+\\s+\\$${name}\\b`, "m").test(text),
  );
}

function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
