import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** Certificates that are wrong in one way each, made by OpenSSL when they are asked for. */
export interface Certificates {
  /** The authority, as a file. */
  readonly authority: string;
  readonly trusted: Pair;
  readonly expired: Pair;
  readonly otherName: Pair;
  readonly selfSigned: Pair;
}

const run = promisify(execFile);
let made: Promise<Certificates> | undefined;

export function certificates(): Promise<Certificates> {
  return (made ??= make());
}

async function make(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-certificates-"));
  try {
    const path = (name: string): string => join(folder, name);
    await writeFile(path("index.txt"), "");
    await writeFile(path("serial"), "01");
    await writeFile(path("ca.cnf"), configuration(folder));
    await run("openssl", [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      "/CN=Authority",
      "-keyout",
      path("ca.key"),
      "-out",
      path("ca.crt"),
      "-days",
      "2",
    ]);
    const issue = async (name: string, host: string, from: string, to: string): Promise<Pair> => {
      await run("openssl", [
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        `/CN=${host}`,
        "-addext",
        `subjectAltName=DNS:${host}`,
        "-keyout",
        path(`${name}.key`),
        "-out",
        path(`${name}.csr`),
      ]);
      await run("openssl", [
        "ca",
        "-batch",
        "-config",
        path("ca.cnf"),
        "-startdate",
        from,
        "-enddate",
        to,
        "-in",
        path(`${name}.csr`),
        "-out",
        path(`${name}.crt`),
        "-notext",
      ]);
      return { key: await readFile(path(`${name}.key`), "utf8"), cert: await readFile(path(`${name}.crt`), "utf8") };
    };
    const [past, future] = ["20240101000000Z", "20400101000000Z"];
    await run("openssl", [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
      "-keyout",
      path("self.key"),
      "-out",
      path("self.crt"),
      "-days",
      "2",
    ]);
    const authority = join(await mkdtemp(join(tmpdir(), "wsorigin-ca-")), "ca.crt");
    await copyFile(path("ca.crt"), authority);
    return {
      authority,
      trusted: await issue("trusted", "localhost", past, future),
      expired: await issue("expired", "localhost", past, "20240201000000Z"),
      otherName: await issue("other", "other.example.com", past, future),
      selfSigned: { key: await readFile(path("self.key"), "utf8"), cert: await readFile(path("self.crt"), "utf8") },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configuration(folder: string): string {
  return `[ca]
default_ca = this
[this]
dir = ${folder}
database = ${folder}/index.txt
serial = ${folder}/serial
new_certs_dir = ${folder}
certificate = ${folder}/ca.crt
private_key = ${folder}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`;
}
