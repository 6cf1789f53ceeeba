/** What the page knows, as plain data that only the functions beside it change. */
import type { Card, Message, OpenEndpoint, RideEnd, Station } from '../../shared/protocol.js';
import type { Language } from '../../shared/words.js';

/** How the page is linked to the server. */
export type Link = 'connecting' | 'online' | 'offline' | 'moved' | 'full';

/** What is on the screen. */
export type View =
  | { readonly type: 'map' }
  | { readonly type: 'station'; readonly id: string }
  | { readonly type: 'ride' }
  | { readonly type: 'kept' };

/** A dialog that lies over the screen. */
export type Dialog =
  | { readonly type: 'make' }
  | { readonly type: 'keys' }
  | { readonly type: 'clients' }
  | { readonly type: 'you' }
  | { readonly type: 'picture'; readonly url: string; readonly alt: string }
  | { readonly type: 'person'; readonly card: Card; readonly place: string };

/** Something of one's own that the server has not confirmed. */
export interface Pending {
  readonly key: string;
  readonly text: string;
  /** The secret under which the server remembers its answer, so that what is sent again is said once. */
  readonly once: string;
  readonly status: 'waiting' | 'sending' | 'failed';
  readonly picture?: {
    readonly url: string;
    readonly alt: string;
    readonly width: number;
    readonly height: number;
    readonly sent: number;
    /** The upload that has begun: where it breaks off, it goes on. */
    readonly upload?: string;
    /** Whether it would be there after a reload of the page. */
    readonly isShelved?: boolean;
  };
  /** Why it failed, as a key of the words. */
  readonly problem?: string;
}

/**
 * What is known of the messages before those that are here: nothing yet; that there are some; that they are on their way; that they could
 * not be had; that there are none; that the page holds as many as it may.
 */
export type Older = 'unknown' | 'more' | 'loading' | 'failed' | 'none' | 'full';

/** A place as this page sees it. */
export interface Place {
  readonly id: string;
  readonly isRide: boolean;
  readonly lastSeq: number;
  /** Position up to which everything was seen. */
  readonly readSeq: number;
  /** Where the mark "new" stands, 0 for none. */
  readonly newFrom: number;
  readonly isEntered: boolean;
  readonly members: readonly Card[];
  readonly here: number;
  /** The newest of them and some before, without holes but behind `gapAfter`. */
  readonly messages: readonly Message[];
  readonly older: Older;
  /** Position behind which some may be missing, until they were read from the log: 0 before the first reading, nothing where none are. */
  readonly gapAfter: number | undefined;
  /** Where in the log the messages that are here begin; nothing where that has to be found out again. */
  readonly before: string | undefined;
  readonly pending: readonly Pending[];
  readonly typing: readonly string[];
}

/** The line, from this side of the glass. */
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

/** Choices that stay in this browser. */
export interface Settings {
  readonly language: Language;
  readonly theme: 'auto' | 'light' | 'dark';
}

/** A line for the screen reader and, when it is urgent, for the eye. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isUrgent: boolean;
  readonly href?: string;
}

/** The whole state of the page, as plain data. */
export interface State {
  readonly link: Link;
  readonly wasOnline: boolean;
  readonly you: Card | undefined;
  readonly turn: number;
  readonly stations: readonly Station[];
  readonly riders: number;
  /** Ports by which people come without a page. */
  readonly endpoints: readonly OpenEndpoint[];
  readonly places: Readonly<Record<string, Place>>;
  readonly ride: RideState;
  /** People whose words this tab does not show. */
  readonly muted: Readonly<Record<string, Card>>;
  /** Time at which a mute by reports ends, 0 without one. */
  readonly silencedUntil: number;
  /** Time at which the next words may go out. */
  readonly slowUntil: number;
  readonly view: View;
  readonly dialog: Dialog | undefined;
  readonly settings: Settings;
  readonly notice: Notice | undefined;
  readonly drafts: Readonly<Record<string, string>>;
}

/** A page that has just been opened. */
export function stateAtStart(settings: Settings, view: View): State {
  return {
    link: 'connecting',
    wasOnline: false,
    you: undefined,
    turn: 0,
    stations: [],
    riders: 0,
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
  };
}
