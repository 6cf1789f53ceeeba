/** The guard of a server: admits clients by their tokens, has the tokens renewed, and ends sessions in time. */
import type { Server, Socket } from 'naru';
import { type Clock, ConfigError, type Random, shown, type Untyped, unreferenced, within } from 'naru/base';
import {
  type ClientCall,
  endMembership,
  FRESH,
  type Guard,
  type GuardHost,
  type GuardRefusal,
  type RoomAct,
  tell,
} from 'naru/guard';
import { shownRoom } from 'naru/taps';
import type { ToldUse } from './limits/shared-use.js';
import { Throttle } from './limits/throttle.js';
import type { GuardSettings } from './options.js';
import { delayUntil, digestsOf, Pass, renewalTime } from './pass.js';
import { isRefusal, type RefusalError, refusal } from './refusal.js';
import { isPassRoom, isReserved, isUserRoom, passIn, passRoom, user } from './reserved-rooms.js';
import { digestOf, isRevocation, type Revocation, Revocations } from './revocations.js';
import { Rights, rightOf } from './rights.js';
import { checkFacts, endOf, TOKEN_MAX, type TokenFacts, tokenIn, tokenOf } from './token.js';

/** The event that asks a client for a new token, with `{ expiresAt }`. The client sends `naru:token`. */
const RENEW = 'naru:renew';
/** The event with which a client sends a new token. */
const TOKEN = 'naru:token'; /** The event that tells a client which room it has left, with `{ room, code, message }`. */
const LEFT = 'naru:left';

/** The event by which nodes without a common store tell each other what was revoked. */
const REVOKED = 'naru:revoked';

/** The event by which nodes tell each other what persons have used. */
const USED = 'naru:used';

/** The most newcomers that a full server asks to come back in one second. */
const NEWCOMERS_PER_SECOND = 100;
/** Milliseconds that a token may take to be read. */
const READ_MS = 10_000;
/** Milliseconds until a client is asked again whose new token could not be checked. */
const AGAIN_MS = 1_000;

/** The person, session or token that `revoke` ends. Give exactly one. */
export interface RevokeOptions {
  /** A person, with all sessions and all tokens that were issued until now. */
  readonly user?: string;
  /** A session, by a `socket.id` of it. */
  readonly session?: string;
  /** A token, or its id (`jti`). */
  readonly token?: string;
}

/** A server with any types of events. */
export type GuardedServer = Server<Untyped, Untyped, Untyped, Untyped>;

/** Stands before the clients of one server. */
export class ServerGuard implements Guard {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: GuardSettings;
  readonly #revocations: Revocations;
  readonly #passes = new Map<Socket, Pass>();
  readonly #throttle: Throttle | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #tellNodes: ((revocation: Revocation) => Promise<unknown>) | undefined;

  constructor(io: GuardedServer, { clock, random, backplane, calls, onLogError }: GuardHost, settings: GuardSettings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#onError = (error) => onLogError(error, 'the guard');
    const onRevoked = (revocation: Revocation): void => this.#onRevoked(revocation);
    this.#revocations = new Revocations({ clock, random, backplane, onRevoked, onError: this.#onError }, settings);
    calls.set(TOKEN, this.#onToken);
    const hasNodes = backplane?.talk !== undefined || backplane?.isCarrier === true;
    const tell = (told: readonly ToldUse[]): unknown => io.serverSideEmit(USED, told);
    const perSecond = Math.min(io.engine.opts.handshakesPerSecondMax, NEWCOMERS_PER_SECOND);
    const parts = { clock, random, perSecond, isRequest: (event: string) => calls.has(event) };
    this.#throttle = settings.limits && new Throttle(parts, settings.limits, hasNodes ? tell : undefined);
    if (hasNodes) io.on(USED, (told: unknown) => this.#throttle?.hear(told));
    // Nodes that share no store tell each other.
    if (!backplane?.isCarrier) return;
    io.on(REVOKED, (given: unknown, answer: () => void) => {
      if (isRevocation(given)) this.#revocations.take(given);
      answer();
    });
    this.#tellNodes = (revocation) => io.serverSideEmitWithAck(REVOKED, revocation);
  }

  admit(socket: Socket, next: (error?: Error) => void, rooms: readonly string[] | undefined): void {
    const pass = new Pass(socket);
    this.#passes.set(socket, pass);
    const limited = this.#limit(pass, rooms !== undefined);
    if (limited) {
      next(limited);
      return;
    }
    this.#revocations.watch();
    this.#admit(pass, rooms).then(
      () => next(),
      (error: unknown) => next(error === FRESH ? FRESH : this.#toClient(error)),
    );
  }

  #limit(pass: Pass, isReturning: boolean): RefusalError | undefined {
    try {
      return this.#throttle?.admit(pass, isReturning);
    } catch (error) {
      this.#onError(error);
      return refusal('REFUSED', 'The client could not be counted');
    }
  }

  onGone(socket: Socket): void {
    const pass = this.#passes.get(socket);
    if (!pass) return;
    this.#passes.delete(socket);
    pass.isOver = true;
    this.#stop(pass);
    this.#throttle?.release(pass);
    if (this.#passes.size === 0) this.#revocations.rest();
  }

  refuse(act: RoomAct, socket: Socket, room: string, event: string | undefined): GuardRefusal | undefined {
    const message = this.#forbid(act, socket, room);
    if (message !== undefined) return { code: 'FORBIDDEN', message };
    const pass = this.#passes.get(socket);
    return pass && act !== 'enter' && act !== 'leave' ? this.#throttle?.refuse(pass, act, event) : undefined;
  }

  takes(socket: Socket, event: readonly unknown[], answer: ((...args: unknown[]) => void) | undefined): boolean {
    const pass = this.#throttle && this.#passes.get(socket);
    return !pass || this.#throttle.takes(pass, event, answer);
  }

  onMessage(session: object, size: number, isRest: boolean): void {
    this.#throttle?.onMessage(session, size, isRest);
  }

  #forbid(act: RoomAct, socket: Socket, room: string): string | undefined {
    if (isReserved(room)) return 'the room is reserved for the server';
    if (act === 'leave') return undefined;
    if (!this.#settings.rights || this.#passes.get(socket)?.rights?.allows(act, room)) return undefined;
    return `the token has no right "${rightOf(act)}" for "${shownRoom(room)}"`;
  }

  /**
   * Ends a person, a session or a token on all nodes. Resolves when the store has it. Each node carries it out within a
   * second, also if this one ends right after that. Sessions that are away cannot come back. Rejects with
   * UnavailableError if the store does not take it.
   */
  async revoke(what: RevokeOptions): Promise<void> {
    const given = Object.entries(what ?? {}).filter(([, name]) => name !== undefined);
    const [[type, name] = []] = given;
    const isKnown = type === 'user' || type === 'session' || type === 'token';
    if (given.length !== 1 || !isKnown || typeof name !== 'string' || name === '')
      throw new ConfigError('BAD_ARGUMENT', `revoke takes { user }, { session } or { token }, got ${shown(what)}`);
    const revocation = await this.#revocations.revoke(type, type === 'token' ? digestOf(name) : name);
    await this.#tellNodes?.(revocation);
  }

  /** Admits a client. `rooms` are those of the session that it goes on with, if it does. */
  async #admit(pass: Pass, rooms: readonly string[] | undefined): Promise<void> {
    const { socket } = pass;
    const { tokens, anonymous } = this.#settings;
    const token = tokens && tokenOf(socket.handshake);
    if (tokens && token === undefined && !anonymous) throw refusal('TOKEN_MISSING', 'A token is missing');
    if (token !== undefined) await this.#give(pass, token, await this.#read(token, socket));
    else if (rooms) await this.#revocations.refresh();
    if (rooms && !this.mayGoOn(socket, rooms)) throw FRESH;
    this.#join(pass);
  }

  /**
   * Whether a client may go on with a session: one of its own, that was not revoked, and in no room that its token does
   * not allow. The reserved rooms of the session tell whose it is. Without them it is nobody's.
   */
  mayGoOn(socket: Socket, rooms: readonly string[]): boolean {
    const pass = this.#passes.get(socket);
    if (!pass || this.#revocations.hasSession(socket.id)) return false;
    const { facts, rights } = pass;
    if (!facts) return !rooms.some(isReserved);
    const before = rooms.flatMap((room) => passIn(room) ?? []);
    const isOwn = rooms.includes(user(facts.user)) && before.length > 0;
    if (!isOwn || rooms.some((room) => isUserRoom(room) && room !== user(facts.user))) return false;
    // A session whose token was revoked is over, although its client has another one by now.
    if (before.every(({ issuedAt }) => this.#revocations.hasToken(facts.user, issuedAt, []))) return false;
    const earlier = Rights.ofSubscriptions(before.flatMap(({ subscriptions }) => subscriptions));
    if (rights && [...forbidden(rooms, earlier, rights)].length > 0) return false;
    // The rooms of the session come right after this.
    this.#clock.defer(() => this.#leaveEarlier(socket), undefined);
    return true;
  }

  /** Reads a token, and then learns what was revoked by now. */
  async #read(token: string, { handshake }: Socket): Promise<TokenFacts> {
    if (token.length > TOKEN_MAX) throw refusal('TOKEN_INVALID', 'The token is too long');
    const { tokens, lifetimeMax } = this.#settings;
    if (!tokens) throw refusal('REFUSED', 'The server takes no tokens');
    let failure: unknown;
    const reading = new Promise<TokenFacts>((resolve) => void resolve(tokens(token, handshake)));
    reading.catch((error: unknown) => {
      failure = error;
    });
    const outcome = await within(this.#clock, reading, READ_MS);
    if (!outcome) {
      if (failure === undefined) throw refusal('UNAVAILABLE', 'The token could not be checked in time', AGAIN_MS);
      throw isRefusal(failure) ? failure : refusal('TOKEN_INVALID', 'The token is not accepted');
    }
    await this.#revocations.refresh();
    return checkFacts(outcome.value, this.#clock.now(), lifetimeMax);
  }

  #check(pass: Pass, token: string, facts: TokenFacts): void {
    if (pass.isOver) throw refusal('GONE', 'The client has gone');
    if (this.#revocations.hasToken(facts.user, facts.issuedAt, digestsOf(token, facts)))
      throw refusal('TOKEN_REVOKED', 'The token was revoked');
  }

  /** Gives a token to a client, when its rights are known, and it has not ended or been revoked by then. */
  async #give(pass: Pass, token: string, facts: TokenFacts): Promise<void> {
    const granted = await this.#rightsOf(facts);
    checkFacts(facts, this.#clock.now(), this.#settings.lifetimeMax);
    this.#check(pass, token, facts);
    pass.take(token, facts, granted, this.#clock.now());
    this.#throttle?.name(pass, facts.user);
    this.#stop(pass);
    const time = renewalTime(this.#clock.now(), endOf(facts), this.#random.fraction());
    this.#wait(pass, time, () => this.#ask(pass, facts));
  }

  async #rightsOf(facts: TokenFacts): Promise<Rights | undefined> {
    const { rights } = this.#settings;
    if (typeof rights !== 'function') return rights === undefined ? undefined : Rights.of(facts.claims?.[rights]);
    const given = await rights(facts);
    try {
      return Rights.of(given);
    } catch (error) {
      // The client learns nothing of what the program has returned.
      this.#onError(error);
      throw refusal('REFUSED', 'The rights of the token could not be read');
    }
  }

  /** Asks a client for a new token once it has joined, or ends its membership when it is too late for that. */
  #ask(pass: Pass, facts: TokenFacts): void {
    const endsAt = endOf(facts);
    const end = (): void => this.#end(pass, 'TOKEN_EXPIRED', 'The token has ended', false);
    if (this.#clock.now() >= endsAt) end();
    else if (!pass.socket.connected) this.#askLater(pass);
    else {
      tell(pass.socket, RENEW, { expiresAt: facts.expiresAt });
      this.#wait(pass, endsAt, end);
    }
  }

  /** Joins the reserved rooms of a client, and leaves those of its earlier token. A guest is in no room. */
  #join({ socket, facts, rights }: Pass): void {
    if (!facts || isGuest(socket)) return;
    void socket.join([user(facts.user), roomOfPass(facts, rights)]);
    this.#leaveEarlier(socket);
  }

  /** Leaves the passes of earlier tokens. */
  #leaveEarlier(socket: Socket): void {
    const { facts, rights } = this.#passes.get(socket) ?? {};
    if (!facts) return;
    const own = roomOfPass(facts, rights);
    for (const room of socket.rooms) if (isPassRoom(room) && room !== own) void socket.leave(room);
  }

  /** Lets a client leave the rooms that its earlier rights covered, and those now do not. */
  #leaveForbidden(pass: Pass, before: Rights): void {
    const { socket, rights } = pass;
    if (!rights) return;
    for (const room of forbidden(socket.rooms, before, rights)) {
      void socket.leave(room);
      tell(socket, LEFT, { room, code: 'NO_RIGHT', message: `the token has no right "subscribe" for "${room}"` });
    }
    // Queues and durable subscriptions of STOMP are not rooms that a socket could leave.
    if (socket.conn.subprotocol === 'stomp' && before.hasMoreThan(rights))
      this.#end(pass, 'NO_RIGHT', 'The rights have changed: connect again', false);
  }

  #wait(pass: Pass, time: number, then: () => void): void {
    const onTime = (): void => {
      if (this.#clock.now() < time) this.#wait(pass, time, then);
      else then();
    };
    pass.timer = unreferenced(this.#clock.setTimeout(onTime, delayUntil(this.#clock.now(), time), undefined));
  }

  #stop(pass: Pass): void {
    if (pass.timer !== undefined) this.#clock.clearTimeout(pass.timer);
    pass.timer = undefined;
  }

  readonly #onToken: ClientCall = (_namespace, { socket }, [given], answer) => {
    const pass = this.#passes.get(socket);
    this.#renew(pass, given).then(
      () => answer({}),
      (error: unknown) => {
        const { message, data } = this.#toClient(error);
        answer({ error: { message, ...data } });
      },
    );
  };

  async #renew(pass: Pass | undefined, given: unknown): Promise<void> {
    if (!pass || pass.isOver) throw refusal('GONE', 'The session has ended');
    if (pass.isRenewing) throw refusal('TOO_MANY', 'Another token is being read');
    const token = tokenIn(given);
    if (token === undefined) throw refusal('TOKEN_MISSING', 'A token is missing');
    pass.isRenewing = true;
    try {
      const facts = await this.#read(token, pass.socket);
      this.#check(pass, token, facts);
      const before = pass.facts;
      // A client that cannot have a new token sends the one that it has.
      if (before && digestOf(token) === pass.digests[0]) return;
      if (before && before.user !== facts.user) throw refusal('OTHER_USER', 'The token is that of another user');
      if (before && before.issuedAt > facts.issuedAt)
        throw refusal('TOKEN_OLD', 'The token is older than the one before it');
      if (before && !(await this.#mayRenew(pass.socket, facts, before)))
        throw refusal('REFUSED', 'The token is refused');
      const { rights } = pass;
      await this.#give(pass, token, facts);
      if (rights) this.#leaveForbidden(pass, rights);
      this.#join(pass);
    } catch (error) {
      if (isRefusal(error) && error.data.code === 'UNAVAILABLE') this.#askLater(pass);
      throw error;
    } finally {
      pass.isRenewing = false;
    }
  }

  async #mayRenew(socket: Socket, facts: TokenFacts, before: TokenFacts): Promise<boolean> {
    try {
      return (await this.#settings.renew(socket, facts, before)) === true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }

  #askLater(pass: Pass): void {
    const { facts } = pass;
    if (!facts || pass.isOver) return;
    this.#stop(pass);
    this.#wait(pass, Math.min(this.#clock.now() + AGAIN_MS, endOf(facts)), () => this.#ask(pass, facts));
  }

  #onRevoked({ type, name, at }: Revocation): void {
    for (const pass of [...this.#passes.values()]) {
      const { facts, socket } = pass;
      const isMeant =
        type === 'session'
          ? socket.id === name
          : type === 'user'
            ? facts?.user === name && (facts.issuedAt <= at || pass.takenAt <= at)
            : pass.digests.includes(name);
      if (!isMeant) continue;
      // A token of a login whose clock is ahead is not covered by the time of the revocation.
      const [digest] = pass.digests;
      if (type === 'user' && facts && facts.issuedAt > at && digest !== undefined)
        this.#revocations.revoke('token', digest).catch(this.#onError);
      if (type === 'session') this.#end(pass, 'SESSION_REVOKED', 'The session was ended', true);
      else this.#end(pass, 'TOKEN_REVOKED', 'The token was revoked', true);
    }
  }

  /** Ends a membership, and with `isWhole` the session. */
  #end(pass: Pass, code: RefusalError['data']['code'], message: string, isWhole: boolean): void {
    if (!pass.isOver) endMembership(pass.socket, { code, message }, isWhole);
  }

  /** Returns the error for the client. Any error but a refusal may reveal details of the server. */
  #toClient(error: unknown): RefusalError {
    if (isRefusal(error)) return error;
    this.#onError(error);
    return refusal('REFUSED', 'The token could not be checked');
  }
}

/** Finds the rooms that earlier rights covered, and these do not. A room that no right covered is the program's own. */
function* forbidden(rooms: Iterable<string>, before: Rights, now: Rights): Generator<string> {
  for (const room of rooms)
    if (!isReserved(room) && before.allows('subscribe', room) && !now.allows('subscribe', room)) yield room;
}

function roomOfPass({ issuedAt }: TokenFacts, rights: Rights | undefined): string {
  return passRoom({ issuedAt, subscriptions: rights?.subscriptions ?? [] });
}

/** Whether the client makes a single request. */
function isGuest({ client }: Socket): boolean {
  return (client as { readonly isGuest?: boolean }).isGuest === true;
}
