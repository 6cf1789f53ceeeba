/** What was sent to a room before, page by page. docs/history.md. */
import { ANSWER_MS, type RoomSocket, request } from './request.js';

/** Byte attachments of one packet that our client takes. */
const ATTACHMENTS_MAX = 1_000;

/** Which part is asked for: the newest, those right before an offset, or those right behind one. */
export interface HistoryQuery {
  /** Only what was sent before this offset. */
  before?: string | undefined;
  /** Only what was sent behind this offset. */
  after?: string | undefined;
  /** The most events of a page, from 1 on; the server has a bound of its own. @default 50 */
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

/** A page: it may have few events, or none, also where `hasMore` says that there are more. */
export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  /** Whether asking on may give more; `false` is certain. */
  readonly hasMore: boolean;
  /** Whether the log has let go of something that belongs to what was asked for. */
  readonly hasGap: boolean;
  /** The `before` of the next page, or its `after` where only `after` was given. */
  readonly next?: string | undefined;
}

/**
 * A page of what was sent to a room. Rejects with UnavailableError: REFUSED, whose `reason` is the server's code (FORBIDDEN, NOT_KEPT,
 * BAD_QUERY, TOO_MANY), TIMEOUT, or DISCONNECTED.
 */
export async function history(socket: RoomSocket, room: string, query: HistoryQuery = {}): Promise<HistoryPage> {
  const { timeoutMs = ANSWER_MS, ...asked } = query;
  return request<HistoryPage>(socket, timeoutMs, 'naru:history', room, { ...asked, ...boundsOf(socket) });
}

/** Page after page, in the direction that the query has, until there is no more; each is asked for when it is taken. Throws as `history` does. */
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
 * Enters a room, and gives the newest `limit` events that were sent before; those that are sent from then on come as events behind it,
 * none twice and none missing. Rejects as `history` does.
 */
export async function subscribe(
  socket: RoomSocket,
  room: string,
  { limit = 50, timeoutMs = ANSWER_MS }: Pick<HistoryQuery, 'limit' | 'timeoutMs'> = {},
): Promise<HistoryPage> {
  const asked = { history: limit, ...boundsOf(socket) };
  return (await request<{ history: HistoryPage }>(socket, timeoutMs, 'naru:subscribe', room, asked)).history;
}

/** What a page may have for our client. For others the server keeps to what the parser of socket.io-client takes, ten attachments. */
function boundsOf(socket: RoomSocket): { attachmentsMax?: number } {
  return 'publish' in socket ? { attachmentsMax: ATTACHMENTS_MAX } : {};
}
