export default { distDir: "../../node_modules/.cache/next-guide" };
