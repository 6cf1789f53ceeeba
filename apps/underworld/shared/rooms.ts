/** The names of Naru's rooms that pages are in. The rooms of plain wires are the spellings of stations. */

/** The room of all pages. */
export const PAGES = 'place:';

/** The room of the pages in a place. The history of this room has the messages of a station. */
export function roomOf(place: string): string {
  return `${PAGES}${place}`;
}

/** The place of a room of pages, or undefined for other rooms. */
export function placeIn(room: string): string | undefined {
  return isForPages(room) ? room.slice(PAGES.length) : undefined;
}

/** The room of a station's presence, for all kinds of clients. It carries no messages. */
export function presenceOf(station: string): string {
  return `${PAGES}here:${station}`;
}

/** Whether a room is for pages. Plain wires cannot ask for such a name. */
export function isForPages(room: string): boolean {
  return room.startsWith(PAGES);
}
