/**
 * A key and a self-signed certificate for localhost, 127.0.0.1 and ::1, good for a hundred years. The key is public: whoever trusts the
 * certificate trusts everybody. For servers in tests, and nothing else.
 */
export const selfSigned: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0hSQXj1s6y/94dVA
6Vm07JWTPIsqm2lMAVToI5RXbZChRANCAATKyG4bxFbfW+OgduPly0IHSHpPPQGG
fUIjf4t38jbN8bu2muHOk543SUD16wZZkOD//euct7XBeQQtyEkUwQN3
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMrIbhvEVt9b46B2
4+XLQgdIek89AYZ9QiN/i3fyNs3xu7aa4c6TnjdJQPXrBlmQ4P/965y3tcF5BC3I
SRTBA3ejYDBeMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAA
AAAAAAAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBT4T96LtL8h1xqnxWbV
zlPnqBq7cjAKBggqhkjOPQQDAgNIADBFAiAHyPX3jZvzEAKvmvdPplAciUZfSs2s
DbkzRQrqatu4hwIhAOoRTP5X2VgE6z5Kk+daplwZAD1RUsmcs6I9eqc7kIz5
-----END CERTIFICATE-----
`,
};
