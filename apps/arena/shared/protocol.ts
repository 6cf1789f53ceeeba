/**
 * The typed events between the page and the server, both ways, and the data in them. Inputs and snapshots are bytes;
 * see `wire/`.
 */
import type { AnswerOf, Card } from 'naru-apps-kit/shared/protocol.js';

/** Shapes by which players are told apart without colours: circle, triangle, square, diamond, cross and star. */
export const MARKS = 6;

/** A player of a room. */
export interface Member {
  /** The number of the player in snapshots, from 0 to 49. */
  readonly slot: number;
  readonly card: Card;
  /** The shape, from 0 to `MARKS` - 1. */
  readonly mark: number;
  readonly isBot: boolean;
}

/** A round, or the scores after it. */
export interface Round {
  readonly number: number;
  readonly phase: 'play' | 'scores';
  /** The tick at which the phase ends. */
  readonly endsAt: number;
  /** In the phase `scores`: the players who are in the room at the end, best first. */
  readonly scores: readonly Score[];
}

/** The points of a player in a round. */
export interface Score {
  readonly slot: number;
  readonly card: Card;
  readonly points: number;
}

/** A change of the players of a room. */
export interface RosterChange {
  readonly joined: readonly Member[];
  /** The slots of those who left. */
  readonly left: readonly number[];
}

/** A player who put another one out at a tick. Both are slots. */
export type Out = readonly [tick: number, by: number, who: number];

/** A place in a room. */
export interface Place {
  /** The code of the room. It may stand in a link. */
  readonly room: string;
  readonly slot: number;
  /** The tick of the room at this moment. */
  readonly tick: number;
  readonly map: number;
  /** The last sequence number that this place has used. A page goes on with the next. */
  readonly seq: number;
  readonly round: Round;
  readonly roster: readonly Member[];
  /** The points of each slot, and -1 for a slot without a player. */
  readonly points: readonly number[];
  /** Whether the person had this place before. */
  readonly isBack: boolean;
}

/** The codes of all refusals of a request. */
export type Refusal =
  | 'bad' // the argument has the wrong shape
  | 'slow' // too many requests; `waitMs` is the time to wait
  | 'full' // the room, or the whole game, is full
  | 'busy' // the room is moving to another server; try again after `waitMs`
  | 'gone'; // there is no such place

/** The reasons for which a place ends. */
export type Ending =
  | 'left' // the player left
  | 'idle' // no input came for a minute
  | 'moved' // the player plays on in another tab or connection
  | 'lost' // the room is gone
  | 'misuse'; // malformed or far too many inputs

/** The acknowledgement of every command. */
export type Answer<T = object> = AnswerOf<Refusal, T>;

/** The first event of a connection. */
export interface Welcome {
  readonly you: Card;
  /** The number of this name among the made-up names of the ticket. */
  readonly turn: number;
  /** The server's clock, in milliseconds. */
  readonly now: number;
  readonly map: number;
  /** Whether the server offers a lane at all. */
  readonly hasLane: boolean;
}

type Reply<T = object> = (answer: Answer<T>) => void;

/** The events of a page. `auth` of the connection has `ticket`, 32 hexadecimal digits, and may have `turn`. */
export interface FromPage {
  /** Inputs, volatile, once in each tick: `encodeInputs`. */
  in: (bytes: Uint8Array) => void;
  /** Asks for a place: the one that the person has, one in this room, or one anywhere. */
  play: (ask: { room?: string }, reply: Reply<{ place: Place }>) => void;
  /** Takes another made-up name. It changes the name in the room, too. */
  name: (ask: { turn: number }, reply: Reply<{ you: Card; turn: number }>) => void;
  leave: (ask: object, reply: Reply) => void;
  /** Measures the round trip. */
  ping: (ask: object, reply: Reply<{ now: number }>) => void;
}

/** The events of the server. */
export interface FromServer {
  welcome: (welcome: Welcome) => void;
  /** A snapshot, volatile, once in each tick: `decodeSnapshot`. */
  s: (bytes: Uint8Array) => void;
  roster: (room: string, change: RosterChange) => void;
  round: (room: string, round: Round) => void;
  outs: (room: string, outs: readonly Out[]) => void;
  /** The points of each slot, once a second; -1 for a slot without a player. */
  points: (room: string, points: readonly number[]) => void;
  /** The place of this connection has ended. */
  over: (room: string, why: Ending) => void;
}
