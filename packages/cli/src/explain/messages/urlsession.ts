import { type Source, source } from "../source.ts";

export const urlsessionMessages: readonly Source[] = [
  source("iOS or macOS, URLSession", {
    "client-hides-status": [
      ["nsurlerrordomain", "-1011"],
      ["nsurlerrordomain", "-1011", "there was a bad response from the server"],
      "nsurlerrorbadserverresponse",
    ],
    "connection-lost": [["nsposixerrordomain", "57"], ["nsposixerrordomain", "53"], "software caused connection abort"],
    "connection-reset": [["nsposixerrordomain", "54"]],
    "closed-before-open": [["nsurlerrordomain", "-999"]],
    "connection-refused": [["nsposixerrordomain", "61"]],
    "safari-protocol-error": [
      ["knwerrordomainposix", "100"],
      ["nsposixerrordomain", "100"],
    ],
    "connection-timed-out": [
      ["nsposixerrordomain", "60"],
      ["knwerrordomainposix", "60"],
    ],
    "name-not-resolved": [["nsurlerrordomain", "-1006"]],
    "cleartext-blocked": [
      ["nsurlerrordomain", "-1022"],
      "app transport security policy requires the use of a secure connection",
    ],
    "certificate-untrusted": [
      ["nsurlerrordomain", "-1203"],
      ["nsurlerrordomain", "-1204"],
    ],
    "certificate-expired": [["nsurlerrordomain", "-1201"]],
    "client-certificate": [
      ["nsurlerrordomain", "-1205"],
      ["nsurlerrordomain", "-1206"],
    ],
    "message-too-big": [["nsposixerrordomain", "40"], ["knwerrordomainposix", "40"], "message too long"],
    "constructor-url": [["nsurlerrordomain", "-1002"]],
  }),
];
