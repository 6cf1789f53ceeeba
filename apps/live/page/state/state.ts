/** The state of the page, as plain data. */
import type { Notice, Settings } from 'naru-apps-kit/page/state.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import type { Desk, Ending, Message, OnAir, QualityWish, Refusal, SourceKind } from '../../shared/protocol.js';

/** The screens. */
export type View =
  | { readonly type: 'map' }
  /** `at` is a moment of the broadcast, in milliseconds of the server's clock. Without it, the picture is live. */
  | { readonly type: 'watch'; readonly id: string; readonly at?: number | undefined }
  | { readonly type: 'air' }
  | { readonly type: 'program' }
  | { readonly type: 'kept' };

/** The state of the connection. */
export type Link = 'connecting' | 'online' | 'offline' | 'full';

/** The broadcast that a viewer watches. */
export interface Watching {
  readonly id: string;
  readonly status: 'entering' | 'on' | 'unable' | 'over' | Refusal | 'late';
  /** Why the broadcast ended. */
  readonly ending?: Ending | undefined;
  readonly broadcast?: OnAir | undefined;
  readonly viewers: number;
  readonly wish: QualityWish;
  /** Whether a picture was shown. */
  readonly hasPicture: boolean;
  readonly isSoundOn: boolean;
  /** The loudness, from 0 to 1. */
  readonly volume: number;
  /** Whether the person turned the sound on or off, so that the page does not ask. */
  readonly hasChosenSound: boolean;
  readonly isPaused: boolean;
  /** Whether pictures were left out lately, because the line carries less than the quality needs. */
  readonly isSkipping: boolean;
  /** The lines of the picture, and how far it is behind the server, in milliseconds. */
  readonly lines: number;
  readonly behindMs?: number | undefined;
  /** How far the rewound place is behind live, in milliseconds; 0 while live. */
  readonly rewoundMs: number;
}

/** The broadcast of this page, or of a program whose key it has. */
export interface OwnAir {
  readonly id: string;
  readonly kind: SourceKind;
  readonly status: 'opening' | 'starting' | 'on' | 'waiting' | 'over' | 'refused' | 'denied' | 'unable' | 'failed';
  readonly why?: Ending | Refusal | 'late' | undefined;
  readonly desk?: Desk | undefined;
  readonly isCameraOff: boolean;
  readonly isSilent: boolean;
  /** Whether the connection is too slow for what is sent. */
  readonly isSlow: boolean;
  /** How long it was, in milliseconds, and how many people watched. Known after its end. */
  readonly lastedMs?: number | undefined;
  readonly watched?: number | undefined;
}

/** A dialog that is open. */
export type Dialog =
  | { readonly type: 'you' | 'keys' }
  | { readonly type: 'person'; readonly card: Card; readonly id: string };

/** Everything that the page shows. */
export interface State {
  readonly settings: Settings;
  readonly view: View;
  readonly link: Link;
  readonly you?: Card | undefined;
  readonly onAir: readonly OnAir[];
  /** The chats of broadcasts, by their ids. */
  readonly talks: Readonly<Record<string, readonly Message[]>>;
  readonly watching?: Watching | undefined;
  readonly air?: OwnAir | undefined;
  readonly program?: OwnAir | undefined;
  /** People whose messages this tab hides, by their aliases. */
  readonly hidden: Readonly<Record<string, Card>>;
  readonly mutedUntil: number;
  /** How long a broadcast waits for its broadcaster, in milliseconds. */
  readonly graceMs: number;
  readonly dialog?: Dialog | undefined;
  readonly notice?: Notice | undefined;
}

/** The state before the first connection. */
export function stateAtStart(settings: Settings, view: View): State {
  return { settings, view, link: 'connecting', onAir: [], talks: {}, hidden: {}, mutedUntil: 0, graceMs: 0 };
}

/** A step that adds messages to a chat. A message that is there already stays there once. */
export function said(id: string, messages: readonly Message[]): (state: State) => State {
  return (state) => {
    const before = state.talks[id] ?? [];
    const known = new Set(before.map(nameOfMessage));
    const added = messages.filter((message) => !known.has(nameOfMessage(message)));
    if (added.length === 0) return state;
    const all = [...before, ...added].sort((one, other) => one.at - other.at).slice(-LIMITS.messagesHeld);
    return { ...state, talks: { ...state.talks, [id]: all } };
  };
}

/** A step that changes what is watched, if it is this broadcast. */
export function watched(id: string, fields: Partial<Watching>): (state: State) => State {
  return (state) => (state.watching?.id === id ? { ...state, watching: { ...state.watching, ...fields } } : state);
}

/** A step that changes the broadcast of the page. */
export function aired(fields: Partial<OwnAir>): (state: State) => State {
  return (state) => (state.air ? { ...state, air: { ...state.air, ...fields } } : state);
}

/** Whether a page is on air, or about to be. */
export function isRunning(air: OwnAir | undefined): air is OwnAir {
  return air !== undefined && ['opening', 'starting', 'on', 'waiting'].includes(air.status);
}

/** The broadcast of this tab that goes on without this page: it waits after a reload, or another tab has it. */
export function ownElsewhere({ onAir, you, air }: State): OnAir | undefined {
  if (isRunning(air)) return undefined;
  return onAir.find(({ card, kind }) => kind !== 'program' && card.id === you?.id);
}

/** Names a message: a sender and the key that the sender chose. */
export function nameOfMessage({ from, key }: Message): string {
  return `${from.id} ${key}`;
}

/** The screen that a hash of the address names. */
export function viewOf(hash: string): View {
  const [, first, second, third = ''] = hash.split('/');
  if (first === 'watch' && second && /^[\w-]{1,40}$/.test(second)) {
    return { type: 'watch', id: second, at: /^\d{1,15}$/.test(third) ? Number(third) : undefined };
  }
  if (first === 'air' || first === 'program' || first === 'kept') return { type: first };
  return { type: 'map' };
}
