/** What goes over the wire between the page and the server: the typed events of `naru`, both ways. */

/** The clients by which people come: a page; a terminal (`nc`); an event stream (`curl`); a STOMP client; another program with Naru's client. */
export const CLIENT_KINDS = ['web', 'terminal', 'stream', 'broker', 'program'] as const;

/** The client by which a person came. */
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** An endpoint besides HTTP that the page can tell people of. */
export interface OpenEndpoint {
  readonly scheme: 'tcp' | 'tls' | 'stomp' | 'stomps';
  readonly port: number;
}

/** A person as others see one: a public alias, a made-up name (three numbers, worded in the reader's language), a colour, the client. */
export interface Card {
  /** Public and stable for one session; says nothing about the secret ticket that it was computed from. */
  readonly id: string;
  /** Indexes of an adjective and a noun, and a number from 10 to 99. */
  readonly name: readonly [adjective: number, noun: number, number: number];
  /** Index of a colour, from 0 to 11. */
  readonly hue: number;
  readonly client: ClientKind;
}

/** A picture as a message shows it; its bytes are asked for in chunks. */
export interface Picture {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** Something that was said in a place. */
export interface Message {
  /** Position in its place: rises with each message, and is about the time in milliseconds. */
  readonly seq: number;
  /** Chosen by the sender, so that a message sent twice is said once, and shown once. */
  readonly key: string;
  readonly from: Card;
  readonly at: number;
  readonly text: string;
  readonly picture?: Picture;
}

/** A room. */
export interface Station {
  readonly id: string;
  /** Empty for a permanent station, whose name is worded by the page. */
  readonly name: string;
  readonly hue: number;
  readonly isPermanent: boolean;
  readonly here: number;
}

/** Why a request was turned down. */
export type Refusal =
  | 'bad' // it does not have the shape that the protocol asks for
  | 'slow' // too much, too fast; `waitMs` says for how long
  | 'muted' // several people reported this session; `waitMs` says for how long
  | 'gone' // the place, person or picture is not there any more
  | 'full' // a bound of the server is reached
  | 'name' // the name of the station is taken, reserved or unreadable
  | 'picture' // the bytes are not a picture of an accepted kind
  | 'large'; // over the limit on size

/** The answer to every request. */
export type Answer<T = object> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly why: Refusal; readonly waitMs?: number };

/** What entering a place brings: who is there, and of a ride what was said. What was said at a station stands in the log. */
export interface Entered {
  readonly members: readonly Card[];
  readonly here: number;
  /** Oldest first; nothing of a station. */
  readonly messages: readonly Message[];
}

/** What the engine answers to `naru:history`: a part of the log, or why there is none. */
export interface Past {
  readonly events?: readonly { readonly event: string; readonly args: readonly unknown[] }[];
  readonly hasMore?: boolean;
  /** Where the next part ends. */
  readonly next?: string;
  readonly error?: { readonly code: string };
}

/** A talk for two. */
export interface Ride {
  readonly id: string;
  readonly partner: Card;
  readonly isPartnerLost: boolean;
}

/** Why a ride ended. */
export type RideEnd = 'you' | 'partner' | 'lost' | 'reported';

/** What a connection is told first. */
export interface Welcome {
  readonly you: Card;
  /** Which of the names that the ticket leads to is worn. */
  readonly turn: number;
  readonly stations: readonly Station[];
  readonly riders: number;
  readonly ride?: Ride;
  /** Time left of a mute by reports, 0 without one. */
  readonly mutedMs: number;
  readonly now: number;
  readonly endpoints: readonly OpenEndpoint[];
}

/** What a page asks to say. */
export interface Say {
  readonly place: string;
  readonly key: string;
  readonly text: string;
}

/** What a page says about a picture before its bytes. */
export interface PictureOffer {
  readonly place: string;
  readonly key: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  /** The upload that broke off and is to go on. */
  readonly upload?: string;
}

/** Reasons a person can give with a report. */
export const REPORT_REASONS = ['spam', 'abuse', 'sexual', 'other'] as const;

/** One of the reasons a person can give with a report. */
export type ReportReason = (typeof REPORT_REASONS)[number];

type Reply<T = object> = (answer: Answer<T>) => void;

/** Events from the page. */
export interface FromPage {
  /** With `reopen`, a station of that name that is open already is as good as a new one. */
  'station:make': (ask: { name: string; hue: number; reopen?: boolean }, reply: Reply<{ station: Station }>) => void;
  'station:enter': (ask: { id: string }, reply: Reply<Entered>) => void;
  'station:leave': (ask: { id: string }, reply: Reply) => void;
  say: (ask: Say, reply: Reply<{ seq: number; at: number }>) => void;
  /** Something to say, under a key of which the engine remembers the answer: however often it is sent, it is said once. */
  'naru:once': (key: string, event: 'say', ask: Say, reply: Reply<{ seq: number; at: number }>) => void;
  /** What was said in a room before. */
  'naru:history': (room: string, query: { limit: number; before?: string }, reply: (past: Past) => void) => void;
  typing: (ask: { place: string; on: boolean }) => void;
  /** `received`: how many bytes of it are there already. */
  'picture:offer': (
    ask: PictureOffer,
    reply: Reply<{ upload: string; received: number; seq?: number; at?: number }>,
  ) => void;
  'picture:chunk': (
    ask: { upload: string; at: number; bytes: Uint8Array },
    reply: Reply<{ received: number; seq?: number; at?: number }>,
  ) => void;
  'picture:cancel': (ask: { upload: string }) => void;
  'picture:get': (ask: { place: string; id: string; at: number }, reply: Reply<{ bytes: Uint8Array }>) => void;
  'line:wait': (ask: { avoid: readonly string[] }, reply: Reply) => void;
  'line:cancel': (reply: Reply) => void;
  'ride:enter': (ask: { id: string }, reply: Reply<Entered>) => void;
  'ride:end': (ask: { id: string }, reply: Reply) => void;
  report: (ask: { who: string; place: string; reason: ReportReason }, reply: Reply) => void;
  rename: (ask: { turn: number }, reply: Reply<{ you: Card; turn: number }>) => void;
  forget: (reply: Reply) => void;
}

/** Events from the server. */
export interface FromServer {
  welcome: (welcome: Welcome) => void;
  stations: (stations: readonly Station[], riders: number) => void;
  message: (place: string, message: Message) => void;
  arrived: (place: string, card: Card, here: number) => void;
  departed: (place: string, id: string, here: number) => void;
  renamed: (place: string, card: Card) => void;
  typing: (place: string, id: string, on: boolean) => void;
  'ride:start': (ride: Ride) => void;
  'ride:signal': (id: string, isPartnerLost: boolean) => void;
  'ride:over': (id: string, why: RideEnd) => void;
  muted: (forMs: number) => void;
  /** The engine could not deliver everything, because the log had let go of it. */
  'naru:gap': () => void;
  /** This session goes on in another tab, so this connection ends. */
  moved: () => void;
}
