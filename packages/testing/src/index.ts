export { selfSigned } from "./certificate.ts";
export type { Answer } from "./client/answer.ts";
export { Attempt, beginHandshake } from "./client/attempt.ts";
export type { Closing } from "./client/bytes.ts";
export { connectStream } from "./client/connect-stream.ts";
export type { ConnectAnswer, ConnectRequest } from "./client/connect-stream.ts";
export { closeBytes, frameBytes } from "./client/frame.ts";
export type { Frame, FrameKind, FrameOptions } from "./client/frame.ts";
export type { Frames } from "./client/frames.ts";
export { handshake } from "./client/handshake.ts";
export { sampleKey } from "./client/request.ts";
export type { HandshakeRequest, HeaderLine } from "./client/request.ts";
export type { Target } from "./client/target.ts";
export { TimeoutError, until } from "./client/wait.ts";
export { verdictOf } from "./corpus/cases.ts";
export type { Expectation, HostCase, OriginCase, OriginCasePolicy, Verdict } from "./corpus/cases.ts";
export { hostCases } from "./corpus/host-cases.ts";
export { originCases } from "./corpus/origin-cases.ts";
export { handshakeOf, hostCaseOrigin, isSecureCase, policyOptionsOf } from "./corpus/policy-options.ts";
export { wireBytes } from "./corpus/wire.ts";
export type { FuzzCase } from "./fuzz/case.ts";
export { fuzzAdapter, replayCase } from "./fuzz/fuzz-adapter.ts";
export type { FuzzFailure, FuzzOptions, FuzzReplay, FuzzReport } from "./fuzz/fuzz-adapter.ts";
export type { FuzzProgram, FuzzProtocol, FuzzRequests, FuzzSetup, FuzzStart } from "./fuzz/server/record.ts";
export { adapterServer } from "./suite/adapter.ts";
export type {
  AdapterContext,
  AdapterEvent,
  AdapterGate,
  AdapterOptions,
  AdapterRoute,
  AdapterServer,
  AdapterSetup,
  AdapterSocket,
  AdapterStart,
} from "./suite/adapter.ts";
export { describeAdapter } from "./suite/describe-adapter.ts";
export { describeEndpoint } from "./suite/endpoint.ts";
export type { Endpoint } from "./suite/endpoint.ts";
export type { Runner } from "./suite/runner.ts";
