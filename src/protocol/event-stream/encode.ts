/** Writes text/event-stream. HTML Standard, section "Server-sent events", "Parsing an event stream". */

/** One event on its way out. */
export interface StreamEvent {
  /** Its type; `message` when there is none. No line break may stand in it: see `canCarryName`. */
  readonly event?: string | undefined;
  /** What a client says as `Last-Event-ID` when it comes back. No line break or NUL may stand in it. */
  readonly id?: string | undefined;
  /** Milliseconds that a client waits before it comes back; a whole number. */
  readonly retryMs?: number | undefined;
  /** Its data. Each kind of line break arrives as a line feed. */
  readonly data: string;
}

/** A line that clients ignore, in an event of its own: it keeps a connection warm. */
export const KEEP_ALIVE = ':\n\n';

const LINE_BREAK = /\r\n|\r|\n/;
const LINE_BREAKS = /\r\n|\r|\n/g;
// A lone surrogate has no UTF-8.
const NOT_A_NAME = /[\r\n\p{Surrogate}]/u;

/** An event as text. */
export function encodeEvent({ event, id, retryMs, data }: StreamEvent): string {
  let fields = '';
  if (event !== undefined) fields += `event: ${event}\n`;
  if (id !== undefined) fields += `id: ${id}\n`;
  if (retryMs !== undefined) fields += `retry: ${retryMs}\n`;
  return `${fields}data: ${LINE_BREAK.test(data) ? data.replace(LINE_BREAKS, '\ndata: ') : data}\n\n`;
}

/** The wish that clients wait so many milliseconds, a whole number, before they come back; no event. */
export function encodeRetry(retryMs: number): string {
  return `retry: ${retryMs}\n\n`;
}

/** Whether an event type arrives as it is, and is not taken for what an `EventSource` says of itself (`open`, `error`). */
export function canCarryName(name: string): boolean {
  return name !== '' && name !== 'open' && name !== 'error' && !NOT_A_NAME.test(name);
}
