import { createSecretKey } from "node:crypto";
import { createPolicy, queryParam } from "@wsorigin/core";
import { createJwtVerifier } from "@wsorigin/jwt";
import { SignJWT } from "jose";

const origin = "https://app.example.com";

test("a signed token is granted, and another one refused", async () => {
  const secret = "a secret of at least 32 characters";
  const verify = createJwtVerifier({ key: { secret }, algorithms: ["HS256"], issuer: origin, audience: "chat" });
  const policy = createPolicy({ origins: [origin], token: { from: [queryParam("token")], verify } });
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ada")
    .setIssuer(origin)
    .setAudience("chat")
    .setExpirationTime("1m")
    .sign(createSecretKey(Buffer.from(secret)));
  const codeOf = async (url: string) => (await policy.decide({ headers: { origin }, url })).code;
  expect(await codeOf(`/?token=${token}`)).toBe("origin-listed");
  expect(await codeOf(`/?token=${token}x`)).toBe("token-invalid");
});
