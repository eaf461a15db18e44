import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { describe, expectTypeOf, test } from "vitest";
import {
  type Allow,
  type AllowCode,
  allowCodes,
  type ConfigurationError,
  type ConfigurationIssue,
  createPolicy,
  type Decision,
  type Deny,
  deny,
  type DenyCode,
  denyCodes,
  type DenyStatus,
  type Directory,
  explain,
  type Handshake,
  type Policy,
  PolicyError,
  type PolicyIssue,
  type PolicyIssueCode,
  type PolicyOptions,
} from "../src/index.ts";

declare const request: IncomingMessage;
declare const policy: Policy;
declare const decision: Decision;

describe("Handshake", () => {
  test("an IncomingMessage is one, and so are its headersDistinct and a plain object", () => {
    expectTypeOf<IncomingMessage>().toExtend<Handshake>();
    expectTypeOf<Http2ServerRequest>().toExtend<Handshake>();
    policy.check(request);
    policy.check({ headers: request.headersDistinct });
    policy.check({ headers: { origin: "https://app.example", host: undefined }, secure: true, ip: "127.0.0.1" });
    policy.check({ headers: { origin: ["https://app.example"] as const } as const });
  });

  test("a Request of fetch is decided on, and so are its Headers", () => {
    const fetched = new Request("https://api.example/");
    policy.check(fetched);
    policy.check(fetched.headers);
    policy.check({ headers: fetched.headers, url: fetched.url, secure: true, host: "api.example" });
    void policy.decide(fetched);
    void policy.evaluate(fetched.headers);
  });

  test("headers are required, and hold text", () => {
    // @ts-expect-error
    policy.check({});
    // @ts-expect-error
    policy.check({ headers: { origin: 1 } });
    // @ts-expect-error
    policy.check({ headers: {}, host: ["api.app.example"] });
    // @ts-expect-error
    policy.check("https://app.example");
  });
});

describe("Decision", () => {
  test("it is told apart by allowed", () => {
    if (decision.allowed) {
      expectTypeOf(decision).toEqualTypeOf<Allow>();
      expectTypeOf(decision.code).toEqualTypeOf<AllowCode>();
      expectTypeOf(decision.principal).toEqualTypeOf<undefined>();
    } else {
      expectTypeOf(decision).toEqualTypeOf<Deny>();
      expectTypeOf(decision.code).toEqualTypeOf<DenyCode>();
      expectTypeOf(decision.status).toEqualTypeOf<DenyStatus>();
    }
    expectTypeOf(decision.origin).toEqualTypeOf<string | undefined>();
  });

  test("it is told apart by code", () => {
    if (decision.code === "origin-listed") expectTypeOf(decision).toEqualTypeOf<Allow>();
    if (decision.code === "origin-not-listed") expectTypeOf(decision).toEqualTypeOf<Deny>();
    // @ts-expect-error
    if (decision.code === "origin-unlisted") throw new Error();
  });

  test("a switch over what allows is exhaustive", () => {
    const kind = (code: AllowCode): string => {
      switch (code) {
        case "origin-listed":
        case "origin-in-directory":
          return "listed";
        case "origin-same-host":
          return "same";
        case "origin-absent":
          return "absent";
        default:
          return code satisfies never;
      }
    };
    expectTypeOf(kind).returns.toBeString();
  });

  test("a table over what refuses is exhaustive", () => {
    // @ts-expect-error
    ({ "origin-missing": 1 }) satisfies Record<DenyCode, number>;
    expectTypeOf<Extract<DenyStatus, 200 | 302>>().toBeNever();
    expectTypeOf<DenyStatus>().toExtend<number>();
  });

  test("the principal has the policy's type", () => {
    expectTypeOf<Policy<{ id: string }>["decide"]>().returns.resolves.toEqualTypeOf<Decision<{ id: string }>>();
    expectTypeOf<Extract<Decision<string>, { allowed: true }>["principal"]>().toBeString();
    expectTypeOf(createPolicy({ origins: [] })).toEqualTypeOf<Policy<undefined>>();
  });

  test("evaluate returns the decision, or a promise of it", () => {
    expectTypeOf<Policy<{ id: string }>["evaluate"]>().returns.toEqualTypeOf<
      Decision<{ id: string }> | Promise<Decision<{ id: string }>>
    >();
    expectTypeOf<Policy["evaluate"]>().toBeCallableWith(request, { signal: () => AbortSignal.abort(), verify: false });
    // @ts-expect-error
    void policy.evaluate(request, { verify: true });
    // @ts-expect-error
    void policy.evaluate(request, { signal: new AbortController() });
  });

  test("the errors of a configuration have one base", () => {
    expectTypeOf<PolicyError>().toExtend<ConfigurationError<PolicyIssueCode>>();
    expectTypeOf<PolicyIssue>().toEqualTypeOf<ConfigurationIssue<PolicyIssueCode>>();
    expectTypeOf<PolicyError["code"]>().toEqualTypeOf<"ERR_WSORIGIN_POLICY">();
  });

  test("decide promises what check returns", () => {
    expectTypeOf<Policy["decide"]>().returns.resolves.toEqualTypeOf<Decision>();
    expectTypeOf<Policy["decide"]>().toBeCallableWith(request, { signal: AbortSignal.abort() });
    expectTypeOf<Policy["decide"]>().toBeCallableWith(request, { signal: undefined });
  });
});

describe("PolicyOptions", () => {
  test("every option has its values", () => {
    createPolicy({
      origins: ["https://app.example"] as const,
      hosts: ["api.app.example"] as const,
      directory: new Set<string>(),
      sameHost: true,
      missingOrigin: "allow",
      opaqueOrigin: "dangerously-allow",
      dangerouslyAllowInsecureOrigins: true,
      mode: "report",
    });
  });

  test("unknown options and values are errors", () => {
    // @ts-expect-error
    createPolicy({ origin: ["https://app.example"] });
    // @ts-expect-error
    createPolicy({ origins: "https://app.example" });
    // @ts-expect-error
    createPolicy({ origins: [/app/] });
    // @ts-expect-error
    createPolicy({ origins: [], missingOrigin: true });
    // @ts-expect-error
    createPolicy({ origins: [], opaqueOrigin: "allow" });
    // @ts-expect-error
    createPolicy({ origins: [], mode: "off" });
    // @ts-expect-error
    createPolicy({ origins: [], sameHost: "yes" });
    // @ts-expect-error
    createPolicy({ origins: [], directory: () => true });
    // @ts-expect-error
    createPolicy({ origins: [], directory: { has: () => "yes" } });
    // @ts-expect-error
    createPolicy();
  });

  test("a directory may answer at once or later, and may ignore the signal", () => {
    expectTypeOf<Set<string>>().toExtend<Directory>();
    expectTypeOf<{ has(origin: string): Promise<boolean> }>().toExtend<Directory>();
    expectTypeOf<{ has(origin: string, signal: AbortSignal): boolean }>().toExtend<Directory>();
    expectTypeOf<{ has(origin: number): boolean }>().not.toExtend<Directory>();
  });
});

describe("readonly", () => {
  test("nothing can be assigned", () => {
    // @ts-expect-error
    decision.code = "origin-listed";
    // @ts-expect-error
    policy.mode = "report";
    // @ts-expect-error
    ({} as PolicyOptions).origins = [];
    // @ts-expect-error
    ({} as PolicyOptions).origins?.push("https://evil.test");
    // @ts-expect-error
    ({} as Handshake).host = "evil.test";
    // @ts-expect-error
    ({} as PolicyIssue).message = "";
    // @ts-expect-error
    denyCodes.push("origin-missing");
    // @ts-expect-error
    allowCodes.push("origin-listed");
    // @ts-expect-error
    new PolicyError([]).issues.pop();
  });
});

describe("the rest", () => {
  test("explain takes decisions and issues, whoever the principal is", () => {
    expectTypeOf(explain).toBeCallableWith(decision);
    expectTypeOf(explain).toBeCallableWith({} as Decision<{ readonly id: string }>);
    expectTypeOf(explain).toBeCallableWith({} as PolicyIssue);
    expectTypeOf(explain).returns.toBeString();
    // @ts-expect-error
    explain(new PolicyError([]));
  });

  test("deny takes codes of its own alone", () => {
    expectTypeOf(deny).returns.toEqualTypeOf<Deny>();
    // @ts-expect-error
    deny("origin-listed");
  });

  test("the lists hold the codes", () => {
    expectTypeOf<(typeof denyCodes)[number]>().toEqualTypeOf<DenyCode>();
    expectTypeOf<(typeof allowCodes)[number]>().toEqualTypeOf<AllowCode>();
    expectTypeOf<PolicyIssue["code"]>().toEqualTypeOf<PolicyIssueCode>();
  });

  test("allowsOrigin takes a header as it comes", () => {
    policy.allowsOrigin(request.headers.origin);
    expectTypeOf<Policy["allowsOriginAsync"]>().returns.resolves.toBeBoolean();
  });
});
