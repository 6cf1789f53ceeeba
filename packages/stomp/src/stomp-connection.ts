/** A client that speaks STOMP 1.2, 1.1 or 1.0. The server takes its frames one after another. */
import { Buffer } from 'node:buffer';
import { type Answer, after, isNaruError, ProtocolError, throwLater, unlessThere } from 'naru/base';
import type { DisconnectReason, Member, OutgoingEvent, Session } from 'naru/wire';
import { askAll, EncodedPacket, PlainConnection, type Unit } from 'naru/wire';
import { type Action, actionOf, putAll } from './actions.js';
import { decodeConnect, encodeConnected, type Greeting } from './connect.js';
import { badRequest } from './destination.js';
import { type ErrorDetails, encodeError } from './error-frame.js';
import type { Beat, Beating } from './heart-beats.js';
import { encodeArgs } from './message-body.js';
import { StompDecoder } from './protocol/decoder.js';
import { CLIENT_COMMANDS, CONNECT_COMMANDS, type StompFrame, sizeOfFrame } from './protocol/frame.js';
import type { StompVersion } from './protocol/version.js';
import { Receipt } from './receipt.js';
import { Replies } from './replies.js';
import type { StompScope } from './scope.js';
import type { Reply, StompClient } from './stomp-client.js';
import type { Subscription } from './subscriptions/subscription.js';
import { Subscriptions } from './subscriptions/subscriptions.js';
import { Transactions } from './transactions.js';

const NOTHING: readonly EncodedPacket[] = [];
/** A heart-beat is a line end. All connections share this packet. */
const HEART_BEAT = new EncodedPacket('\n', false);

/** The part of a transport that controls receiving. */
export interface Flow {
  /** Stops reading from the client while the application decides about an earlier frame. */
  pause(): void;
  resume(): void;
  /** Pings the client. Returns whether it has sent anything since the last call. Absent where the system checks. */
  checkPeer?(): boolean;
  /** Returns whether a part of a message has come since the last call. Absent where every part is read as it comes. */
  checkProgress?(): boolean;
}

/**
 * A connection. Guarantees: frames take effect in their order, even if the application decides later. A RECEIPT follows
 * the effect of its frame. After an ERROR nothing more is read. Invariant: `#isBusy` while a frame waits.
 */
export class StompConnection extends PlainConnection implements Beating, StompClient {
  readonly scope: StompScope;
  readonly #flow: Flow;
  readonly #decoder: StompDecoder;
  #greeting: Greeting | undefined = undefined;
  #receipt: Receipt | undefined = undefined;
  #isBusy = false;
  #isPaused = false;
  #isEnded = false;
  protected override readonly isStream = true;
  /** The member, after CONNECTED has told the client the version. */
  #entered: Member | undefined = undefined;
  #subscriptions: Subscriptions | undefined = undefined;
  #transactions: Transactions | undefined = undefined;
  #replies: Replies | undefined = undefined;
  #beat: Beat | undefined = undefined;
  #watch: Beat | undefined = undefined;

  constructor(scope: StompScope, session: Session, flow: Flow) {
    super(scope.namespaces, session);
    this.scope = scope;
    this.#flow = flow;
    this.#decoder = new StompDecoder(scope.settings, CONNECT_COMMANDS);
  }

  /** Durable subscriptions note their places in the log. */
  get isAtPlace(): boolean {
    return this.#subscriptions?.all.some(({ cursor }) => cursor !== undefined) === true;
  }

  /** The client's subscriptions. */
  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions();
    return this.#subscriptions;
  }

  get version(): StompVersion {
    return (this.#greeting as Greeting).version;
  }

  get entered(): Member {
    return this.#entered as Member;
  }

  beat(): void {
    // Waiting data will be a sign of life, too.
    if (this.conn.waiting === undefined) this.send(HEART_BEAT);
  }

  onSilence(ms: number): void {
    // Nothing is read from a paused client. A client in the middle of a message cannot send a heart-beat.
    this.#watch?.renew();
    if (this.#isPaused || this.#flow.checkProgress?.()) return;
    this.#sayError({ message: `no heart-beat came for ${ms} ms` });
    this.conn.onPingTimeout();
  }

  protected onUnit(unit: Unit): void {
    if (this.#isEnded) return;
    this.#watch?.renew();
    this.#decoder.push(typeof unit === 'string' ? Buffer.from(unit) : unit);
    this.#read();
  }

  protected onConnected(member: Member): void {
    const greeting = this.#greeting as Greeting;
    const { heartBeatMin } = this.scope.settings;
    this.send(new EncodedPacket(encodeConnected(greeting, member.id, heartBeatMin)));
    this.conn.flushAlone();
    this.#entered = member;
    this.#decoder.version = greeting.version;
    this.#decoder.commands = CLIENT_COMMANDS;
    this.#beat = this.scope.heartBeats.send(this, greeting.sendsEveryMs);
    this.#watch = this.scope.heartBeats.watch(this, greeting.expectsEveryMs);
    // Frames that came right after CONNECT wait until the listeners of `connection` have run.
    if (this.#decoder.waitingBytes > 0)
      this.context.clock.defer((connection: StompConnection) => connection.#goOn(), this);
    else this.#isBusy = false;
  }

  protected onRefused(message: string, data: unknown): void {
    this.#sayError({ message, data });
  }

  protected onBadInput(error: ProtocolError): void {
    this.#sayError({ message: error.message, code: error.code, receipt: this.#receipt?.id ?? this.#decoder.receipt });
  }

  protected onDisconnect(why: ErrorDetails | undefined): void {
    this.#sayError(why ?? { message: 'disconnected by the server' });
  }

  protected encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    const subscriptions = this.#subscriptions;
    const { member } = this;
    if (!subscriptions || !member || this.#isEnded) return NOTHING;
    const matching = subscriptions.matching(event, member);
    const [only] = matching;
    if (only === undefined) return NOTHING;
    if (matching.length === 1) return this.#encodeFor(only, event);
    return matching.flatMap((subscription) => this.#encodeFor(subscription, event));
  }

  protected encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[] {
    const { to, headers = [], receipt } = this.#replies?.take(id) ?? {};
    receipt?.onAnswer(args);
    if (!to || this.#isEnded) return NOTHING;
    const body = encodeArgs(args);
    return this.subscriptions.toEvent(to.name).flatMap((subscription) => {
      const number = this.scope.forms.nextNumber();
      return this.#expect(subscription, number) ? [subscription.form.encode(body, number, headers)] : [];
    });
  }

  protected override onOver(): void {
    this.#end();
  }

  override onQuiet(): void {
    // Heart-beats check the client at their own pace, and nothing is read from a paused client.
    if (this.#watch || this.#isPaused || this.#isEnded || !this.#flow.checkPeer) return;
    if (this.#flow.checkPeer() === false) this.conn.onPingTimeout();
  }

  override onSpace(): void {
    super.onSpace();
    for (const { isAuto, queue } of this.#subscriptions?.all ?? []) if (isAuto) queue?.deliver();
  }

  override onUnjoined(): void {
    this.#sayError({
      message: this.isJoining ? 'the server did not admit you in time' : 'no CONNECT frame came in time',
    });
    super.onUnjoined();
  }

  override finish(reason: DisconnectReason, description: unknown): void {
    if (reason === 'server shutting down') {
      this.#sayError({ message: 'the server is shutting down' });
      this.conn.flush();
    }
    super.finish(reason, description);
  }

  override remove(member: Member): void {
    super.remove(member);
    this.#end();
  }

  putOut(details: ErrorDetails): void {
    this.#sayError(details);
    this.close('forced server close');
  }

  sendEvent(subscription: Subscription, event: OutgoingEvent): void {
    for (const packet of this.#encodeFor(subscription, event)) this.send(packet);
  }

  takeEvent(name: string, args: readonly unknown[], reply: Reply | undefined): void {
    if (this.#isEnded) return;
    const awaited = this.#receipt ? this.#receipt.await(name, reply) : reply;
    if (awaited) this.#replies ??= new Replies(this.context.acksMax);
    this.receiveEvent(name, args, awaited && this.#replies?.expect(awaited));
  }

  release(subscription: Subscription): void {
    subscription.end();
    this.scope.forms.release(subscription.form);
  }

  /** Reads frames until one has to wait, or more bytes are needed. `late` goes on with a frame that has waited. */
  #read(late?: () => void): void {
    try {
      late?.();
    } catch (error) {
      this.#fail(error);
    }
    try {
      while (!this.#isBusy && !this.#isEnded) {
        const frame = this.#decoder.next();
        if (!frame) break;
        try {
          this.#take(frame);
        } catch (error) {
          this.#fail(error);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    const mustWait = this.#isBusy && !this.#isEnded && this.#decoder.waitingBytes > 0;
    if (mustWait === this.#isPaused) return;
    this.#isPaused = mustWait;
    this.#watch?.renew();
    if (mustWait) this.#flow.pause();
    else this.#flow.resume();
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#read();
  }

  #take(frame: StompFrame): void {
    const { command, headers } = frame;
    this.count(sizeOfFrame(frame));
    const isConnect = CONNECT_COMMANDS.has(command);
    this.#receipt = isConnect ? undefined : Receipt.of(frame, this.#entered && this.namespace);
    if (isConnect) this.#connect(frame);
    else if (!this.#entered) throw badRequest(`${command} came before CONNECT`);
    else if (headers.has('transaction')) this.#takeTransactional(frame, headers.get('transaction') as string);
    else if (command === 'DISCONNECT') {
      this.#isBusy = true;
      this.#done(() => this.close('client namespace disconnect'));
    } else if (command === 'BEGIN' || command === 'COMMIT' || command === 'ABORT')
      throw badRequest(`${command} has no header "transaction"`);
    else this.#perform([actionOf(frame, this)]);
  }

  #connect(frame: StompFrame): void {
    if (this.#greeting) throw badRequest(`${frame.command} came a second time`);
    const { settings, namespaces } = this.scope;
    const greeting = decodeConnect(frame.headers, settings.heartBeatMin, namespaces);
    if (greeting === undefined) {
      this.#sayError({ message: 'the server supports STOMP 1.2, 1.1 and 1.0', headers: [['version', '1.2,1.1,1.0']] });
      this.close('parse error');
      return;
    }
    this.#greeting = greeting;
    this.#isBusy = true;
    this.connect(greeting.namespace, greeting.auth);
  }

  #takeTransactional(frame: StompFrame, name: string): void {
    this.#transactions ??= new Transactions(this.scope.settings);
    const { command } = frame;
    if (command === 'COMMIT') {
      this.#perform(this.#transactions.end(name).map((each) => actionOf(each, this)));
      return;
    }
    if (command === 'BEGIN') this.#transactions.begin(name);
    else if (command === 'ABORT') this.#transactions.end(name);
    else if (command === 'SEND' || command === 'ACK' || command === 'NACK') this.#transactions.add(name, frame);
    else throw badRequest(`${command} cannot be part of a transaction`);
    this.#done();
  }

  /** Runs the actions once all of them are allowed. The next frame waits for that. */
  #perform(actions: readonly Action[]): void {
    this.#isBusy = true;
    askAll(actions, (refused, isLate) => {
      if (this.#isEnded) return;
      if (refused) {
        const { code, message } = refused.refusal;
        this.putOut({ message: `${refused.asked.what} was refused: ${message}`, code, receipt: this.#receipt?.id });
      } else if (isLate) this.#read(() => this.#run(actions));
      else this.#run(actions);
    });
  }

  #run(actions: readonly Action[]): void {
    const kept = this.member && putAll(actions, (puts) => this.scope.queuesOf(this.namespace).keep(puts));
    this.#wait(kept, () => this.#carryOut(actions));
  }

  /** Carries out actions, all of them: also if the client goes meanwhile, or a listener ends the connection. */
  #carryOut(actions: readonly Action[]): void {
    const storing: Promise<void>[] = [];
    for (const action of actions) unlessThere(action.run(), (coming) => storing.push(coming));
    if (this.#receipt === undefined || storing.length === 0) this.#finish();
    else this.#wait(Promise.all(storing), () => this.#finish());
  }

  /** Ends a frame that has taken effect. */
  #finish(): void {
    this.#isBusy = false;
    if (!this.#isEnded) this.#done();
  }

  /** Carries on with a frame when an answer is there. The next frame waits meanwhile. */
  #wait(answer: Answer<unknown>, next: () => void): void {
    let goOn = next;
    unlessThere(answer, () => {
      goOn = () => this.#read(next);
    });
    const failed = (error: unknown): void => this.#read(() => this.#fail(error));
    after(answer, () => goOn(), failed);
  }

  #fail(error: unknown): void {
    if (isNaruError(error, 'ProtocolError')) {
      if (!this.#isEnded) this.reject(error);
      return;
    }
    // The client is not to blame, so its next frames are read.
    throwLater(error);
    this.#isBusy = false;
  }

  /** Ends a frame: sends the RECEIPT if it asked for one. A log on another machine has the frame's events first. */
  #done(next?: () => void): void {
    const receipt = this.#receipt;
    this.#receipt = undefined;
    const end = (): void => {
      if (this.#isEnded) return;
      if (receipt) this.send(receipt.encode(this.version));
      next?.();
    };
    if (receipt) receipt.whenDue(end, (details) => this.putOut(details));
    else end();
  }

  /** Sends the reason why the connection ends. Nothing more is read. */
  #sayError(details: ErrorDetails): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // A client without CONNECTED does not know the version, so nothing is escaped.
    this.send(new EncodedPacket(encodeError(details, this.#entered ? this.version : '1.0')));
    this.conn.flush();
  }

  #encodeFor(subscription: Subscription, event: OutgoingEvent): readonly EncodedPacket[] {
    const { forms } = this.scope;
    if (subscription.cursor) return subscription.cursor.offer(event);
    const isExpected = subscription.isAuto || this.#expect(subscription, forms.numberOf(event));
    return isExpected ? forms.encode(subscription.form, event) : NOTHING;
  }

  /** Notes that a message waits for its ACK. Too many of them cost a client its connection instead of messages. */
  #expect(subscription: Subscription, number: number): boolean {
    if (subscription.canTake) {
      subscription.expect(number);
      return true;
    }
    const { id, unackedMax } = subscription;
    const message = `${unackedMax} messages wait for their ACK on the subscription "${id.slice(0, 100)}"`;
    // Reject later, because this is called during a loop over the members of a room.
    this.context.clock.defer(() => {
      if (!this.#isEnded) this.reject(new ProtocolError('STOMP_TOO_BIG', message));
    }, undefined);
    return false;
  }

  /** Called when the membership or the session has ended. Releases all subscriptions. */
  #end(): void {
    this.#isEnded = true;
    this.#decoder.end();
    this.#beat?.stop();
    this.#watch?.stop();
    const subscriptions = this.#subscriptions?.all ?? [];
    this.#subscriptions = undefined;
    this.#transactions = undefined;
    this.#replies = undefined;
    for (const subscription of subscriptions) subscription.stop();
    for (const subscription of subscriptions) this.release(subscription);
    if (this.#isPaused) this.#flow.resume();
    this.#isPaused = false;
  }
}
