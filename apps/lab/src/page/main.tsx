import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "../../../chat-kit/public/common/colors.css";
import "./theme.css";
import "./lab.css";
import "./policy/policy.css";
import "./matrix/matrix.css";
import { render } from "preact";
import { Lab } from "./lab.tsx";

const root = document.getElementById("lab");
if (root !== null) render(<Lab />, root);
