/**
 * A certification authority for tests, and a certificate of its making for `example.test`, `evil.test` and what is below them. The authority signs for
 * names in `test` and `localhost` only, and its key is gone; the certificate's key is here, public.
 *
 * Others are made with `openssl ecparam -name prime256v1 -genkey`, `openssl req -x509` (basicConstraints CA:TRUE, nameConstraints) and
 * `openssl x509 -req -CA` (subjectAltName, extendedKeyUsage serverAuth).
 */
export const authority = `-----BEGIN CERTIFICATE-----
MIIBzzCCAXagAwIBAgIUYA3VNpbZ5t/o1/Cq2p+cNzWg9zEwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQd3NvcmlnaW4gdGVzdCBDQTAgFw0yNjExMjYxMTI3NTJaGA8y
MTI2MTEwMjExMjc1MlowGzEZMBcGA1UEAwwQd3NvcmlnaW4gdGVzdCBDQTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABDOQ42iWrbQw/z0ztjOP5Et9tQy7nhj4HM5C
JJIis5sNq/eWn8SPi7RpDrXBbyZAXLkvel8oScEk9yx3UNofnPijgZUwgZIwHQYD
VR0OBBYEFPQJ0ei/eEqslRTeowYlAzWpWeG/MB8GA1UdIwQYMBaAFPQJ0ei/eEqs
lRTeowYlAzWpWeG/MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMC8G
A1UdHgEB/wQlMCOgITAGggR0ZXN0MAuCCWxvY2FsaG9zdDAKhwh/AAAA/wAAADAK
BggqhkjOPQQDAgNHADBEAiB6MC3tD47Yb03ilIpVTLL/jk/HgMYcSO6iY2SPykH7
OgIgEBYOjhDxVK9tKjeV1LmBGZ/48WgRunPkwjQierU/Guw=
-----END CERTIFICATE-----
`;

/** For servers: good for a hundred years. */
export const tls: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgReY0xg0aapmM0nBH
iiqR91N1qwL8kxxORS4F/bIzcrehRANCAAT7Pn7fnc+OpuRU2f0FHu9L+4pHA43r
FkXM5neffH6d6kO+dUWNAinXmaCO5BNJZ2SJjofqnaN21Vp4EZm15aTO
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIB7TCCAZOgAwIBAgIUOiJyKMONm7Mil/50ofs68H5R2TAwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQd3NvcmlnaW4gdGVzdCBDQTAgFw0yNjExMjYxMTI3NTJaGA8y
MTI2MDcyNTExMjc1MlowGzEZMBcGA1UEAwwQYXBwLmV4YW1wbGUudGVzdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABPs+ft+dz46m5FTZ/QUe70v7ikcDjesWRczm
d598fp3qQ751RY0CKdeZoI7kE0lnZImOh+qdo3bVWngRmbXlpM6jgbIwga8wSgYD
VR0RBEMwQYIMZXhhbXBsZS50ZXN0gg4qLmV4YW1wbGUudGVzdIIJZXZpbC50ZXN0
ggsqLmV2aWwudGVzdIIJbG9jYWxob3N0MAwGA1UdEwEB/wQCMAAwEwYDVR0lBAww
CgYIKwYBBQUHAwEwHQYDVR0OBBYEFPklY2iqMw7omfV/gkRZQkQQse6rMB8GA1Ud
IwQYMBaAFPQJ0ei/eEqslRTeowYlAzWpWeG/MAoGCCqGSM49BAMCA0gAMEUCIQD7
aKTS8vjQcHWsyxYkZhr4TEZIflNnB3Y6Wkso59RIYgIgVj2dVpYNYZKYwvS1hCj3
nYUHKNUb70TVAEFW8wPdDIk=
-----END CERTIFICATE-----
`,
};
