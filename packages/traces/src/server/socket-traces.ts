/** Makes the spans of what clients send: the run of the listeners, and the acknowledgement. */

import { HELLO, takeCarried, withCarried } from '../carried.js';
import { type Context, context, type Span, SpanKind } from '../opentelemetry.js';
import { contextIn, fail, type Spans } from '../spans.js';
import { traceparentOf } from '../traceparent.js';
import type { Open, OpenSpans } from './open-spans.js';

/** An event with its arguments, and with the function that acknowledges it, if the client waits for that. */
type Event = [name: string, ...args: unknown[]];

/** The part of a socket that tracing uses. */
export interface TracedSocket {
  readonly id: string;
  use(middleware: (event: Event, next: (error?: Error) => void) => void): unknown;
  listeners(name: string): readonly unknown[];
  emit(name: string, ...args: unknown[]): boolean;
}

type Answer = (...args: unknown[]) => void;

/** Traces the events of clients. */
export class SocketTraces {
  readonly #spans: Spans;
  /** The spans of listeners that have not acknowledged yet. */
  readonly #open: OpenSpans<Open>;
  readonly #takesClients: boolean;
  /** The sockets whose clients take a `traceparent`. */
  readonly #agreed = new WeakSet<TracedSocket>();
  readonly #watched = new WeakSet<TracedSocket>();
  /** The span of an emit that has begun, before the tap tells of it. */
  #ahead: Span | undefined;
  #isClosed = false;

  constructor(spans: Spans, open: OpenSpans<Open>, takesClients: boolean) {
    this.#spans = spans;
    this.#open = open;
    this.#takesClients = takesClients;
  }

  /** Traces the events of a socket. Its own middleware and listeners run inside the span. */
  watch(socket: TracedSocket, namespace: string): void {
    if (this.#watched.has(socket)) return;
    this.#watched.add(socket);
    socket.use((event, next) => {
      const carried = this.#takesClients ? takeCarried(event) : undefined;
      if (this.#isClosed) next();
      else this.#onEvent(socket, namespace, event, carried, next);
    });
  }

  /** Returns the span that has begun for the emit that a tap tells of now. */
  takeAhead(): Span | undefined {
    const span = this.#ahead;
    this.#ahead = undefined;
    return span;
  }

  /** Ends the tracing, and the spans that wait. */
  close(): void {
    this.#isClosed = true;
    this.#open.close();
  }

  #onEvent(
    socket: TracedSocket,
    namespace: string,
    event: Event,
    carried: Context | undefined,
    next: () => void,
  ): void {
    const [name] = event;
    if (this.#takesClients && name === HELLO) {
      this.#agree(socket, namespace);
      const acknowledge = event.at(-1);
      // A queue of the client may wait for that.
      if (typeof acknowledge === 'function') acknowledge();
      return;
    }
    // Clients may send events of any name, and those without a listener say nothing.
    if (socket.listeners(name).length === 0) {
      next();
      return;
    }
    const parent = carried ?? context.active();
    const span = this.#spans.begin({ operation: 'process', namespace, event: name }, parent);
    const inside = contextIn(span, parent);
    const answer = event.at(-1);
    const isAsking = typeof answer === 'function';
    if (isAsking) {
      const drop = (): void => {
        span.setAttribute('naru.unanswered', true);
        span.end();
      };
      if (span.isRecording()) this.#open.add(span, { drop });
      event[event.length - 1] = this.#traced(answer as Answer, socket, { namespace, name, span, inside });
    }
    try {
      context.with(inside, next);
    } catch (error) {
      fail(span, error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      if (!isAsking) span.end();
    }
  }

  /** Returns the function that acknowledges an event, and ends the span of its listeners. */
  #traced(answer: Answer, socket: TracedSocket, run: Run): Answer {
    let isAnswered = false;
    // The function has properties by which others know it.
    return new Proxy(answer, {
      apply: (target, self, args: unknown[]) => {
        if (isAnswered || this.#isClosed) return Reflect.apply(target, self, args);
        isAnswered = true;
        return Reflect.apply(target, self, this.#end(socket, run, args, 'idempotencyKey' in target));
      },
    });
  }

  /** Ends the span of listeners, and returns the arguments of the acknowledgement. */
  #end(socket: TracedSocket, { namespace, name, span, inside }: Run, args: unknown[], isKept: boolean): unknown[] {
    this.#open.remove(span);
    const facts = { operation: 'acknowledge', namespace, event: name, kind: SpanKind.PRODUCER } as const;
    const given = this.#spans.begin(facts, inside);
    if (isFailure(args[0])) fail(span, 'LISTENER_FAILED');
    given.end();
    span.end();
    // The answer to an event with a key is kept, and another client may get it.
    return this.#agreed.has(socket) && !isKept ? withCarried(args, traceparentOf(given)) : args;
  }

  /** The client sends a `traceparent` and takes one. */
  #agree(socket: TracedSocket, namespace: string): void {
    if (!this.#agreed.has(socket)) {
      this.#agreed.add(socket);
      const { emit } = socket;
      const traced = (name: string, ...args: unknown[]): boolean => {
        if (this.#isClosed) return emit.call(socket, name, ...args);
        const span = this.#spans.begin({ operation: 'send', namespace, event: String(name), rooms: [socket.id] });
        this.#ahead = span;
        try {
          return emit.call(socket, name, ...withCarried(args, traceparentOf(span)));
        } catch (error) {
          fail(span, error instanceof Error ? error.name : typeof error);
          throw error;
        } finally {
          this.#ahead = undefined;
          span.end();
        }
      };
      Object.defineProperty(socket, 'emit', { value: traced, configurable: true, writable: true });
      // A log does not keep an event that asks for an acknowledgement, so no other server's client gets it later.
      emit.call(socket, HELLO, () => undefined);
    }
  }
}

/** The run of the listeners of an event. */
interface Run {
  readonly namespace: string;
  readonly name: string;
  readonly span: Span;
  readonly inside: Context;
}

/** Whether an acknowledgement says that a listener has failed, as the hook for errors of listeners has it. */
function isFailure(answer: unknown): boolean {
  const { error } = (answer ?? {}) as { readonly error?: { readonly code?: unknown } };
  return error?.code === 'LISTENER_FAILED';
}
