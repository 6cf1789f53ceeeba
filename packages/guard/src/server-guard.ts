/** The guard of a server: admits clients by their tokens, has the tokens renewed, and ends sessions in time. */
import type { Server, Socket } from 'naru';
import { type Clock, ConfigError, type Random, shown, throwLater, type Untyped, unreferenced, within } from 'naru/base';
import { type ClientCall, endMembership, FRESH, type Guard, type GuardHost, type RoomAct, tell } from 'naru/guard';
import type { GuardSettings } from './options.js';
import { delayUntil, digestsOf, Pass, renewalTime } from './pass.js';
import { isRefusal, type RefusalError, refusal } from './refusal.js';
import { isReserved, isUserRoom, rightsIn, rightsRoom, user } from './reserved-rooms.js';
import { digestOf, isRevocation, type Revocation, Revocations } from './revocations.js';
import { Rights } from './rights.js';
import { checkFacts, TOKEN_MAX, type TokenFacts, tokenIn, tokenOf } from './token.js';

/** The event that asks a client for a new token, with `{ expiresAt }`. The client sends `naru:token`. */
const RENEW = 'naru:renew';
/** The event with which a client sends a new token. */
const TOKEN = 'naru:token'; /** The event that tells a client which room it has left, with `{ room, code, message }`. */
const LEFT = 'naru:left';

/** The event by which nodes without a common store tell each other what was revoked. */
const REVOKED = 'naru:revoked';

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
  readonly #onError: (error: unknown) => void;
  readonly #tellNodes: ((revocation: Revocation) => Promise<unknown>) | undefined;

  constructor(io: GuardedServer, { clock, random, backplane, calls, onLogError }: GuardHost, settings: GuardSettings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#onError = (error) => onLogError(error, 'the guard');
    const onRevoked = (revocation: Revocation): void => this.#onRevoked(revocation);
    this.#revocations = new Revocations(clock, backplane, settings, onRevoked, this.#onError);
    calls.set(TOKEN, this.#onToken);
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
    this.#revocations.watch();
    this.#admit(pass, rooms).then(
      () => next(),
      (error: unknown) => next(error === FRESH ? FRESH : this.#toClient(error)),
    );
  }

  onGone(socket: Socket): void {
    const pass = this.#passes.get(socket);
    if (!pass) return;
    this.#passes.delete(socket);
    pass.isOver = true;
    this.#stop(pass);
    if (this.#passes.size === 0) this.#revocations.rest();
  }

  refuse(act: RoomAct, socket: Socket, room: string): string | undefined {
    if (isReserved(room)) return 'rooms of users and of rights are reserved for the server';
    if (!this.#settings.rights || this.#passes.get(socket)?.rights?.allows(act, room)) return undefined;
    return `the token has no right "${act === 'ownPresence' ? 'presence' : act}" for "${room}"`;
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
    const token = tokenOf(socket.handshake);
    if (token === undefined) {
      if (this.#settings.anonymous) return;
      throw refusal('TOKEN_MISSING', 'A token is missing');
    }
    const facts = await this.#read(token, socket);
    this.#check(pass, token, facts);
    await this.#give(pass, token, facts);
    if (rooms && !this.#mayGoOn(pass, facts, rooms)) throw FRESH;
    this.#join(pass);
  }

  /** Whether a client may go on with a session: its own, not revoked, and in no room that the token does not allow. */
  #mayGoOn({ socket, rights }: Pass, facts: TokenFacts, rooms: readonly string[]): boolean {
    if (this.#revocations.hasSession(socket.id)) return false;
    if (rooms.some((room) => isUserRoom(room) && room !== user(facts.user))) return false;
    const before = Rights.ofSubscriptions(rooms.flatMap(rightsIn));
    return !rights || [...forbidden(rooms, before, rights)].length === 0;
  }

  /** Reads a token, and then learns what was revoked by now. */
  async #read(token: string, { handshake }: Socket): Promise<TokenFacts> {
    if (token.length > TOKEN_MAX) throw refusal('TOKEN_INVALID', 'The token is too long');
    const { tokens, lifetimeMax } = this.#settings;
    let failure: unknown;
    const reading = new Promise<TokenFacts>((resolve) => void resolve(tokens(token, handshake)));
    reading.catch((error: unknown) => {
      failure = error;
    });
    const outcome = await within(this.#clock, reading, READ_MS);
    if (!outcome) {
      if (failure === undefined) throw refusal('UNAVAILABLE', 'The token could not be checked in time', 1_000);
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

  /** Gives a token to a client, when its rights are known and it is still not revoked. */
  async #give(pass: Pass, token: string, facts: TokenFacts): Promise<void> {
    const { rights } = this.#settings;
    const granted =
      rights === undefined
        ? undefined
        : Rights.of(typeof rights === 'string' ? facts.claims?.[rights] : await rights(facts));
    this.#check(pass, token, facts);
    pass.take(token, facts, granted);
    this.#stop(pass);
    const now = this.#clock.now();
    this.#wait(pass, renewalTime(now, facts.expiresAt, this.#random.fraction()), () => this.#ask(pass, facts));
  }

  /** Asks a client for a new token, or ends its membership when it is too late for that. */
  #ask(pass: Pass, { expiresAt }: TokenFacts): void {
    const end = (): void => this.#end(pass, 'TOKEN_EXPIRED', 'The token has ended', false);
    if (this.#clock.now() >= expiresAt) end();
    else {
      tell(pass.socket, RENEW, { expiresAt });
      this.#wait(pass, expiresAt, end);
    }
  }

  /** Joins the reserved rooms of a client. A session keeps its rooms, so the next server knows its rights as well. */
  #join({ socket, facts, rights }: Pass): void {
    if (facts) void socket.join(user(facts.user));
    if (!rights) return;
    const own = rightsRoom(rights.subscriptions);
    for (const room of socket.rooms) if (rightsIn(room).length > 0 && room !== own) void socket.leave(room);
    void socket.join(own);
  }

  /** Lets a client leave the rooms that its earlier rights covered, and those now do not. */
  #leaveForbidden({ socket, rights }: Pass, before: Rights): void {
    if (!rights) return;
    for (const room of forbidden(socket.rooms, before, rights)) {
      void socket.leave(room);
      tell(socket, LEFT, { room, code: 'NO_RIGHT', message: `the token has no right "subscribe" for "${room}"` });
    }
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
      if (before && !(await this.#settings.renew(pass.socket, facts, before)))
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

  #askLater(pass: Pass): void {
    const { facts } = pass;
    if (!facts || pass.isOver) return;
    this.#stop(pass);
    this.#wait(pass, Math.min(this.#clock.now() + AGAIN_MS, facts.expiresAt), () => this.#ask(pass, facts));
  }

  #onRevoked({ type, name, at }: Revocation): void {
    for (const pass of [...this.#passes.values()]) {
      const { facts, socket } = pass;
      const isMeant =
        type === 'session'
          ? socket.id === name
          : type === 'user'
            ? facts?.user === name && facts.issuedAt <= at
            : pass.digests.includes(name);
      if (!isMeant) continue;
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
    throwLater(error);
    return refusal('REFUSED', 'The token could not be checked');
  }
}

/** Finds the rooms that earlier rights covered, and these do not. A room that no right covered is the program's own. */
function* forbidden(rooms: Iterable<string>, before: Rights, now: Rights): Generator<string> {
  for (const room of rooms)
    if (!isReserved(room) && before.allows('subscribe', room) && !now.allows('subscribe', room)) yield room;
}
