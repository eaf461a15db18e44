// Vitest runs this for each test file. Where files share a process, other modules run only once, and so would a hook in them.
import { afterEach } from "vitest";
import { closeAll } from "./afterwards.ts";

afterEach(closeAll);
