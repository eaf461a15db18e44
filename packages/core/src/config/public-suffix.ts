/**
 * Names under which anyone can get a subdomain, so that a wildcard over one of them allows everyone. A small part of the Public Suffix List:
 * every top-level domain (a single label), the second level that country registries sell under, and the hosting platforms that people put in
 * origin lists. It catches a common mistake and is not complete.
 */
const registryLabels = new Set(
  "ac ad asn biz co com conf edu ed firm gen go gob gouv gov govt gv id idf ind info int k12 lg ltd me mil mod ne net nhs nic nom or org pe plc pol police presse pro pvt res sch school store tm tv web".split(
    " ",
  ),
);

const platforms = new Set(
  (
    "amplifyapp.com api.stdlib.com app.github.dev appspot.com azure-api.net azurecontainerapps.io azureedge.net azurestaticapps.net " +
    "azurewebsites.net b-cdn.net blogspot.com bubbleapps.io cloudapp.azure.com cloudapp.net cloudfront.net codesandbox.io csb.app " +
    "cyclic.app deno.dev deno.net duckdns.org elasticbeanstalk.com eu.org fastly.net firebaseapp.com fly.dev framer.app " +
    "framer.website github.dev github.io githubpreview.dev gitlab.io gitpod.io glitch.me hashbase.io herokuapp.com hf.space " +
    "lambda-url.us-east-1.on.aws lhr.life loca.lt localtunnel.me lovable.app myshopify.com netlify.app ngrok-free.app ngrok-free.dev " +
    "ngrok.app ngrok.dev ngrok.io nip.io now.sh on.aws onrender.com pages.dev pythonanywhere.com r2.dev railway.app render.com " +
    "repl.co replit.app replit.dev run.app s3.amazonaws.com serveo.net sslip.io stackblitz.io surge.sh translate.goog trycloudflare.com " +
    "up.railway.app vercel.app vercel.dev web.app webcontainer.io weebly.com wixsite.com wordpress.com workers.dev xip.io"
  ).split(" "),
);

/** Whether a hosting platform gives the names directly below `name` (lower case) to its customers. */
export function isPlatform(name: string): boolean {
  return platforms.has(name);
}

/** Whether strangers can register names directly below `name` (lower case). */
export function isPublicSuffix(name: string): boolean {
  const labels = name.split(".");
  if (labels.length === 1) return name !== "localhost";
  const [first = "", last = ""] = labels;
  if (labels.length === 2 && last.length === 2 && registryLabels.has(first)) return true;
  return isPlatform(name);
}
