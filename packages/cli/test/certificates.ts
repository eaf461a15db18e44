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
    /** One call of OpenSSL, written as in a shell; nothing in it has a space. */
    const openssl = (command: string): Promise<unknown> => run("openssl", command.split(" "), { cwd: folder });
    const pair = async (name: string): Promise<Pair> => ({
      key: await readFile(path(`${name}.key`), "utf8"),
      cert: await readFile(path(`${name}.crt`), "utf8"),
    });
    const create = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    await openssl(`${create} -x509 -days 2 -subj /CN=Authority -keyout ca.key -out ca.crt`);
    await openssl(
      `${create} -x509 -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout self.key -out self.crt`,
    );
    const issue = async (name: string, host: string, until: string): Promise<Pair> => {
      await openssl(
        `${create} -subj /CN=${host} -addext subjectAltName=DNS:${host} -keyout ${name}.key -out ${name}.csr`,
      );
      await openssl(
        `ca -batch -config ca.cnf -startdate 20240101000000Z -enddate ${until} -in ${name}.csr -out ${name}.crt -notext`,
      );
      return pair(name);
    };
    const future = "20400101000000Z";
    const authority = join(await mkdtemp(join(tmpdir(), "wsorigin-ca-")), "ca.crt");
    await copyFile(path("ca.crt"), authority);
    return {
      authority,
      trusted: await issue("trusted", "localhost", future),
      expired: await issue("expired", "localhost", "20240201000000Z"),
      otherName: await issue("other", "other.example.com", future),
      selfSigned: await pair("self"),
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
