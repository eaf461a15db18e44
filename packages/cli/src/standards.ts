import type { Rule } from "./finding.ts";

/** What a rule is called elsewhere: the weakness, the test that finds it, the requirement that it breaks. */
export interface Standards {
  /** Numbers of the Common Weakness Enumeration (https://cwe.mitre.org). */
  readonly cwe: readonly number[];
  /** Tests of OWASP's Web Security Testing Guide 4.2: `WSTG-CLNT-10`. */
  readonly wstg: readonly string[];
  /** Requirements of OWASP's Application Security Verification Standard 5.0: `4.4.2`. */
  readonly asvs: readonly string[];
}

/** Names of the weaknesses, as MITRE has them. */
export const weaknesses: ReadonlyMap<number, string> = new Map([
  [178, "Improper Handling of Case Sensitivity"],
  [183, "Permissive List of Allowed Inputs"],
  [185, "Incorrect Regular Expression"],
  [187, "Partial String Comparison"],
  [201, "Insertion of Sensitive Information Into Sent Data"],
  [295, "Improper Certificate Validation"],
  [306, "Missing Authentication for Critical Function"],
  [319, "Cleartext Transmission of Sensitive Information"],
  [324, "Use of a Key Past its Expiration Date"],
  [346, "Origin Validation Error"],
  [350, "Reliance on Reverse DNS Resolution for a Security-Critical Action"],
  [524, "Use of Cache Containing Sensitive Information"],
  [532, "Insertion of Sensitive Information into Log File"],
  [598, "Use of GET Request Method With Sensitive Query Strings"],
  [777, "Regular Expression without Anchors"],
  [942, "Permissive Cross-domain Security Policy with Untrusted Domains"],
  [1385, "Missing Origin Validation in WebSockets"],
]);

/** What is no weakness: a socket that does not open, or a habit. */
const none: Standards = { cwe: [], wstg: [], asvs: [] };
const anyOrigin: Standards = { cwe: [1385], wstg: ["WSTG-CLNT-10"], asvs: ["4.4.2"] };
const wrongCheck = (...more: readonly number[]): Standards => ({ ...anyOrigin, cwe: [1385, ...more] });
const rebinding: Standards = { cwe: [350, 346], wstg: ["WSTG-CLNT-10"], asvs: ["4.4.2"] };
const cors: Standards = { cwe: [942], wstg: ["WSTG-CLNT-07"], asvs: ["3.4.2"] };
const plainText: Standards = { cwe: [319], wstg: ["WSTG-CRYP-03", "WSTG-CLNT-10"], asvs: ["4.4.1"] };
const certificate: Standards = { cwe: [], wstg: ["WSTG-CRYP-01"], asvs: ["12.2.2"] };
const tokenInUrl: Standards = { cwe: [598], wstg: ["WSTG-SESS-04"], asvs: ["14.2.1"] };
const tokenEchoed: Standards = { cwe: [201], wstg: ["WSTG-CLNT-10"], asvs: ["4.4.3"] };
const tokenLogged: Standards = { cwe: [532, 598], wstg: ["WSTG-SESS-04"], asvs: ["14.2.1", "16.2.5"] };
const originLost: Standards = { ...anyOrigin, cwe: [346] };
const noToken: Standards = { cwe: [306], wstg: ["WSTG-ATHN-04", "WSTG-CLNT-10"], asvs: ["4.4.3"] };

/** By the rule's id. Every rule of the doctor, the proxy check and the audit is in here; those of `explain` that are weaknesses too. */
const table: Readonly<Record<string, Standards>> = {
  WSO001: plainText,
  WSO002: none,
  WSO003: none,
  WSO010: none,
  WSO011: none,
  WSO012: none,
  WSO013: { ...certificate, cwe: [324] },
  WSO014: certificate,
  WSO015: certificate,
  WSO016: none,
  WSO017: none,
  WSO018: none,
  WSO019: none,
  WSO020: none,
  WSO021: none,
  WSO022: none,
  WSO023: none,
  WSO024: none,
  WSO025: none,
  WSO026: none,
  WSO027: none,
  WSO028: none,
  WSO029: none,
  WSO031: none,
  WSO032: none,
  WSO033: none,
  WSO034: none,
  WSO035: none,
  WSO036: none,
  WSO037: none,
  WSO038: none,
  WSO039: none,
  WSO041: none,
  WSO042: tokenEchoed,
  WSO043: none,
  WSO044: none,
  WSO045: none,
  WSO046: none,
  WSO047: none,
  WSO048: none,
  WSO049: none,
  WSO050: anyOrigin,
  WSO051: wrongCheck(183),
  WSO052: wrongCheck(187),
  WSO053: wrongCheck(183),
  WSO054: rebinding,
  WSO055: noToken,
  WSO056: tokenInUrl,
  WSO057: plainText,
  WSO058: none,
  WSO060: none,

  WSO101: none,
  WSO102: none,
  WSO103: none,
  WSO104: none,
  WSO105: none,
  WSO106: none,
  WSO107: none,
  WSO108: none,
  WSO109: none,
  WSO110: none,
  WSO111: none,
  WSO112: none,
  WSO113: none,
  WSO114: none,
  WSO115: none,
  WSO116: none,
  WSO117: originLost,
  WSO118: none,
  WSO119: none,
  WSO120: none,
  WSO121: none,
  WSO122: tokenLogged,
  WSO123: none,
  WSO124: none,
  WSO125: { cwe: [524], wstg: [], asvs: [] },
  WSO126: none,
  WSO127: none,
  WSO130: none,
  WSO131: none,
  WSO132: none,
  WSO140: none,
  WSO141: none,
  WSO142: none,
  WSO143: none,
  WSO144: originLost,
  WSO145: none,
  WSO146: tokenLogged,
  WSO147: none,
  WSO148: none,
  WSO150: none,
  WSO151: none,
  WSO152: originLost,
  WSO153: none,
  WSO154: tokenLogged,
  WSO155: none,
  WSO156: wrongCheck(183),
  WSO157: none,
  WSO160: none,
  WSO161: none,
  WSO162: originLost,
  WSO163: none,
  WSO164: none,
  WSO165: none,
  WSO166: none,
  WSO167: tokenLogged,
  WSO168: wrongCheck(183),
  WSO170: none,
  WSO171: none,
  WSO172: none,
  WSO173: none,
  WSO174: none,
  WSO175: none,
  WSO176: none,
  WSO177: none,
  WSO178: none,
  WSO179: none,
  WSO180: none,
  WSO181: originLost,
  WSO182: none,
  WSO183: none,
  WSO184: tokenLogged,
  WSO185: none,
  WSO186: none,
  WSO189: none,
  WSO190: none,
  WSO191: none,
  WSO192: none,
  WSO193: none,
  WSO194: none,
  WSO195: tokenLogged,
  WSO196: none,

  WSO201: anyOrigin,
  WSO202: anyOrigin,
  WSO203: anyOrigin,
  WSO204: anyOrigin,
  WSO205: anyOrigin,
  WSO206: anyOrigin,
  WSO207: anyOrigin,
  WSO208: anyOrigin,
  WSO209: anyOrigin,
  WSO210: anyOrigin,
  WSO211: anyOrigin,
  WSO212: anyOrigin,
  WSO213: anyOrigin,
  WSO214: wrongCheck(183),
  WSO215: cors,
  WSO216: cors,
  WSO217: anyOrigin,
  WSO218: wrongCheck(183),
  WSO220: wrongCheck(187),
  WSO221: wrongCheck(187),
  WSO222: wrongCheck(187),
  WSO223: wrongCheck(777),
  WSO224: wrongCheck(183),
  WSO225: { ...anyOrigin, cwe: [178] },
  WSO226: wrongCheck(185),
  WSO230: none,
  WSO231: anyOrigin,
  WSO232: noToken,
  WSO233: none,
  WSO235: plainText,
  WSO236: tokenInUrl,
  WSO237: tokenEchoed,
  WSO238: { cwe: [295], wstg: ["WSTG-CRYP-01"], asvs: ["12.3.2"] },
  WSO240: anyOrigin,
  WSO241: anyOrigin,
  WSO242: anyOrigin,
  WSO243: anyOrigin,
  WSO244: anyOrigin,
  WSO245: anyOrigin,
  WSO246: anyOrigin,
  WSO247: rebinding,

  WSO332: certificate,
  WSO333: { ...certificate, cwe: [324] },
  WSO334: certificate,
  WSO341: plainText,
  WSO342: plainText,
};

/** The ids that the table has. */
export const classified: ReadonlySet<string> = new Set(Object.keys(table));

export function standardsOf({ id }: Pick<Rule, "id">): Standards {
  return table[id] ?? none;
}

/** In words: `CWE-1385`, `WSTG-CLNT-10`, `ASVS 5.0 4.4.2`. */
export function tagsOf(rule: Pick<Rule, "id">): readonly string[] {
  const { cwe, wstg, asvs } = standardsOf(rule);
  return [...cwe.map((number) => `CWE-${number}`), ...wstg, ...asvs.map((number) => `ASVS 5.0 ${number}`)];
}
