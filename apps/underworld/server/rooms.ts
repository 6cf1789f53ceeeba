/** The rooms of the engine that pages are in. Those of plain wires have the names of stations, as people write them. */

/** The room of all pages. */
export const PAGES = 'place:';

/** The room of the pages in a place. */
export function roomOf(place: string): string {
  return `${PAGES}${place}`;
}

/** Whether a room is for pages, and so no name that a plain wire may ask for. */
export function isForPages(room: string): boolean {
  return room.startsWith(PAGES);
}
