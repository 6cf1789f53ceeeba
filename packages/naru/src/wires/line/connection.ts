/**
 * A client of line mode: a person with `nc`, or a script. Each incoming line is an event or a command, and each
 * outgoing line says one thing.
 */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { OutgoingEvent } from '../../namespace/event/outgoing-event.js';
import { isPersonRoom } from '../../namespace/event/person-room.js';
import type { Auth } from '../../namespace/event/target.js';
import type { Member } from '../../namespace/socket/socket.js';
import { type LineCommand, type LineEvent, type LineRules, readLine } from '../../protocol/line/command.js';
import { JSON_FORMAT, type LineFormat, TEXT_FORMAT } from '../../protocol/line/format.js';
import { LineReader } from '../../protocol/line/reader.js';
import { GREETING, HTTP_ANSWER, helpLines, isHttpRequest, isPreface } from '../../protocol/line/texts.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';
import { StreamTransport } from '../../transport/tcp/stream-transport.js';
import { PlainConnection } from '../plain-connection.js';
import { acknowledging, askAboutRoom, type Refused, type RoomRequest } from '../room-request.js';

/** The settings of line mode at one endpoint. */
export interface LineSettings extends LineRules {
  /** The maximum size of a line in bytes. */
  readonly lineBytesMax: number;
}

// Bounds the lines read in one turn, so that one client does not hold up the others.
const LINES_PER_TURN = 256;
// After these errors nothing more can be read.
const FATAL: ReadonlySet<string> = new Set(['LINE_TOO_LONG', 'LINE_IS_HTTP', 'LINE_IS_PREFACE']);
const NOTHING: Bytes = new Uint8Array(0);

/** Keys by which `formFor` keeps the forms that show no room, one per format. */
const ALONE: ReadonlyMap<LineFormat, object> = new Map([
  [TEXT_FORMAT, {}],
  [JSON_FORMAT, {}],
]);
const NO_ROOMS: readonly string[] = [];

/**
 * One client. Lines are carried out one after another. While the application decides about one, the lines after it
 * wait, and the server stops reading. An invalid line is answered with an error line, and the client stays. A line that
 * is too long ends the session.
 */
export class LineConnection extends PlainConnection {
  readonly #settings: LineSettings;
  readonly #reader: LineReader;
  #format: LineFormat = TEXT_FORMAT;
  protected override readonly isStream = true;
  /** Whether reading is paused. */
  #isHeld = false;
  /** Whether no line has been read. The first one may come after the client was let in. */
  #isFresh = true;
  /** The first command, which waits until the client has joined. */
  #first: LineCommand | undefined = undefined;
  #questionId = 0;

  /** `isGreeted`: the client has sent nothing yet. It is probably a person, who gets the greeting. */
  constructor(namespaces: NamespaceFinder, session: Session, settings: LineSettings, isGreeted: boolean) {
    super(namespaces, session);
    this.#settings = settings;
    this.#reader = new LineReader(settings.lineBytesMax);
    if (isGreeted) this.#note(GREETING);
  }

  /**
   * Called when the time to join is over. A client that sent nothing joins `/` without credentials. A client that waits
   * for a decision or is in the middle of a line is closed.
   */
  override onUnjoined(): void {
    if (this.isJoining || this.#reader.isInside) {
      this.#say(this.#format.error('TIMEOUT', 'you did not join a namespace in time'));
      super.onUnjoined();
      return;
    }
    this.context.unjoined.add(this);
    this.#enter('/', {});
  }

  protected onUnit(unit: Unit): void {
    if (unit.length > 0) this.#reader.push(unit as Bytes);
    for (let count = 0; !this.#isHeld && this.conn.readyState === 'open'; count += 1) {
      if (count === LINES_PER_TURN) {
        this.#hold();
        this.context.clock.defer(release, this);
        return;
      }
      const command = this.#next();
      if (command === undefined) return;
      this.#carryOut(command);
    }
  }

  protected onConnected(member: Member): void {
    this.#say(this.#format.done('entered', member.namespace.name));
    // The listeners of `connection` run right after this. They may add listeners for what the client sends, so its
    // lines wait for the next turn.
    this.context.clock.defer(release, this);
  }

  protected onRefused(message: string, data: unknown): void {
    this.#say(this.#format.error('REFUSED', message, { data }));
  }

  protected onBadInput(error: ProtocolError): void {
    this.#say(error.code === 'LINE_IS_HTTP' ? HTTP_ANSWER : this.#format.error(error.code, error.message));
  }

  protected onDisconnect(): void {
    this.#say(this.#format.error('DISCONNECTED', 'the server disconnected you'));
  }

  protected encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    const format = this.#format;
    const [first] = event.rooms;
    const isOwn = event.rooms.size === 0 || (event.rooms.size === 1 && isPersonRoom(first));
    const isAlone = isOwn || (this.member !== undefined && event.rooms.has(this.member.id));
    const wire = isAlone ? (ALONE.get(format) as object) : format;
    return event.formFor(wire, () => {
      const { name, id } = event;
      const rooms = isAlone ? NO_ROOMS : [...event.rooms].filter((room) => !isPersonRoom(room));
      const args = event.attachments.length > 0 ? event.args() : (JSON.parse(event.json) as unknown[]);
      return [new EncodedPacket(format.event({ name, args, rooms, id }))];
    });
  }

  protected encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[] {
    return [new EncodedPacket(this.#format.ack(id, args))];
  }

  /** Reads the next valid line as a command. Invalid lines before it are answered with an error. */
  #next(): LineCommand | undefined {
    for (;;) {
      try {
        const line = this.#reader.next();
        if (line === undefined) return undefined;
        this.count(line.length);
        if (this.#isFresh || !this.member) checkFirst(line);
        this.#isFresh = false;
        return readLine(line, this.#settings);
      } catch (error) {
        if (!(error instanceof ProtocolError) || FATAL.has(error.code)) throw error;
        this.#complain(error);
      }
    }
  }

  #carryOut(command: LineCommand): void {
    switch (command.type) {
      case 'help':
        this.#note(helpLines(this.#settings.textEvent));
        break;
      case 'json':
        this.#format = command.isOn ? JSON_FORMAT : TEXT_FORMAT;
        break;
      case 'quit':
        this.close('client namespace disconnect');
        break;
      default:
        // The first of these commands joins a namespace: `/auth` and `/in` with credentials, any other without.
        if (this.member) this.#carryOutInside(command, this.member);
        else if (command.type === 'enter') this.#enter(command.namespace, command.auth);
        else {
          this.#first = command;
          this.#enter('/', {});
        }
    }
  }

  #carryOutInside(command: LineCommand, member: Member): void {
    switch (command.type) {
      case 'event':
        if (command.room === undefined) this.#receive(command);
        else this.#ask(command, command.room, member);
        break;
      case 'ack':
        this.receiveAck(command.id, command.args);
        break;
      case 'join':
      case 'leave':
      case 'history':
      case 'presence':
        this.#ask(command, command.room, member);
        break;
      case 'rooms':
        this.#say(this.#format.rooms([...member.rooms].filter((room) => room !== member.id)));
        break;
      case 'enter':
        this.#say(
          this.#format.error(
            'IN_ALREADY',
            `you are already in ${member.namespace.name}; open another connection to join another namespace`,
          ),
        );
        break;
      default:
    }
  }

  /** Passes an event to the listeners of the socket. */
  #receive({ event, args, id, isQuestion }: LineEvent): void {
    if (isQuestion) this.#questionId += 1;
    try {
      this.receiveEvent(event, args, isQuestion ? this.#questionId : id);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#complain(error);
    }
  }

  #enter(namespace: string, auth: Auth): void {
    this.#hold();
    this.connect(namespace, auth);
  }

  /**
   * Asks the application about a room, sends the outcome, and reads on when it is known. A successful request with an
   * id is acknowledged. Any other successful request is answered with a line, except an event, which gets no answer.
   */
  #ask(request: RoomRequest, room: string, member: Member): void {
    let isAnswered = false;
    const { namespace } = this;
    const { type, id } = request;
    const acknowledge = acknowledging(namespace, request);
    const refuse = ({ code, message }: Refused): void => this.#say(this.#format.error(code, message, { room, id }));
    askAboutRoom(namespace, member, request, room, (refusal, page, list) => {
      isAnswered = true;
      const format = this.#format;
      const answer = page ?? list;
      if (refusal) refuse(refusal);
      else if (id !== undefined) acknowledge(() => this.#say(format.ack(id, answer ? [answer] : [])), refuse);
      else if (page) this.#say(format.history(room, page));
      else if (list) this.#say(format.presence(room, list));
      else if (type !== 'event')
        acknowledge(() => this.#say(format.done(type === 'join' ? 'joined' : 'left', room)), refuse);
      if (this.#isHeld) release(this);
    });
    if (!isAnswered) this.#hold();
  }

  #complain(error: ProtocolError): void {
    this.#say(this.#format.error(error.code, error.message));
  }

  #note(texts: readonly string[]): void {
    this.#say(texts.map((text) => this.#format.note(text)).join(''));
  }

  #say(line: string): void {
    this.send(new EncodedPacket(line));
  }

  #hold(): void {
    this.#isHeld = true;
    const { transport } = this.conn;
    if (transport instanceof StreamTransport) transport.pause();
  }

  /** Resumes reading. Called at the end of a turn, or when the application has answered. */
  release(): void {
    // While the client is joining, reading resumes when the join succeeds or fails.
    if (this.isJoining) return;
    this.#isHeld = false;
    const { transport } = this.conn;
    if (transport instanceof StreamTransport) transport.resume();
    const first = this.#first;
    this.#first = undefined;
    if (first && this.member) this.#carryOut(first);
    // An empty chunk reads the waiting lines. `onMessage` also answers their errors.
    this.onMessage(NOTHING);
  }
}

/** Throws if the first line belongs to another wire, because running it as a command could do harm. */
function checkFirst(line: string): void {
  if (isHttpRequest(line)) throw new ProtocolError('LINE_IS_HTTP', 'an HTTP request');
  if (isPreface(line)) {
    throw new ProtocolError(
      'LINE_IS_PREFACE',
      'a program must send its preface at once and end it with a line feed only; connect again',
    );
  }
}

function release(connection: LineConnection): void {
  connection.release();
}
