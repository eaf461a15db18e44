export { closeClass } from "./close-class.ts";
export type { CloseClass } from "./close-class.ts";
export { connect } from "./connect.ts";
export type { Connection, ConnectionState, ConnectOptions, Credential, RenewOptions, RetryOptions } from "./options.ts";
export { whyRefused } from "./why-refused.ts";
export type { Refusal, WhyRefusedOptions } from "./why-refused.ts";
export { socketUrl } from "./socket-url.ts";
