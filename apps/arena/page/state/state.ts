/** The state of the page, as plain data. Places of players are not in it, because they change with each frame. */
import type { Notice, Settings } from 'naru-apps-kit/page/state.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import type { Ending, Member, Out, Place, Refusal, RosterChange, Round } from '../../shared/protocol.js';
import type { State as Life } from '../../shared/wire/snapshot.js';

/** The screens. */
export type View =
  | { readonly type: 'start' }
  | { readonly type: 'play'; readonly room?: string }
  | { readonly type: 'kept' };

/** The state of the connection. */
export type Link = 'connecting' | 'online' | 'offline' | 'full';

/** The state of the lane: none yet, being opened, up, or down, so that everything goes over the connection. */
export type LaneState = 'none' | 'opening' | 'up' | 'down';

/** The state of the own place in a room. */
export type Seat = 'none' | 'entering' | 'in' | Refusal | Ending | 'late';

/** The own player as the page shows it. It changes a few times a second. */
export interface OwnFigures {
  readonly lights: number;
  readonly life: Life;
  readonly points: number;
  /** Seconds until the player comes back. */
  readonly outSeconds: number;
}

/** Somebody put somebody out. */
export interface News {
  readonly key: string;
  readonly by: Member;
  readonly who: Member;
  /** The time of the page until which it is shown, in milliseconds. */
  readonly endsAt: number;
}

/** The figures of the line, once a second. */
export interface Figures {
  readonly roundTripMs: number | undefined;
  readonly lossPercent: number;
  readonly delayTicks: number;
  readonly snapshotsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

/** A dialog that is open. */
export interface Dialog {
  readonly type: 'you' | 'keys';
}

/** Everything that the page shows. */
export interface State {
  readonly settings: Settings;
  readonly view: View;
  readonly link: Link;
  readonly lane: LaneState;
  readonly you?: Card | undefined;
  /** The number of the own made-up name. */
  readonly turn: number;
  readonly seat: Seat;
  readonly place?: Place | undefined;
  /** The players of the room, by slot. */
  readonly roster: ReadonlyMap<number, Member>;
  /** The points of each slot. */
  readonly points: readonly number[];
  readonly round?: Round | undefined;
  /** Seconds until the phase of the round ends. */
  readonly secondsLeft: number;
  readonly own?: OwnFigures | undefined;
  /** The player who put the own player out. */
  readonly outBy?: Member | undefined;
  readonly news: readonly News[];
  readonly figures?: Figures | undefined;
  /** Whether nothing comes from the server at the moment. */
  readonly isSilent: boolean;
  readonly isPanelOpen: boolean;
  readonly isBoardOpen: boolean;
  readonly isSoundOn: boolean;
  /** Whether the player has moved and fired, so that the hint can go. */
  readonly hasPlayed: boolean;
  readonly dialog?: Dialog | undefined;
  readonly notice?: Notice | undefined;
}

/** News that are shown at one time, and for how long. */
const NEWS_MAX = 5;
const NEWS_MS = 5_000;

/** The state before the first connection. */
export function stateAtStart(settings: Settings, view: View, turn: number, isSoundOn: boolean): State {
  return {
    settings,
    view,
    turn,
    isSoundOn,
    link: 'connecting',
    lane: 'none',
    seat: 'none',
    roster: new Map(),
    points: [],
    secondsLeft: 0,
    news: [],
    isSilent: false,
    isPanelOpen: false,
    isBoardOpen: false,
    hasPlayed: false,
  };
}

/** A step that begins or ends a round. */
export function turned(round: Round): (state: State) => State {
  return (state) => (round.phase === 'play' ? { ...state, round, points: [], news: [] } : { ...state, round });
}

/** A step that takes a place in a room. */
export function seated(place: Place): (state: State) => State {
  return (state) => ({
    ...state,
    place,
    seat: 'in',
    roster: new Map(place.roster.map((member) => [member.slot, member])),
    points: place.points,
    round: place.round,
    own: undefined,
    outBy: undefined,
    news: [],
    isSilent: false,
  });
}

/** A step that changes the players of the room. */
export function changed({ joined, left }: RosterChange): (state: State) => State {
  return (state) => {
    const roster = new Map(state.roster);
    for (const slot of left) roster.delete(slot);
    for (const member of joined) roster.set(member.slot, member);
    return { ...state, roster };
  };
}

/** A step that adds news of players who went out. `now` is the time of the page. */
export function told(outs: readonly Out[], now: number): (state: State) => State {
  return (state) => {
    const news = outs.flatMap(([tick, by, who]): News[] => {
      const [shooter, target] = [state.roster.get(by), state.roster.get(who)];
      return shooter && target
        ? [{ key: `${tick} ${by} ${who}`, by: shooter, who: target, endsAt: now + NEWS_MS }]
        : [];
    });
    if (news.length === 0) return state;
    const own = news.findLast(({ who }) => who.slot === state.place?.slot);
    return { ...state, outBy: own?.by ?? state.outBy, news: [...state.news, ...news].slice(-NEWS_MAX) };
  };
}

/** A step that ends old news. */
export function aged(now: number): (state: State) => State {
  return (state) => {
    const news = state.news.filter(({ endsAt }) => endsAt > now);
    return news.length === state.news.length ? state : { ...state, news };
  };
}

/** Whether the page says how to play: until the player has moved and fired, also beside an open scoreboard. */
export function hasHint({ seat, round, own, isSilent, isPanelOpen, hasPlayed }: State): boolean {
  const isFree = seat === 'in' && round?.phase === 'play' && own !== undefined && own.life !== 'out';
  return isFree && !isSilent && !isPanelOpen && !hasPlayed;
}

/** A line of the scoreboard. */
export interface Standing {
  readonly member: Member;
  readonly points: number;
  /** The rank, from 1. Those with the same points share it. */
  readonly rank: number;
}

/** The players in the order of their points. */
export function standingsOf({ roster, points }: Pick<State, 'roster' | 'points'>): Standing[] {
  const sorted = [...roster.values()]
    .map((member) => ({ member, points: Math.max(0, points[member.slot] ?? 0) }))
    .sort((one, other) => other.points - one.points || one.member.slot - other.member.slot);
  return sorted.map((each) => ({ ...each, rank: 1 + sorted.findIndex(({ points }) => points === each.points) }));
}

/** The winner of a round: the best player, unless several share the first rank or nobody made a point. */
export function winnerOf([best, next]: readonly Standing[]): Standing | 'draw' | undefined {
  if (!best?.points) return undefined;
  return next?.rank === best.rank ? 'draw' : best;
}

/** The screen that a hash of the address names. */
export function viewOf(hash: string): View {
  const [, first, second] = hash.split('/');
  if (first === 'play')
    return second && /^[\w-]{1,40}$/.test(second) ? { type: 'play', room: second } : { type: 'play' };
  return first === 'kept' ? { type: 'kept' } : { type: 'start' };
}
