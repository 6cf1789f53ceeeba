/** The state of the page: plain data, which only the functions beside it change. */

import type { Notice, Settings } from 'naru-apps-kit/page/state.js';
import type {
  Card,
  Message,
  MessageRef,
  OpenEndpoint,
  React,
  Reaction,
  RideEnd,
  Station,
} from '../../shared/protocol.js';
import { LANDMARKS } from '../../shared/words.js';

/** The state of the connection to the server. */
export type Link = 'connecting' | 'online' | 'offline' | 'moved' | 'full';

/** The screen that is shown. */
export type View =
  | { readonly type: 'map' }
  | { readonly type: 'station'; readonly id: string }
  | { readonly type: 'ride' }
  | { readonly type: 'kept' };

/** An open dialog. */
export type Dialog =
  | { readonly type: 'make' }
  | { readonly type: 'keys' }
  | { readonly type: 'clients' }
  | { readonly type: 'you' }
  | { readonly type: 'picture'; readonly url: string; readonly alt: string }
  | { readonly type: 'person'; readonly card: Card; readonly place: string };

/** Your own message or reaction that the server has not confirmed. */
export interface Pending {
  readonly key: string;
  readonly text: string;
  /** The secret key under which the server remembers its answer, so that a repeated message is said once. */
  readonly once: string;
  readonly status: 'waiting' | 'sending' | 'failed';
  /** The message that it answers. */
  readonly to?: MessageRef;
  readonly reaction?: Omit<React, 'place'>;
  readonly picture?: {
    readonly url: string;
    readonly alt: string;
    readonly width: number;
    readonly height: number;
    readonly sent: number;
    /** The id of the upload, to continue it after a break. */
    readonly upload?: string;
    /** Whether it survives a reload of the page. */
    readonly isShelved?: boolean;
  };
  /** The reason why it failed, as a key of the words. */
  readonly problem?: string;
}

/**
 * The state of the messages before those here: not known yet; more exist; they are being read; the reading failed; none
 * exist; the page holds the most that it may.
 */
export type Older = 'unknown' | 'more' | 'loading' | 'failed' | 'none' | 'full';

/** The newest reaction of each person and kind, by the name of the message, which may be one that is not here yet. */
export type Reactions = Readonly<Record<string, readonly Reaction[]>>;

/** A place as this page sees it. */
export interface Place {
  readonly id: string;
  readonly isRide: boolean;
  readonly lastSeq: number;
  /** The position up to which everything was seen. */
  readonly readSeq: number;
  /** The position of the mark "new", 0 for none. */
  readonly newFrom: number;
  readonly isEntered: boolean;
  readonly members: readonly Card[];
  readonly here: number;
  /** The newest messages and some earlier ones, without holes except after `gapAfter`. */
  readonly messages: readonly Message[];
  readonly reactions: Reactions;
  readonly older: Older;
  /**
   * The position after which messages may be missing until the log was read: 0 before the first reading, undefined
   * without a gap.
   */
  readonly gapAfter: number | undefined;
  /** The offset of the first message here; undefined when it is unknown. */
  readonly before: string | undefined;
  readonly pending: readonly Pending[];
  readonly typing: readonly string[];
}

/** The ride, as the page sees it. */
export type RideState =
  | { readonly type: 'idle' }
  | { readonly type: 'waiting'; readonly since: number }
  | {
      readonly type: 'riding';
      readonly id: string;
      readonly partner: Card;
      readonly isPartnerLost: boolean;
      readonly since: number;
    }
  | {
      readonly type: 'over';
      readonly id: string;
      readonly partner: Card;
      readonly why: RideEnd | 'range';
      readonly tookMs: number;
    };

/** The whole state of the page, as plain data. */
export interface State {
  readonly link: Link;
  readonly you: Card | undefined;
  readonly turn: number;
  readonly stations: readonly Station[];
  readonly riders: number;
  /** The times at which somebody spoke at stations a moment ago. */
  readonly spokeAt: Readonly<Record<string, number>>;
  /** Endpoints for clients without a page. */
  readonly endpoints: readonly OpenEndpoint[];
  readonly places: Readonly<Record<string, Place>>;
  readonly ride: RideState;
  /** People whose messages this tab hides. */
  readonly muted: Readonly<Record<string, Card>>;
  /** The time at which a mute by reports ends, 0 without one. */
  readonly silencedUntil: number;
  /** The time from which the next message may be sent. */
  readonly slowUntil: number;
  readonly view: View;
  readonly dialog: Dialog | undefined;
  readonly settings: Settings;
  readonly notice: Notice | undefined;
  readonly drafts: Readonly<Record<string, string>>;
  /** The messages that the drafts answer, by place. */
  readonly answered: Readonly<Record<string, Message>>;
}

/** The state of a page that was just opened. */
export function stateAtStart(settings: Settings, view: View): State {
  return {
    link: 'connecting',
    you: undefined,
    turn: 0,
    stations: LANDMARKS.map(({ id, hue }) => ({ id, name: '', hue, isPermanent: true, here: 0 })),
    riders: 0,
    spokeAt: {},
    endpoints: [],
    places: {},
    ride: { type: 'idle' },
    muted: {},
    silencedUntil: 0,
    slowUntil: 0,
    view,
    dialog: undefined,
    settings,
    notice: undefined,
    drafts: {},
    answered: {},
  };
}
