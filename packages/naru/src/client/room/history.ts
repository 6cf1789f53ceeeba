/** Reads the events that were sent to a room earlier, page by page. docs/history.md. */
import { ANSWER_MS, type RoomSocket, request } from './request.js';

/** The most attachments of one packet that Naru's client accepts. */
const ATTACHMENTS_MAX = 1_000;

/** Selects the newest events, those just before an offset, or those just after one. */
export interface HistoryQuery {
  /** Only events before this offset. */
  before?: string | undefined;
  /** Only events after this offset. */
  after?: string | undefined;
  /** The most events of a page, 1 or more. The server has its own limit. @default 50 */
  limit?: number | undefined;
  /** Milliseconds to wait for the answer. @default 10000 */
  timeoutMs?: number | undefined;
}

/** An event that was sent to the room. */
export interface HistoryEvent {
  readonly offset: string;
  /** When it was sent, in milliseconds since the Unix epoch, by the clock of the server. */
  readonly at: number;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** A page of events. It may contain fewer events than asked for, or none, even when `hasMore` is true. */
export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  /** Whether the next page may have events. `false` is certain. */
  readonly hasMore: boolean;
  /** Whether the log has removed events in the requested range. */
  readonly hasGap: boolean;
  /** The `before` of the next page, or its `after` when only `after` was given. */
  readonly next?: string | undefined;
}

/**
 * Returns a page of the events that were sent to a room. Rejects with UnavailableError: REFUSED, whose `reason` is the
 * server's code (FORBIDDEN, NOT_KEPT, BAD_QUERY, TOO_MANY), TIMEOUT, or DISCONNECTED.
 */
export async function history(socket: RoomSocket, room: string, query: HistoryQuery = {}): Promise<HistoryPage> {
  const { timeoutMs = ANSWER_MS, ...asked } = query;
  return request<HistoryPage>(socket, timeoutMs, 'naru:history', room, { ...asked, ...boundsOf(socket) });
}

/**
 * Iterates over all pages in the direction of the query, and requests each page when the loop asks for it. Throws as
 * `history` rejects.
 */
export async function* pages(
  socket: RoomSocket,
  room: string,
  query: HistoryQuery = {},
): AsyncGenerator<HistoryPage, void, undefined> {
  const isForward = query.after !== undefined && query.before === undefined;
  for (let next: string | undefined, hasMore = true; hasMore; ) {
    const page = await history(
      socket,
      room,
      next === undefined ? query : { ...query, [isForward ? 'after' : 'before']: next },
    );
    yield page;
    next = page.next;
    hasMore = page.hasMore && next !== undefined;
  }
}

/**
 * Joins a room, and returns the newest `limit` events that were sent earlier. Later events arrive as events of the
 * socket. No event is missing and none arrives twice. Add listeners before the call: an event that comes in the same
 * piece of data as the answer reaches them before `await subscribe(...)` goes on. Rejects as `history` does.
 */
export async function subscribe(
  socket: RoomSocket,
  room: string,
  { limit = 50, timeoutMs = ANSWER_MS }: Pick<HistoryQuery, 'limit' | 'timeoutMs'> = {},
): Promise<HistoryPage> {
  const asked = { history: limit, ...boundsOf(socket) };
  return (await request<{ history: HistoryPage }>(socket, timeoutMs, 'naru:subscribe', room, asked)).history;
}

/**
 * Tells the server how many attachments Naru's client accepts. For others it assumes ten, the limit of
 * socket.io-client's parser.
 */
function boundsOf(socket: RoomSocket): { attachmentsMax?: number } {
  return 'publish' in socket ? { attachmentsMax: ATTACHMENTS_MAX } : {};
}
