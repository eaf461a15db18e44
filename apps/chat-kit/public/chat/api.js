/** Posts JSON to the API; `undefined` where the server cannot be reached. */
export function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
}
