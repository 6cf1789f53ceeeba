/** The typed events between the page and the server, both ways, and the data in them. */
import type { AnswerOf, Card as BaseCard, ReportReason } from 'naru-apps-kit/shared/protocol.js';

/**
 * The kinds of clients: a page, a terminal (`nc`), an event stream (`curl`), a STOMP client, and a program with Naru's
 * client.
 */
export const CLIENT_KINDS = ['web', 'terminal', 'stream', 'broker', 'program'] as const;

/** The kind of client that a person uses. */
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** An endpoint besides HTTP that the page can tell people of. */
export interface OpenEndpoint {
  readonly scheme: 'tcp' | 'tls' | 'stomp' | 'stomps';
  readonly port: number;
}

/** A person as others see them. */
export interface Card extends BaseCard {
  readonly client: ClientKind;
}

/** A picture as a message shows it. Pages fetch its bytes in chunks. */
export interface Picture {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** The identity of a message in its place: the alias of its sender, and the sender's key. */
export interface MessageRef {
  readonly from: string;
  readonly key: string;
}

/** A message in a place. */
export interface Message {
  /** The position in its place. It rises with each message, and is close to the time in milliseconds. */
  readonly seq: number;
  /** A key that the sender chose. A message that is sent twice with one key is said and shown once. */
  readonly key: string;
  readonly from: Card;
  readonly at: number;
  readonly text: string;
  readonly picture?: Picture;
  /** The message that this one answers. The server does not check that it exists. */
  readonly to?: MessageRef;
}

/** The kinds of reactions to a message. */
export const REACTION_KINDS = ['heart', 'thumb', 'laugh', 'wow', 'sad', 'fire'] as const;

/** A kind of reaction. */
export type ReactionKind = (typeof REACTION_KINDS)[number];

/** A reaction of a person to a message, or the news that it was taken back. */
export interface Reaction {
  /** The position in its place. Of the reactions of one kind by one person to a message, the newest counts. */
  readonly seq: number;
  readonly to: MessageRef;
  /** The alias of the person. */
  readonly by: string;
  readonly kind: ReactionKind;
  readonly on: boolean;
}

/** A station on the map. */
export interface Station {
  readonly id: string;
  /** Empty for a permanent station: the page has its name in each language. */
  readonly name: string;
  readonly hue: number;
  readonly isPermanent: boolean;
  readonly here: number;
}

/** The codes of all refusals. */
export type Refusal =
  | 'bad' // the argument has the wrong shape
  | 'slow' // too many requests; `waitMs` is the time to wait
  | 'muted' // several people reported this session; `waitMs` is the time left
  | 'gone' // the place, person or picture is not there any more
  | 'full' // a bound of the server is reached
  | 'name' // the name of the station is taken, reserved or unreadable
  | 'picture' // the bytes are not a picture of an accepted kind
  | 'large'; // over the limit on size

/** The acknowledgement of every command. */
export type Answer<T = object> = AnswerOf<Refusal, T>;

/** The answer to entering a place: the people there, and what was said on a ride. The log has that of a station. */
export interface Entered {
  readonly members: readonly Card[];
  readonly here: number;
  /** Oldest first; nothing of a station. */
  readonly messages: readonly Message[];
  /** Those to the messages here, without those that were taken back; nothing of a station. */
  readonly reactions: readonly Reaction[];
}

/** Naru's answer to `naru:history`: a page of the log, or an error. */
export interface Past {
  readonly events?: readonly { readonly event: string; readonly args: readonly unknown[] }[];
  readonly hasMore?: boolean;
  /** The offset to ask for the next page with. */
  readonly next?: string;
  readonly error?: { readonly code: string };
}

/** A ride as one of the two sees it. */
export interface Ride {
  readonly id: string;
  readonly partner: Card;
  readonly isPartnerLost: boolean;
}

/** The reason why a ride ended. */
export type RideEnd = 'you' | 'partner' | 'lost' | 'reported';

/** The first event of a connection. */
export interface Welcome {
  readonly you: Card;
  /** The number of the name among those of the ticket. */
  readonly turn: number;
  readonly stations: readonly Station[];
  readonly riders: number;
  readonly ride?: Ride;
  /** Time left of a mute by reports, 0 without one. */
  readonly mutedMs: number;
  readonly now: number;
  readonly endpoints: readonly OpenEndpoint[];
}

/** A message that a page wants to say. */
export interface Say {
  readonly place: string;
  readonly key: string;
  readonly text: string;
  readonly to?: MessageRef;
}

/** A reaction that a page adds to a message, or takes back. */
export type React = Omit<Reaction, 'seq' | 'by'> & { readonly place: string };

/** The offer of a picture, which comes before its bytes. */
export interface PictureOffer {
  readonly place: string;
  readonly key: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  /** The id of an upload that broke off, to continue it. */
  readonly upload?: string;
}

type Reply<T = object> = (answer: Answer<T>) => void;
type ReplyWithPosition = Reply<{ seq: number; at: number }>;

/** Events from the page. */
export interface FromPage {
  /** With `reopen`, the answer is the open station of that name, if there is one. */
  'station:make': (ask: { name: string; hue: number; reopen?: boolean }, reply: Reply<{ station: Station }>) => void;
  'station:enter': (ask: { id: string }, reply: Reply<Entered>) => void;
  'station:leave': (ask: { id: string }, reply: Reply) => void;
  say: (ask: Say, reply: ReplyWithPosition) => void;
  react: (ask: React, reply: ReplyWithPosition) => void;
  /** An event with a key. Naru runs it once, and answers repetitions with the stored acknowledgement. */
  'naru:once': (key: string, event: 'say' | 'react', ask: Say | React, reply: ReplyWithPosition) => void;
  /** Reads the history of a room. Naru answers it, as far as `io.allow` permits. */
  'naru:history': (room: string, query: { limit: number; before?: string }, reply: (past: Past) => void) => void;
  typing: (ask: { place: string; on: boolean }) => void;
  /** `received` is the number of bytes that the server has already. */
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
  reacted: (place: string, reaction: Reaction) => void;
  /** Somebody spoke at these stations. Every page draws a light there, without knowing what was said. */
  spoke: (stations: readonly string[]) => void;
  arrived: (place: string, card: Card, here: number) => void;
  departed: (place: string, id: string, here: number) => void;
  renamed: (place: string, card: Card) => void;
  typing: (place: string, id: string, on: boolean) => void;
  'ride:start': (ride: Ride) => void;
  'ride:signal': (id: string, isPartnerLost: boolean) => void;
  'ride:over': (id: string, why: RideEnd) => void;
  muted: (forMs: number) => void;
  /** Naru could not deliver every missed event, because the log had already dropped some. */
  'naru:gap': () => void;
  /** This session continues in another tab, so this connection ends. */
  moved: () => void;
}
