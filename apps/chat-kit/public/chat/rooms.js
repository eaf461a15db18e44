import { element, part } from "./dom.js";
import { socketIoRoom } from "./socket-io.js";

const rooms = part("rooms");
/** The room that is shown as the present one. */
let listed;

/** Lists the rooms, and who is where; `current` is the one of this page. */
export async function showRooms(current) {
  const response = await fetch("/api/rooms");
  if (!response.ok) return;
  const { rooms: known } = await response.json();
  rooms.replaceChildren(
    ...known.map(({ name, people: count }) => {
      const link = element("a", `#${name}`);
      // Not "#name" alone: that would be a place in this page.
      link.href = `./#${name}`;
      if (name === current) link.setAttribute("aria-current", "page");
      if (count > 0) {
        const badge = element("span", String(count), "count");
        badge.setAttribute("aria-label", `${count} here`);
        link.append(badge);
      }
      if (name === socketIoRoom) link.append(element("span", "Socket.IO", "kind"));
      const item = element("li");
      item.append(link);
      return item;
    }),
  );
  // On a phone the list is a strip, which may end before it.
  if (listed !== current)
    rooms.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  listed = current;
}
