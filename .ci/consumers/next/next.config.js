import { dirname } from "node:path";

// node_modules is in the folder above.
export default { turbopack: { root: dirname(import.meta.dirname) } };
