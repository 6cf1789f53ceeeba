/** The typed events between the page and the server, both ways, and the data in them. */
import type { AnswerOf, Card, ReportReason } from 'naru-apps-kit/shared/protocol.js';

/** The two qualities of a broadcast. Each has the same sound. */
export const QUALITIES = ['high', 'low'] as const;

/** A quality of a broadcast. */
export type Quality = (typeof QUALITIES)[number];

/** The lowest quality of a broadcast, which has one or both. */
export function lowestOf(qualities: readonly Quality[]): Quality {
  return qualities.includes('low') ? 'low' : 'high';
}

/** The wishes of a viewer: one quality, the one that the server finds right, or nothing for now, as during a rewind. */
export const WISHES = [...QUALITIES, 'auto', 'none'] as const;

/** A wish of a viewer. */
export type QualityWish = (typeof WISHES)[number];

/** The sources of a broadcast. */
export const SOURCES = ['camera', 'screen', 'file', 'program'] as const;

/** The source of a broadcast. */
export type SourceKind = (typeof SOURCES)[number];

/** The words of a broadcaster about the broadcast. */
export interface About {
  /** Empty without one. */
  readonly title: string;
  /** Whether the picture is turned off. */
  readonly isDark: boolean;
}

/** A broadcast in the list of those on air. */
export interface OnAir extends About {
  readonly id: string;
  readonly card: Card;
  readonly kind: SourceKind;
  /** When it began, in milliseconds of the server's clock. */
  readonly since: number;
  readonly qualities: readonly Quality[];
  /** Whether the broadcaster is away at the moment. */
  readonly isLost: boolean;
  /** The number of viewers, some seconds ago. */
  readonly viewers: number;
}

/** A message in the chat of a broadcast. */
export interface Message {
  /** A key that the sender chose. A message that is sent twice with one key is said and shown once. */
  readonly key: string;
  readonly from: Card;
  readonly at: number;
  readonly text: string;
}

/** The codes of all refusals of a request. */
export type Refusal =
  | 'bad' // the argument has the wrong shape
  | 'slow' // too many requests; `waitMs` is the time to wait
  | 'muted' // several people reported this person; `waitMs` is the time left
  | 'gone' // the broadcast is not on air any more
  | 'full' // a bound of the server is reached
  | 'kicked'; // the broadcaster removed this person

/** The reasons for which a stream is closed. */
export type StreamFault =
  | 'bytes' // not a frame, or a frame that lies about itself
  | 'size' // too many bytes or pixels
  | 'codec' // a codec that is not carried
  | 'key' // key frames are missing
  | 'time' // timestamps that fall, or run away from the clock
  | 'rate' // too many frames or bytes
  | 'stalled' // nothing arrives
  | 'taken' // another broadcaster has come with the same key
  | 'full' // the server carries as many broadcasts as it may
  | 'muted'; // several people reported the broadcaster

/** The reason for which a broadcast ended. */
export type Ending = 'stopped' | 'lost' | StreamFault;

/** The acknowledgement of every command. */
export type Answer<T = object> = AnswerOf<Refusal, T>;

/** The first event of a connection. */
export interface Welcome {
  readonly you: Card;
  readonly onAir: readonly OnAir[];
  /** Time left of a mute by reports, 0 without one. */
  readonly mutedMs: number;
  /** The server's clock, in milliseconds. */
  readonly now: number;
  /** How long a broadcast waits for its broadcaster, in milliseconds. */
  readonly graceMs: number;
}

/** A request to watch. A page sends it as an event, or as `watch` in the `auth` of its connection. */
export interface WatchAsk {
  readonly id: string;
  readonly wish: QualityWish;
}

/** The answer to a viewer who may watch. */
export interface Watched {
  readonly broadcast: OnAir;
  readonly viewers: number;
}

/** A viewer who lags. */
export interface Laggard {
  readonly card: Card;
  readonly lagMs: number;
  readonly quality: Quality;
}

/** The figures that a broadcaster sees, once a second. */
export interface Desk {
  /** Bits of each quality in the last second, sound included. */
  readonly bitrate: Partial<Readonly<Record<Quality, number>>>;
  readonly framesPerSecond: number;
  readonly viewers: number;
  /** The people who have watched so far, since the broadcaster came to this server. */
  readonly watched: number;
  readonly onLow: number;
  readonly lagging: readonly Laggard[];
}

/** A place on the tape: the record with this offset was made at this time. */
export interface TapeMark {
  readonly at: number;
  readonly offset: string;
}

/** Naru's answer to `naru:history`: a page of the log, or an error. */
export interface Past {
  readonly events?: readonly { readonly event: string; readonly args: readonly unknown[]; readonly at: number }[];
  readonly hasMore?: boolean;
  readonly next?: string;
  readonly error?: { readonly code: string };
}

type Reply<T = object> = (answer: Answer<T>) => void;

/** The events of a page. */
export interface FromPage {
  'air:start': (
    ask: { key: string; kind: SourceKind; qualities: readonly Quality[]; form: 'frames' | 'webm' },
    reply: Reply<{ id: string }>,
  ) => void;
  /** One frame or packet of sound, as `frame.ts` writes it. The answer only says that it came. */
  frame: (bytes: Uint8Array, reply?: () => void) => void;
  /** A part of a WebM stream, from a browser that has MediaRecorder only. */
  webm: (bytes: Uint8Array) => void;
  'air:stop': (ask: { key: string }, reply: Reply) => void;
  'air:describe': (ask: About & { key: string }, reply: Reply) => void;
  'desk:open': (ask: { key: string }, reply: Reply<{ id: string; onAir: boolean }>) => void;
  kick: (ask: { key: string; who: string }, reply: Reply) => void;
  watch: (ask: WatchAsk, reply: Reply<Watched>) => void;
  unwatch: (ask: object, reply: Reply) => void;
  quality: (ask: { wish: QualityWish }, reply: Reply) => void;
  /** Asks for the server's clock, in milliseconds. */
  clock: (ask: object, reply: (now: number) => void) => void;
  /** The time that the server wrote into the frame that the page shows now. */
  seen: (at: number) => void;
  say: (ask: { id: string; key: string; text: string }, reply: Reply<{ at: number }>) => void;
  heart: (ask: { id: string }, reply: Reply) => void;
  report: (ask: { id: string; who: string; reason: ReportReason }, reply: Reply) => void;
  'tape:marks': (ask: { id: string }, reply: Reply<{ marks: readonly TapeMark[] }>) => void;
  /** Asks for a picture of that moment, as a file of WebP. A broadcast in VP9 has none. */
  'tape:still': (ask: { id: string; at: number }, reply: Reply<{ still?: Uint8Array | ArrayBuffer }>) => void;
  /** Naru's own query of a room's history. */
  'naru:history': (room: string, query: object, reply: (past: Past) => void) => void;
}

/** The events of the server. */
export interface FromServer {
  welcome: (welcome: Welcome) => void;
  /** The answer to the request in `auth`. */
  watching: (id: string, answer: Answer<Watched>) => void;
  'on-air': (list: readonly OnAir[]) => void;
  frame: (bytes: Uint8Array) => void;
  /** The numbers of viewers of all broadcasts, by their ids. */
  crowds: (viewers: Readonly<Record<string, number>>) => void;
  audience: (id: string, viewers: number) => void;
  desk: (id: string, desk: Desk) => void;
  said: (id: string, message: Message) => void;
  /** A heart of another viewer. */
  heart: (id: string) => void;
  off: (id: string, why: Ending) => void;
  kicked: (id: string) => void;
  /** Naru's own notice: this page was too slow, and missed this many frames before the next one. */
  'naru:dropped': (missed: { count: number }) => void;
  /** The stream of this page was closed. */
  refused: (why: StreamFault) => void;
  muted: (forMs: number) => void;
}

/**
 * The events in the namespace of the tapes. Each record is a part of a group: frames, each after its length in four
 * bytes.
 */
export interface OnTape {
  group: (at: number, bytes: Uint8Array) => void;
}
