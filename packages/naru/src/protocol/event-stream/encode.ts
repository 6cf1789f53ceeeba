/** Writes text/event-stream. HTML Standard, section "Server-sent events", "Parsing an event stream". */

/** One outgoing event. */
export interface StreamEvent {
  /** The type of the event. The default is `message`. It must not contain a line break, see `canCarryName`. */
  readonly event?: string | undefined;
  /** The id that a client sends as `Last-Event-ID` when it reconnects. It must not contain a line break or NUL. */
  readonly id?: string | undefined;
  /** Milliseconds that a client waits before it reconnects, as a whole number. */
  readonly retryMs?: number | undefined;
  /** The data. Each kind of line break arrives as a line feed. */
  readonly data: string;
}

/** A comment that clients ignore. It keeps a connection alive. */
export const KEEP_ALIVE = ':\n\n';

const LINE_BREAK = /\r\n|\r|\n/;
const LINE_BREAKS = /\r\n|\r|\n/g;
// UTF-8 cannot encode a lone surrogate.
const NOT_A_NAME = /[\r\n\p{Surrogate}]/u;

/** Encodes an event as text. */
export function encodeEvent({ event, id, retryMs, data }: StreamEvent): string {
  let fields = '';
  if (event !== undefined) fields += `event: ${event}\n`;
  if (id !== undefined) fields += `id: ${id}\n`;
  if (retryMs !== undefined) fields += `retry: ${retryMs}\n`;
  return `${fields}data: ${LINE_BREAK.test(data) ? data.replace(LINE_BREAKS, '\ndata: ') : data}\n\n`;
}

/** Asks clients to wait this many milliseconds (a whole number) before they reconnect. It causes no event. */
export function encodeRetry(retryMs: number): string {
  return `retry: ${retryMs}\n\n`;
}

/** Whether an event type arrives unchanged and differs from the events of `EventSource` itself (`open`, `error`). */
export function canCarryName(name: string): boolean {
  return name !== '' && name !== 'open' && name !== 'error' && !NOT_A_NAME.test(name);
}
