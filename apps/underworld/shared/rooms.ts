/** The rooms of the engine that pages are in. Those of plain wires have the names of stations, as people write them. */

/** The room of all pages. */
export const PAGES = 'place:';

/** The room of the pages in a place. What is said at a station stands in the log of this room. */
export function roomOf(place: string): string {
  return `${PAGES}${place}`;
}

/** The place whose pages are in a room, if it is such a room. */
export function placeIn(room: string): string | undefined {
  return isForPages(room) ? room.slice(PAGES.length) : undefined;
}

/** The room in which everybody is present who is at a station, by whatever client; nothing is said there. */
export function presenceOf(station: string): string {
  return `${PAGES}here:${station}`;
}

/** Whether a room is for pages, and so no name that a plain wire may ask for. */
export function isForPages(room: string): boolean {
  return room.startsWith(PAGES);
}
