export const part = (id) => document.getElementById(id);

/** Everything that comes from people is put in as text, never as markup. */
export function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className !== undefined) made.className = className;
  return made;
}
