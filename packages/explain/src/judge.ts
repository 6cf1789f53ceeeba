/** Decides from the facts of all nodes what became of one event for one client. */
import { type NodeCode, type Offset, ZERO_OFFSET } from 'naru/backplane';
import type { Findings, LiveSocket, Room, SentEntry, SocketEntry, SocketId } from 'naru/server/explain';

/** An event, as far as a log or a node knows it. */
export interface ExplainedEvent {
  readonly namespace: string;
  readonly event: string;
  /** Absent for an event that no log keeps. */
  readonly offset?: Offset | undefined;
  readonly at: number;
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly isVolatile: boolean;
  readonly isLocal: boolean;
  /** The time of the oldest event of the log, if the log may have lost an earlier event that fits the query, too. */
  readonly logSince?: number | undefined;
  /** The node that sent it, and its number there, for an event that no log keeps. */
  readonly node?: NodeCode;
  readonly number?: number;
}

/** The knowledge of one node, and whether it did not answer. */
export interface NodeFindings extends Findings {
  /**
   * How far the facts go which a node had written that does not answer: the time of the newest one, and the newest
   * place in each namespace. Its last moments may be missing. Absent for a node that answered.
   */
  readonly written?: { readonly at: number; readonly places: ReadonlyMap<string, Offset> };
}

/** A client came to a node. */
type Joined = Extract<SocketEntry, { readonly type: 'joined' }>;

/** An event was dropped for a client. */
type Dropped = Extract<SocketEntry, { readonly type: 'dropped' }>;

/** A client left a node. */
type Left = Extract<SocketEntry, { readonly type: 'left' }>;

/** The fate of an event. */
export type Verdict =
  | 'delivered'
  | 'late'
  | 'volatile'
  | 'dropped'
  | 'gap'
  | 'excluded'
  | 'not-in-room'
  | 'joined-later'
  | 'left-before'
  | 'local'
  | 'limited'
  | 'duplicate'
  | 'other-namespace'
  | 'unknown-client'
  | 'unknown-event'
  | 'unknown';

/** A verdict, the node that it is about, and the facts that show it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Whether no log has the event any more. It lies in a gap of which the client was told. */
  readonly isLost?: boolean;
  readonly node?: NodeCode;
  /** The fact that decides, if one does. */
  readonly fact?: SocketEntry | undefined;
  /** The room that decides. */
  readonly room?: Room;
  /** How many events the same policy dropped for this client. */
  readonly count?: number;
  readonly deliveredAt?: number;
  /** Whether the node has not delivered it to anybody yet, so that the client is not late by itself. */
  readonly isUnderWay?: boolean;
  /** The time from which on the log was looked through, if it may have an event from before that which fits. */
  readonly lookedSince?: number | undefined;
  /** When the client answered after that. */
  readonly confirmedAt?: number | undefined;
  /** The fact that the client left afterwards, if nothing has confirmed the delivery. */
  readonly left?: Left | undefined;
  /** When the client came back and named this event, or a later one, as one that it had. */
  readonly namedAt?: number | undefined;
}

/** Milliseconds by which the times of one event may differ on two nodes. */
const SAME_MS = 2_000;

/** Decides what became of an event for a client. */
export function judge(client: SocketId, event: ExplainedEvent, findings: readonly NodeFindings[]): Judgement {
  const concerned = findings.map((one) => new NodeView(one, event)).filter(({ isConcerned }) => isConcerned);
  // A node that is gone and had not written enough counts for nothing if another one knows more.
  const nodes = concerned.filter(({ isGone, hasForgotten }) => !(isGone && hasForgotten));
  if (concerned.length === 0) {
    const elsewhere = findings.find(({ facts, live }) => facts.length > 0 || live.length > 0);
    return elsewhere ? { verdict: 'other-namespace', node: elsewhere.node } : { verdict: 'unknown-client' };
  }
  if (nodes.length === 0 || nodes.some(({ hasForgotten }) => hasForgotten)) return { verdict: 'unknown' };
  const there = nodes.filter(({ wasThere }) => wasThere).sort(byComing);
  const later = nodes.find(({ cameBack }) => cameBack);
  const home = there.find(({ isGone }) => !isGone) ?? later ?? there[0];
  if (!home) return absence(nodes, event);
  const { node } = home;
  if (event.isLocal && event.node !== node) return { verdict: 'local', node };
  const rooms = new RoomsThen(client, nodes, home);
  // An event that was dropped for the client was for it, whatever is known of its rooms.
  const isMeant = event.offset !== undefined && home.drop !== undefined;
  if (!isMeant && event.rooms.length > 0 && !event.rooms.some((room) => rooms.has(room)))
    return !home.isWritten && isThereLater(nodes, event) ? { verdict: 'unknown', node } : outside(event, rooms, node);
  const excepted = event.except.find((room) => rooms.has(room));
  if (excepted !== undefined) return { verdict: 'excluded', node, room: excepted };
  if (!isMeant && event.except.some((room) => rooms.isUnknown(room))) return { verdict: 'unknown', node };
  // A client that came back without the event did not get it from its earlier node.
  const judgement = (later ?? home).delivery();
  const isSure = judgement.verdict !== 'delivered' || home.isWritten || nodes.some(({ hadAt }) => hadAt !== undefined);
  // A node that is gone may have ended before it delivered the event.
  if (!isSure) return { verdict: 'unknown', node };
  const namedAt = nodes.flatMap(({ hadAt }) => hadAt ?? [])[0];
  return judgement.verdict === 'delivered' ? { ...judgement, namedAt } : judgement;
}

/**
 * Whether the client was in a room of the event when it came to a node after that. A node that is gone may not have
 * written that it had joined.
 */
function isThereLater(nodes: readonly NodeView[], event: ExplainedEvent): boolean {
  const joined = nodes.flatMap((view) => view.after('joined'));
  return joined.some(({ socket, rooms = [socket] }) => event.rooms.some((room) => rooms.includes(room)));
}

/**
 * Orders nodes by when the client came to them, the newest first. One that was killed, or stood still, does not know
 * that another one has taken the session since.
 */
function byComing({ coming: one }: NodeView, { coming: other }: NodeView): number {
  if (!one || !other) return Number(one === undefined) - Number(other === undefined);
  const hasPlaces = one.place > ZERO_OFFSET && other.place > ZERO_OFFSET && one.place !== other.place;
  return hasPlaces ? (one.place < other.place ? 1 : -1) : other.at - one.at;
}

/** Returns why a client was not there. */
function absence(nodes: readonly NodeView[], { offset }: ExplainedEvent): Judgement {
  const later = nodes.flatMap((view) => view.after('joined').map((fact) => ({ node: view.node, fact })));
  const before = nodes.flatMap((view) => view.before('left').map((fact) => ({ node: view.node, fact })));
  const left = before.sort((one, other) => other.fact.at - one.fact.at)[0];
  const joined = later.sort((one, other) => one.fact.at - other.fact.at)[0];
  // It went on with a session that a node had which has ended since.
  if (joined?.fact.isRecovered && (offset !== undefined || !left)) return { verdict: 'unknown' };
  if (left) return { verdict: 'left-before', ...left };
  return joined ? { verdict: 'joined-later', ...joined } : { verdict: 'unknown' };
}

/** Returns why a client that was there was in none of the rooms. */
function outside({ rooms }: ExplainedEvent, then: RoomsThen, node: NodeCode): Judgement {
  if (rooms.some((room) => then.isUnknown(room))) return { verdict: 'unknown', node };
  for (const room of rooms) {
    const fact = then.factOf(room);
    if (fact) return { verdict: 'not-in-room', node, room, fact };
  }
  return { verdict: 'not-in-room', node };
}

/** The client as one node knows it, seen from the place of the event. */
class NodeView {
  readonly node: NodeCode;
  readonly facts: readonly SocketEntry[];
  readonly live: LiveSocket | undefined;
  readonly #event: ExplainedEvent;
  readonly #sent: SentEntry | undefined;

  /** Whether it does not answer, and is known by what it had written. */
  readonly isGone: boolean;
  /** Whether all facts up to the event are known. */
  readonly isWritten: boolean;

  /** Whether it may have forgotten what it knew of the time of the event. */
  readonly hasForgotten: boolean;

  constructor({ node, since = 0, facts, sent, live, written }: NodeFindings, event: ExplainedEvent) {
    this.node = node;
    this.isGone = written !== undefined;
    const { offset, at, namespace } = event;
    this.isWritten =
      !written || (offset === undefined ? written.at > at : (written.places.get(namespace) ?? '') >= offset);
    this.hasForgotten = event.at <= since;
    this.#event = event;
    this.facts = facts.filter(({ namespace }) => namespace === event.namespace);
    this.live = live.find(({ namespace }) => namespace === event.namespace);
    const isSame = (one: SentEntry): boolean =>
      node === event.node
        ? one.number === event.number
        : one.event === event.event && String(one.rooms) === String(event.rooms) && farFrom(one) <= SAME_MS;
    const farFrom = (one: SentEntry): number => Math.abs(one.at - event.at);
    const same = event.offset === undefined ? sent.filter(isSame) : [];
    this.#sent = same.sort((one, other) => farFrom(one) - farFrom(other))[0];
  }

  get isConcerned(): boolean {
    return this.facts.length > 0 || this.live !== undefined;
  }

  /** Whether a fact stands before the event. */
  isBefore(fact: SocketEntry): boolean {
    const { offset, at } = this.#event;
    // A node that has not heard of the log yet has no places.
    if (offset !== undefined && fact.place > ZERO_OFFSET) return fact.place < offset;
    return this.#sent ? fact.number < this.#sent.number : fact.at <= at;
  }

  before<Type extends SocketEntry['type']>(type: Type): Extract<SocketEntry, { type: Type }>[] {
    return this.#of(type).filter((fact) => this.isBefore(fact));
  }

  after<Type extends SocketEntry['type']>(type: Type): Extract<SocketEntry, { type: Type }>[] {
    return this.#of(type).filter((fact) => !this.isBefore(fact));
  }

  #of<Type extends SocketEntry['type']>(type: Type): Extract<SocketEntry, { type: Type }>[] {
    return this.facts.filter((fact): fact is Extract<SocketEntry, { type: Type }> => fact.type === type);
  }

  /** Whether the client was connected here. */
  get wasThere(): boolean {
    const moves = this.facts.filter(({ type }) => type === 'joined' || type === 'left');
    const last = moves.findLast((fact) => this.isBefore(fact));
    if (last) return last.type === 'joined';
    // It had joined before the memory of this node begins.
    return moves[0] ? moves[0].type === 'left' : this.live !== undefined;
  }

  /** Whether the client came here later and read what it had missed. */
  get cameBack(): boolean {
    const { offset } = this.#event;
    const joined = this.after('joined')[0];
    return offset !== undefined && joined?.isRecovered === true && (joined.after ?? '') < offset;
  }

  /** When the client came here to go on and named this event, or a later one, as one that it had. */
  get hadAt(): number | undefined {
    const { offset } = this.#event;
    return offset === undefined ? undefined : this.after('joined').find(({ after = '' }) => after >= offset)?.at;
  }

  /** The fact with which the client came here: before the event, or to read it. */
  get coming(): Joined | undefined {
    return this.wasThere ? this.before('joined').at(-1) : this.after('joined')[0];
  }

  /** The fact that the event was dropped for the client. */
  get drop(): Dropped | undefined {
    const { offset } = this.#event;
    const drops = this.#of('dropped');
    const isSame = (one: Dropped): boolean => one.offset === offset && (offset !== undefined || this.#isOf(one));
    return drops.find(isSame) ?? this.#rowIn(drops);
  }

  /**
   * The first of some events in a row that were dropped, if the event is among them: it has the room of the row, and
   * the name of an end of it. Events of other names in the room may have gone through.
   */
  #rowIn(drops: readonly Dropped[]): Dropped | undefined {
    const { offset, event, rooms } = this.#event;
    // A log keeps no event that is dropped in a row.
    if (offset !== undefined) return undefined;
    const { at } = this.#sent ?? this.#event;
    const isHere = (room: Room | undefined): boolean =>
      room === undefined ? rooms.length === 0 : rooms.includes(room);
    const ends = drops.filter(({ isFirst, room }) => isFirst !== undefined && isHere(room));
    const index = ends.findLastIndex(({ cameAt }) => cameAt <= at);
    const [first, next] = [ends[index], ends[index + 1]];
    const last = next?.isFirst === false ? next : undefined;
    if (!first?.isFirst || (first.event !== event && last?.event !== event)) return undefined;
    // A client that leaves the room begins anew there.
    const isCut = (fact: SocketEntry): boolean =>
      fact.number > first.number &&
      (fact.type === 'joined' || fact.type === 'left' || (fact.type === 'room' && fact.room === first.room));
    return last || !this.facts.some((fact) => isCut(fact) && this.isBefore(fact)) ? first : undefined;
  }

  /** Says what became of the event for a client that it was for. */
  delivery(): Judgement {
    const { node, live } = this;
    const { offset, at, isVolatile } = this.#event;
    const gap = this.after('gap').find(
      ({ after, before }) => offset !== undefined && after < offset && (before === undefined || offset < before),
    );
    if (gap) return { verdict: 'gap', node, fact: gap };
    const fact = this.drop;
    const same = this.#of('dropped').filter(({ policy }) => policy === fact?.policy);
    const count = same.reduce((sum, one) => sum + (one.count ?? 1), 0);
    if (fact) return { verdict: 'dropped', node, fact, count };
    const left = live ? undefined : this.after('left').at(-1);
    if (offset !== undefined && left?.lateAt !== undefined && left.lateAt < offset)
      return { verdict: 'late', node, fact: left };
    const isBehind = offset !== undefined && live !== undefined && (live.lateAt ?? live.delivered) < offset;
    if (isBehind) return { verdict: 'late', node, isUnderWay: live.lateAt === undefined };
    if (isVolatile) return { verdict: 'volatile', node };
    const read = this.after('read').find((one) => offset !== undefined && one.after < offset && one.offset >= offset);
    const deliveredAt = read?.at ?? Math.max(at, this.cameBack ? (this.after('joined')[0]?.at ?? 0) : 0);
    return { verdict: 'delivered', node, deliveredAt, confirmedAt: this.#confirmedAt(deliveredAt), left };
  }

  /** When the client answered a ping after it got the event. */
  #confirmedAt(deliveredAt: number): number | undefined {
    const { heardAt = 0 } = this.live ?? {};
    // Nobody sends an event again that no log keeps, so only the connection that got it counts.
    const hasMoved = [...this.after('joined'), ...this.after('left')].length > 0;
    // A session was heard first when it opened, which is before its client joined.
    const since = Math.max(deliveredAt, this.#of('joined').at(-1)?.at ?? 0);
    return heardAt > since && !(hasMoved && this.#event.offset === undefined) ? heardAt : undefined;
  }

  #isOf({ cameAt, event = this.#event.event }: Dropped): boolean {
    const { at } = this.#sent ?? this.#event;
    return cameAt >= at && cameAt <= at + 1 && event === this.#event.event;
  }
}

/** The rooms of the client at the place of the event, as the node knew them that had the client. */
class RoomsThen {
  readonly #client: SocketId;
  readonly #nodes: readonly NodeView[];
  readonly #home: NodeView;
  readonly #coming: Joined | undefined;

  constructor(client: SocketId, nodes: readonly NodeView[], home: NodeView) {
    this.#client = client;
    this.#nodes = nodes;
    this.#home = home;
    this.#coming = home.coming;
  }

  has(room: Room): boolean {
    if (room === this.#client) return true;
    const since = this.#coming?.number ?? 0;
    const fact = this.#home.before('room').findLast((each) => each.room === room && each.number > since);
    if (fact) return fact.isIn;
    if (this.#coming) return this.#coming.rooms?.includes(room) === true;
    const next = this.#firstAfter(room);
    return next ? !next.isIn : this.#home.live?.rooms.includes(room) === true;
  }

  /** Whether nobody knows whether it was in a room. */
  isUnknown(room: Room): boolean {
    return (
      room !== this.#client && !this.#coming && !this.#lastBefore(room) && !this.#firstAfter(room) && !this.#home.live
    );
  }

  /** Returns the fact that tells best why it was not in a room: it left, was refused, or joined later. */
  factOf(room: Room): SocketEntry | undefined {
    const refused = this.#home.facts.findLast(
      (fact) => fact.type === 'refused' && fact.room === room && (fact.act === 'subscribe' || fact.act === 'enter'),
    );
    const last = this.#lastBefore(room);
    return (last?.isIn ? undefined : last) ?? refused ?? this.#firstAfter(room);
  }

  #lastBefore(room: Room) {
    const facts = this.#nodes.flatMap((view) => view.before('room').filter((fact) => fact.room === room));
    return facts
      .sort((one, other) => (one.place < other.place ? -1 : one.place > other.place ? 1 : one.at - other.at))
      .at(-1);
  }

  #firstAfter(room: Room) {
    return this.#home.after('room').find((fact) => fact.room === room);
  }
}
