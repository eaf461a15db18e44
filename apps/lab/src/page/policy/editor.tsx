import type { PolicyIssue } from "@wsorigin/core";
import type { ComponentChildren, JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { compile } from "../../shared/compile.ts";
import { type Draft, firstDraft, mostFailures } from "../../shared/draft.ts";
import type { Places } from "../../shared/messages.ts";
import { Fold } from "../fold.tsx";
import { asCode } from "./code.ts";

interface EditorProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly places: Places | undefined;
}

export function PolicyEditor({ draft, onChange, places }: EditorProps): JSX.Element {
  const compiled = useMemo(() => compile(draft), [draft]);
  const issues = "issues" in compiled ? compiled.issues : [];
  const ofHosts = issues.filter((issue) => isAboutHosts(issue, draft));
  const ofOrigins = issues.filter((issue) => !ofHosts.includes(issue));
  const set = (part: Partial<Draft>): void => onChange({ ...draft, ...part });
  const code = asCode(draft);

  return (
    <Fold id="policy" title="The policy">
      <p class="lead">
        Edit it: the app uses it at once, all pages try again, and the matrix below is updated.
        {places && (
          <>
            {" "}
            <button class="quiet" onClick={() => onChange(firstDraft(places.app))}>
              Reset
            </button>{" "}
            <button class="quiet" onClick={() => onChange(wide(places))}>
              Try an unsafe policy
            </button>
          </>
        )}
      </p>
      <div class="policy-columns">
        <div class="policy-lists">
          <Field
            id="origins"
            label="Origins that may open a socket, one a line"
            value={draft.origins}
            rows={6}
            issues={ofOrigins}
            onInput={(origins) => set({ origins })}
          >
            https://*.example.com is one more label, https://**.example.com any number; none is nobody.
          </Field>
          <Field
            id="hosts"
            label="Hosts that this server answers to, one a line"
            value={draft.hosts}
            rows={2}
            issues={ofHosts}
            onInput={(hosts) => set({ hosts })}
          >
            Without them, whoever makes a name of theirs lead to this server brings an Origin that equals the Host.
          </Field>
        </div>
        <fieldset class="policy-switches">
          <legend>Beside the lists</legend>
          <Switch checked={draft.ticket} onChange={(ticket) => set({ ticket })} label="Ask for a ticket too">
            Origin says which page asks, a ticket who sits before it.
          </Switch>
          <label class="policy-number">
            <span>Failures a minute, for one address</span>
            <input
              type="number"
              min="0"
              max={mostFailures}
              value={draft.failures}
              onInput={({ currentTarget: { valueAsNumber: failures } }) => {
                if (Number.isInteger(failures) && failures >= 0 && failures <= mostFailures) set({ failures });
              }}
            />
            <small>0 is no limit. Behind a proxy all visitors may have one address.</small>
          </label>
          <Switch checked={draft.sameHost} onChange={(sameHost) => set({ sameHost })} label="sameHost">
            Also the origin of the server itself. Needs hosts.
          </Switch>
          <Switch
            danger
            checked={draft.missingOrigin === "allow"}
            onChange={(on) => set({ missingOrigin: on ? "allow" : "deny" })}
            label={'missingOrigin: "allow"'}
          >
            Lets in every program that is no browser, with whatever cookie it has.
          </Switch>
          <Switch
            danger
            checked={draft.opaqueOrigin === "dangerously-allow"}
            onChange={(on) => set({ opaqueOrigin: on ? "dangerously-allow" : "deny" })}
            label={'opaqueOrigin: "dangerously-allow"'}
          >
            Lets in every page on the web that puts itself into a sandboxed frame.
          </Switch>
          <Switch
            danger
            checked={draft.dangerouslyAllowInsecureOrigins}
            onChange={(dangerouslyAllowInsecureOrigins) => set({ dangerouslyAllowInsecureOrigins })}
            label="dangerouslyAllowInsecureOrigins"
          >
            Lets http: entries name other machines: whoever is on the visitor's network can be that page.
          </Switch>
        </fieldset>
        <div class="policy-code">
          <h3 id="code-title">As code</h3>
          <pre tabIndex={0} role="region" aria-labelledby="code-title">
            {code}
          </pre>
          {issues.length === 0 ? (
            <Copy text={code} />
          ) : (
            <p class="policy-throws">createPolicy() throws for this policy. The app keeps the previous one.</p>
          )}
        </div>
      </div>
    </Fold>
  );
}

/** What one finds in production: everything that somebody once could not open. */
function wide({ app, hostilePort }: Places): Draft {
  return {
    origins: `${app}\nhttp://localhost:*\nhttp://evil.localhost:${hostilePort}\nhttps://**.example.com`,
    hosts: "",
    sameHost: false,
    missingOrigin: "allow",
    opaqueOrigin: "dangerously-allow",
    dangerouslyAllowInsecureOrigins: false,
    ticket: false,
    failures: 0,
  };
}

function isAboutHosts({ code, entry }: PolicyIssue, draft: Draft): boolean {
  return (
    code.startsWith("host") || (entry !== undefined && draft.hosts.includes(entry) && !draft.origins.includes(entry))
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly rows: number;
  readonly issues: readonly PolicyIssue[];
  readonly onInput: (value: string) => void;
  readonly children: ComponentChildren;
}

function Field({ id, label, value, rows, issues, onInput, children }: FieldProps): JSX.Element {
  return (
    <div class="policy-field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        spellcheck={false}
        autocapitalize="off"
        value={value}
        aria-invalid={issues.length > 0}
        aria-describedby={`${id}-issues ${id}-help`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <ul id={`${id}-issues`} class="policy-issues" aria-live="polite">
        {issues.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
      <small id={`${id}-help`}>{children}</small>
    </div>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly danger?: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ComponentChildren;
}

function Switch({ label, checked, danger = false, onChange, children }: SwitchProps): JSX.Element {
  return (
    <label class={`policy-switch ${danger ? "danger" : ""}`}>
      <input type="checkbox" checked={checked} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      <span>{label}</span>
      <small>
        {danger && <strong>Dangerous. </strong>}
        {children}
      </small>
    </label>
  );
}

function Copy({ text }: { readonly text: string }): JSX.Element {
  const [copied, setCopied] = useState("");
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => setCopied(""),
    );
  };
  return (
    <p>
      <button class="quiet" onClick={copy}>
        Copy
      </button>{" "}
      <span role="status" class="soft">
        {copied === text ? "Copied." : ""}
      </span>
    </p>
  );
}
