import { describeChat } from "../../chat-kit/test/suite.ts";
import { attach } from "../src/server.ts";

describeChat(attach);
