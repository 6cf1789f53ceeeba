/** Acts on the sockets of a target on every node, or warns that the other nodes cannot be reached. */
import { type Backplane, type Offset, ZERO_OFFSET } from '../backplane/backplane.js';
import { isShared } from '../backplane/shared.js';
import type { NodeCode } from '../backplane/talk/talk.js';
import type { Clock } from '../base/clock.js';
import { type Answer, after } from '../base/steps/answer.js';
import { attempt } from '../base/uncaught.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { Delivery } from './delivery.js';
import type { Flags, Target } from './event/target.js';
import type { EffectiveRooms } from './log/effective-rooms.js';
import type { NamespaceLog } from './log/namespace-log.js';
import type { Recovery } from './recovery/recovery.js';
import type { BridgedNamespace, FarListeners, FarNodes, OpenBridge, Span } from './remote/bridge.js';
import { askAll, fetchFromAll, joinListeners } from './remote/far-nodes.js';
import { KeptCallbacks } from './remote/kept-callbacks.js';
import { warnOfLocalReach } from './remote/local-reach.js';
import type { AskedAt } from './remote/questions.js';
import type { Remote } from './remote/remote.js';
import { actMessage, RemoteCalls } from './remote/remote-calls.js';
import type { Rooms } from './rooms.js';
import type { AnswerHandler, Fetched, SocketAction, SocketFacts } from './socket/far-sockets.js';
import type { Member, Socket } from './socket/socket.js';
import { tellEventFar, tellEventOut } from './socket/socket-taps.js';

/** The part of a namespace that its reach uses. */
export interface ReachNamespace {
  readonly name: string;
  readonly clock: Clock;
  readonly log: NamespaceLog | undefined;
  readonly recovery: Pick<Recovery, 'sessions' | 'hear' | 'note' | 'writer' | 'hasChosen'> | undefined;
  readonly members: Rooms<Member>;
  readonly recipients: EffectiveRooms<Member>;
  readonly delivery: Delivery;
  /** The listeners of wires for messages of other nodes, by name. */
  readonly told: ReadonlyMap<unknown, (message: readonly unknown[]) => void>;
  createAckId(): number;
  /** Carries out postponed broadcasts. */
  settle(): void;
  /** Carries out an operation after all earlier events. It waits for the log for a second at most. */
  inOrder(operation: () => void): void;
  /** Calls the listeners of the namespace. */
  announce(name: string, ...args: unknown[]): void;
}

/** The part of a server that the reach of its namespaces uses. */
export interface ReachContext {
  readonly backplane: Backplane | undefined;
  readonly remote: Remote | undefined;
  readonly bridge: OpenBridge | undefined;
  isCarried(name: string): boolean;
}

/** The public methods that change sockets, for warnings. */
const METHODS = { join: 'socketsJoin()', leave: 'socketsLeave()', disconnect: 'disconnectSockets()' } as const;

/** Milliseconds after which a client gets volatile events of other nodes. It may have come from one of them. */
const SETTLED_MS = 1_000;

/** Milliseconds for which a question by talk may come after the node that asks says that it has asked. */
const ARRIVAL_MS = 1_000;

type Question = SocketPacket & { readonly id: number };

/** The sockets of one namespace, on this node and on the others. */
export class Reach {
  /** The calls to other nodes, if the backplane connects them. */
  readonly calls: RemoteCalls | undefined;
  readonly #namespace: ReachNamespace;
  readonly #backplane: Backplane | undefined;
  readonly #remote: Remote | undefined;
  /** Whether the nodes send each other all events by talk, because they share no log of the namespace. */
  readonly #isCarried: boolean;
  /** The nodes of another system, if a bridge leads to some. */
  readonly #span: Span | undefined;

  constructor(namespace: ReachNamespace, { backplane, remote, bridge, isCarried }: ReachContext) {
    this.#namespace = namespace;
    this.#backplane = backplane;
    this.#remote = remote;
    this.#isCarried = isCarried(namespace.name);
    this.calls = remote && this.#createCalls(remote);
    this.#span = bridge?.join(this.#bridged());
  }

  /** The listeners of other nodes, if there may be some. */
  get listeners(): FarListeners | undefined {
    return joinListeners(this.calls, this.#span);
  }

  /** Whether this node waits for answers of others. */
  get isWaiting(): boolean {
    return this.calls?.questions.isOpen === true || this.#span?.isWaiting === true;
  }

  /** The namespace lets go of its core, so no socket of this node is in it. */
  leaveBridge(): void {
    this.#span?.close();
  }

  /** Resolves when the other nodes are known, and this one gets what they send beside a log. */
  whenReady(): Answer<unknown> {
    const known = this.#remote?.whenKnown();
    return this.#isCarried ? after<unknown, void>(known, () => this.calls?.hear()) : known;
  }

  /** Whether some of the other nodes get the events by talk, because they do not share the log. */
  get #isBeside(): boolean {
    return this.#isCarried || this.#backplane?.talk?.hasCarriers === true;
  }

  /** Tells the other nodes something at this place of the program's order. */
  tell(message: readonly unknown[]): void {
    if (!this.#isCarried) this.#namespace.delivery.order?.tell(message);
    if (this.#isBeside) this.calls?.carry(message);
  }

  /**
   * Asks the sockets of a target for acknowledgements. Returns the function that stops waiting, and returns the nodes
   * that said nothing.
   */
  ask(packet: SocketPacket, given: Target, handler: AnswerHandler): () => readonly NodeCode[] {
    const far = this.#farNodes('A broadcast with an acknowledgement', given.flags);
    const question = { ...packet, id: this.#namespace.createAckId() };
    const target = tellEventOut(question, given);
    const askHere = (answers: AnswerHandler) => this.#askHere(question, target, answers);
    const data = packet.data as readonly unknown[];
    return far.length === 0 ? askHere(handler) : askAll(far, target, data, handler, askHere);
  }

  /** Finds the sockets of a target. */
  async fetch(target: Target): Promise<Fetched<Socket>> {
    const far = this.#farNodes('fetchSockets()', target.flags);
    return { near: this.#socketsOf(target), ...(await fetchFromAll(far, target)) };
  }

  /** Changes the sockets of a target. */
  act(target: Target, action: SocketAction): void {
    const { flags } = target;
    // The log tells the others even if none is known: a node that has just started may have sockets already.
    if (!this.calls) warnOfLocalReach(this.#backplane, METHODS[action[0]], flags);
    if (flags.local !== true) for (const nodes of [this.calls, this.#span]) nodes?.act(target, action);
    this.#actHere(target, action, this.calls !== undefined && flags.local !== true);
  }

  /** Changes the sockets of a target on this node. `isPlaced` says that the other nodes learn of it in order. */
  #actHere(target: Target, action: SocketAction, isPlaced: boolean): void {
    const [kind, what] = action;
    for (const member of this.#membersOf(target)) {
      if (kind === 'disconnect') member.disconnect(what);
      else if (kind === 'join') member.join(what, isPlaced);
      else member.leave(what, isPlaced);
    }
    // A change by another node that stands earlier in the log may not have arrived yet.
    const { log } = this.#namespace;
    if (!log || !isPlaced) return;
    if (log.fences.isClosed) log.fences.run(() => this.#actInPlace(target, action, log.offset));
    else this.#note(target, action, log.offset);
  }

  /** Sends an event to the sockets of the other nodes, unless they find it in the log. */
  sendFar({ data }: SocketPacket, target: Target): void {
    const { flags } = target;
    if (flags.volatile) this.#callsFor('A volatile event', flags)?.sendVolatile(target, data as readonly unknown[]);
    else if (this.#isBeside) this.#callsFor('An event', flags)?.sendEvent(target, data as readonly unknown[]);
    if (flags.local !== true) this.#span?.send(target, data as readonly unknown[]);
  }

  /** Takes a message of another node, at its place in the log if there is one. */
  onTold(message: readonly unknown[], offset: Offset): void {
    const { told, recovery } = this.#namespace;
    const listener = told.get(message[0]);
    if (listener) {
      listener(message);
      return;
    }
    recovery?.writer?.onTold(message);
    this.calls?.onTold(message, offset);
  }

  /** Takes a message that came by talk. One that cannot be read is reported, wherever it is carried out. */
  #takeTold(message: readonly unknown[]): void {
    const { log } = this.#namespace;
    try {
      this.onTold(message, log?.offset ?? ZERO_OFFSET);
    } catch (error) {
      if (!log) throw error;
      log.report(error);
    }
  }

  #askHere(packet: Question, target: Target, handler: AnswerHandler): () => readonly NodeCode[] {
    const { delivery, members, recipients } = this.#namespace;
    const asked: Member[] = [];
    // Exactly those answer who get the question.
    delivery.send(packet, target, (isAtOnce) =>
      this.#expectAcks(packet.id, (isAtOnce ? members : recipients).recipientsOf(target), asked, handler),
    );
    return () => {
      for (const member of asked) member.forgetAck(packet.id);
      return [];
    };
  }

  #expectAcks(id: number, those: Iterable<Member>, asked: Member[], handler: AnswerHandler, askedAt?: AskedAt): void {
    const listener = (...args: unknown[]): void => handler.onAnswer(args);
    let doubtfulCount = 0;
    for (const member of those) {
      if (!member.connected) continue;
      if (askedAt && this.#mayHave(member, askedAt)) {
        doubtfulCount += 1;
        continue;
      }
      asked.push(member);
      member.expectAck(id, listener, undefined);
    }
    // The node that asks waits for those whose answers nobody can promise, and learns that they are missing.
    handler.onAsked(asked.length + doubtfulCount);
  }

  /**
   * Whether a member may have got a question from the node that asks: it came from there after that node had stopped to
   * wait for the log.
   */
  #mayHave(member: Member, { after, patientUntil }: AskedAt): boolean {
    const session = this.#namespace.recovery?.sessions.get(member.pid ?? '');
    // The other process had the session when it knew the record `after`, and may have had it for longer.
    return member.issuedAt >= patientUntil && (session?.cameAt ?? '') >= after;
  }

  /**
   * Returns the members of a target that are connected to this node. It is a copy, because acting on a member may
   * change the rooms.
   */
  #membersOf(target: Target): Member[] {
    this.#namespace.settle();
    return [...this.#namespace.members.recipientsOf(target)].filter(({ connected }) => connected);
  }

  #socketsOf(target: Target): Socket[] {
    return this.#membersOf(target).map(({ socket }) => socket);
  }

  /** Returns the calls to other nodes if there are some, and warns if they cannot be reached. */
  #callsFor(method: string, flags: Flags): RemoteCalls | undefined {
    if (this.calls) return this.calls.reaches(flags) ? this.calls : undefined;
    warnOfLocalReach(this.#backplane, method, flags);
    return undefined;
  }

  /** Returns the other nodes that a call with these flags goes to. */
  #farNodes(method: string, flags: Flags): FarNodes[] {
    const nodes = [this.#callsFor(method, flags), flags.local === true ? undefined : this.#span];
    return nodes.filter((each) => each !== undefined);
  }

  /** Returns this namespace as a bridge reaches it. */
  #bridged(): BridgedNamespace {
    const namespace = this.#namespace;
    const { name, delivery, members } = namespace;
    const kept = new KeptCallbacks(namespace);
    return {
      name,
      deliver: (target, data) => {
        if (target.flags.volatile) this.#sendVolatileHere(target, data);
        else delivery.deliver({ type: PacketType.EVENT, nsp: name, data }, target);
      },
      whenKept: (callback) => (this.#isLogged ? kept.add(callback) : callback()),
      act: (target, action) => {
        const isTold = this.#isLogged && this.calls !== undefined;
        if (isTold && this.calls) delivery.order?.tell(actMessage(this.calls.node, target, action, target.flags.by));
        this.#actHere(target, action, isTold);
      },
      ask: ({ flags, ...target }, data, handler) =>
        this.ask({ type: PacketType.EVENT, nsp: name, data }, { ...target, flags: { ...flags, local: true } }, handler),
      describe: (target) => this.#describe(target),
      announce: (event, args) => namespace.announce(event, ...args),
      rooms: () => [...members.names(), ...members.members.keys()],
      watchRooms: (onExists) => void Object.assign(members, { onExists }),
    };
  }

  /** Whether the nodes share a log of the namespace. */
  get #isLogged(): boolean {
    return !this.#isCarried && isShared(this.#backplane);
  }

  #describe(target: Target): SocketFacts[] {
    return this.#socketsOf(target).map(({ id, handshake, rooms, data }) => ({
      id,
      handshake,
      rooms: [...rooms],
      data,
    }));
  }

  #createCalls(remote: Remote): RemoteCalls {
    const namespace = this.#namespace;
    const isCarried = this.#isCarried;
    const reach = this;
    const { name, clock, delivery } = namespace;
    return new RemoteCalls({
      name,
      clock,
      remote,
      describe: (target) => this.#describe(target),
      actInPlace: (target, action, offset) => this.#actInPlace(target, action, offset),
      isCarried,
      get arrivalMs() {
        // A node without sockets may not hear the namespace, and then gets no question.
        return reach.#isBeside && !namespace.recipients.isEmpty ? ARRIVAL_MS : 0;
      },
      askedAt: () => {
        if (isCarried) return undefined;
        const { log } = namespace;
        return { after: log?.offset ?? ZERO_OFFSET, patientUntil: log?.fences.patientUntil ?? clock.now() };
      },
      askInPlace: (target, data, handler, askedAt) => {
        const id = namespace.createAckId();
        const asked: Member[] = [];
        this.#expectAcks(id, namespace.recipients.recipientsOf(target), asked, handler, askedAt);
        delivery.sendInPlace({ type: PacketType.EVENT, nsp: name, data, id }, target, asked);
        return () => {
          for (const member of asked) member.forgetAck(id);
        };
      },
      sendVolatile: (target, data) => this.#sendVolatileHere(target, data),
      deliver: (target, data) => this.#deliverHere(target, data),
      tell: (message) => this.tell(message),
      onTold: (message) => namespace.inOrder(() => this.#takeTold(message)),
      announce: (event, args) => namespace.announce(event, ...args),
      catchUp: (until) => {
        const log = namespace.log?.following ? namespace.log : undefined;
        return after(delivery.order?.catchUp(), () => !log || log.offset >= until);
      },
      whenDelivered: (callback) => (namespace.log ? namespace.log.fences.run(callback) : callback()),
    });
  }

  /** Sends a volatile event of another node. A client that has just come from there may have it, so it is left out. */
  #sendVolatileHere({ rooms, except, flags }: Target, data: readonly unknown[]): void {
    const { name, clock, members, delivery } = this.#namespace;
    const target = { rooms, except, flags: { ...flags, volatile: true } };
    // A client begins with the newest group of this node, and then needs every event.
    const settledMs = delivery.isOfGroup(target) ? 0 : SETTLED_MS;
    const settled = [...members.recipientsOf(target)].filter(
      ({ connected, issuedAt }) => connected && clock.now() - issuedAt >= settledMs,
    );
    delivery.sendInPlace({ type: PacketType.EVENT, nsp: name, data }, target, settled);
  }

  /** Delivers an event of a node that does not use the log. Nodes that do keep no event of another node. */
  #deliverHere({ rooms, except, flags }: Target, data: readonly unknown[]): void {
    const packet: SocketPacket = { type: PacketType.EVENT, nsp: this.#namespace.name, data };
    tellEventFar(packet, flags);
    this.#namespace.delivery.send(packet, { rooms, except, flags: { ...flags, local: !this.#isCarried } });
  }

  /** A session that is on its way to this node gets the change when it enters, and one that is gone a late one now. */
  #note(target: Target, action: SocketAction, offset: Offset): void {
    this.#namespace.recovery?.hear({ offset, target, action });
  }

  /** Changes the recipients of a target at the place of a record between nodes. */
  #actInPlace(target: Target, action: SocketAction, offset: Offset): void {
    const [kind, what, takes] = action;
    this.#note(target, action, offset);
    const { recipients } = this.#namespace;
    // Nobody is spared who has entered without waiting for the log: programs see that member already.
    const waiting = kind === 'disconnect' ? recipients.waitingOf(target) : [];
    for (const member of [...waiting, ...recipients.recipientsOf(target)]) {
      attempt(() => {
        if (kind === 'disconnect') member.expel(what);
        else for (const room of what) this.#moveInPlace(member, room, kind === 'join', takes);
      });
    }
  }

  #moveInPlace(member: Member, room: string, isIn: boolean, takes: number | undefined): void {
    const { members, recipients, recovery } = this.#namespace;
    if (member.isOver || recovery?.hasChosen(member.pid, room, takes)) return;
    if (isIn && !members.isOpenTo(member, room)) {
      // The join reports that the member has too many rooms, as everywhere else.
      member.join([room]);
      return;
    }
    const isNew = recipients.place(member, room, isIn);
    if (isNew === undefined) {
      if (members.has(member, room) === isIn) return;
      if (isIn) members.join(member, room);
      else members.leave(member, room);
    }
    // Late readers take their rooms back change by change, so each change must have made a difference.
    if (isNew === false) return;
    member.moved(room, isIn);
    recovery?.note(member.pid, room, isIn, true);
    this.#namespace.delivery.onRoom(member, room, isIn);
    member.touch();
  }
}
