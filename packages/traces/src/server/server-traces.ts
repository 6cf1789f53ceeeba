/** Listens to the taps of a process, and makes the spans of what its servers send. */

import type { Clock } from 'naru/base';
import {
  acknowledgementIn,
  counters,
  eventFar,
  eventOut,
  logAnswered,
  logDelivered,
  shownRoom,
  socketJoined,
  type Tap,
  type TapListener,
} from 'naru/taps';
import type { Naming } from '../names.js';
import { type Context, context, type Span, type Tracer } from '../opentelemetry.js';
import { contextIn, Spans } from '../spans.js';
import { contextOf, traceparentOf } from '../traceparent.js';
import { type Open, OpenSpans } from './open-spans.js';
import { SocketTraces, type TracedSocket } from './socket-traces.js';

/** The part of a server that tracing uses. `Server` of `naru` has it. */
export interface TracedServer {
  readonly _nsps: ReadonlyMap<string, TracedNamespace>;
}

/** The part of a namespace that tracing uses. */
interface TracedNamespace {
  readonly sockets: ReadonlyMap<string, object>;
}

/** The parts of the tracing of a process. */
export interface ServerTracesParts {
  readonly tracer: Tracer;
  readonly attributes: Naming;
  readonly clients: boolean;
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
}

/** An event that asks sockets of this node for acknowledgements. */
interface Question extends Open {
  readonly event: string;
  readonly parent: Context;
  readonly at: Date;
  /** The socket that was asked, if it is the only one. */
  readonly only: string | undefined;
  /** The sockets that have answered. */
  readonly answered: Set<string>;
}

/** The end of a name of which taps show the beginning alone. */
const CUT = '...';

/** The most acknowledgements of one event that get a span on each node. */
const ANSWERS_MAX = 32;

/** The facts of a tap. */
type FactsOf<T> = T extends Tap<infer Facts> ? Facts : never;

/** The tracing of a process. */
export class ServerTraces {
  readonly #servers: readonly TracedServer[];
  readonly #spans: Spans;
  readonly #clock: ServerTracesParts['clock'];
  readonly #sockets: SocketTraces;
  readonly #questions: OpenSpans<Question>;
  readonly #isSocketIo: boolean;
  readonly #ends: (() => void)[] = [];

  constructor(servers: readonly TracedServer[], { tracer, attributes, clients, clock }: ServerTracesParts) {
    this.#servers = servers;
    this.#spans = new Spans(tracer, attributes);
    this.#clock = clock;
    this.#isSocketIo = attributes === 'socket.io';
    this.#sockets = new SocketTraces(this.#spans, new OpenSpans(clock), clients);
    this.#questions = new OpenSpans(clock);
    this.#hear(socketJoined, this.#onJoined);
    this.#hear(eventOut, this.#onOut);
    this.#hear(eventFar, this.#onFar);
    this.#hear(logAnswered, this.#onAnswered);
    this.#hear(logDelivered, this.#onDelivered);
    this.#hear(acknowledgementIn, this.#onAcknowledgement);
    // A look at the sockets of a namespace takes memory for it.
    for (const { _nsps } of counters.sessions > 0 ? servers : [])
      for (const [namespace, { sockets }] of _nsps)
        for (const socket of sockets.values()) this.#sockets.watch(socket as TracedSocket, namespace);
  }

  /** Ends the tracing. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#sockets.close();
    this.#questions.close();
  }

  #hear<Data extends object>(tap: Tap<Data>, listener: TapListener<Data>): void {
    tap.subscribe(listener);
    this.#ends.push(() => tap.unsubscribe(listener));
  }

  readonly #onJoined = ({ namespace, socket: id }: FactsOf<typeof socketJoined>): void => {
    for (const socket of this.#find(namespace, id)) this.#sockets.watch(socket as TracedSocket, namespace);
    // The instrumentation for Socket.IO has a span for each call of a listener of `connection`.
    if (this.#isSocketIo)
      this.#spans.begin({ operation: 'process', namespace, event: 'connection' }, context.active()).end();
  };

  readonly #onOut = (facts: FactsOf<typeof eventOut>): void => {
    if (facts.trace !== undefined) {
      this.#onFar(facts);
      return;
    }
    const { namespace, event, rooms, id } = facts;
    // The program does not emit Naru's own events, such as those of presence.
    if (event.startsWith('naru:')) return;
    const ahead = this.#sockets.takeAhead();
    const span = ahead ?? this.#spans.begin({ operation: 'send', namespace, event, rooms });
    // Without a sampled span, nothing travels, and other nodes make no spans.
    if (span.isRecording()) {
      facts.trace = traceparentOf(span);
      if (id !== undefined) this.#ask(facts, id, contextIn(span));
    }
    if (!ahead) span.end();
  };

  /** An event of another node is delivered here, beside the log. */
  readonly #onFar = ({ namespace, event, id, trace }: FactsOf<typeof eventFar>): void => {
    const parent = contextOf(trace);
    if (!parent) return;
    const span: Span = this.#spans.begin({ operation: 'deliver', namespace, event }, parent);
    if (id !== undefined && span.isRecording()) this.#ask({ namespace, event, rooms: [] }, id, contextIn(span));
    span.end();
  };

  readonly #onAnswered = ({ namespace, traces, records, ms }: FactsOf<typeof logAnswered>): void => {
    const startTime = new Date(this.#clock.now() - ms);
    for (const trace of new Set(traces)) {
      const parent = contextOf(trace);
      if (parent) this.#spans.begin({ operation: 'append', namespace, records }, parent, startTime).end();
    }
  };

  readonly #onDelivered = ({ namespace, event, trace }: FactsOf<typeof logDelivered>): void => {
    const parent = trace === undefined ? undefined : contextOf(trace);
    if (parent) this.#spans.begin({ operation: 'deliver', namespace, event }, parent).end();
  };

  readonly #onAcknowledgement = ({ namespace, socket, id }: FactsOf<typeof acknowledgementIn>): void => {
    const key = keyOf(namespace, id);
    const question = this.#questions.get(key);
    if (!question || question.answered.has(socket)) return;
    const { event, parent, at, only, answered } = question;
    // Clients choose the numbers of their acknowledgements.
    if (only !== undefined && only !== socket) return;
    answered.add(socket);
    this.#spans.begin({ operation: 'acknowledge', namespace, event }, parent, at).end();
    if (only !== undefined || answered.size === ANSWERS_MAX) this.#questions.remove(key);
  };

  #ask(
    {
      namespace,
      event,
      rooms,
    }: { readonly namespace: string; readonly event: string; readonly rooms: readonly string[] },
    id: number,
    parent: Context,
  ): void {
    const [room, more] = rooms;
    const isOne = room !== undefined && more === undefined && this.#find(namespace, room).length > 0;
    this.#questions.add(keyOf(namespace, id), {
      event,
      parent,
      at: new Date(this.#clock.now()),
      only: isOne ? room : undefined,
      answered: new Set(),
    });
  }

  /** Finds the sockets that a tap calls `id`. It shows some names in part, which several sockets may share. */
  #find(namespace: string, id: string): readonly object[] {
    const found: object[] = [];
    for (const { _nsps } of this.#servers)
      for (const { sockets } of namespacesOf(_nsps, namespace)) {
        const named = sockets.get(id);
        if (named) found.push(named);
        else if (id.endsWith(CUT)) {
          const begin = id.slice(0, -CUT.length);
          for (const [each, socket] of sockets)
            if (each.startsWith(begin) && shownRoom(each) === id) found.push(socket);
        }
      }
    return found;
  }
}

/** Returns the namespaces of which taps show that name. The parts of an unused namespace are not made for that. */
function namespacesOf(all: TracedServer['_nsps'], shown: string): readonly TracedNamespace[] {
  const named = all.get(shown);
  if (named || !shown.endsWith(CUT)) return named ? [named] : [];
  const begin = `${shown.slice(0, -CUT.length)}?`;
  const found: TracedNamespace[] = [];
  for (const [name, namespace] of all) if (name.startsWith(begin)) found.push(namespace);
  return found;
}

function keyOf(namespace: string, id: number): string {
  return `${id} ${namespace}`;
}
