/** Traces the events of a client's socket: that of `naru/client`, or that of `socket.io-client`. */

import { HELLO, takeCarried, withCarried } from '../carried.js';
import type { Naming } from '../names.js';
import { type Context, context, type Span, SpanKind, type Tracer, trace } from '../opentelemetry.js';
import { contextIn, Spans } from '../spans.js';
import { traceparentOf } from '../traceparent.js';

/** The options of `traceSocket`. */
export interface ClientTracesOptions {
  /** The tracer that makes the spans. @default the one of the global provider */
  readonly tracer?: Tracer;
  /** The names of spans and attributes, as for the server. @default "messaging" */
  readonly attributes?: Naming;
}

type Listener = ((...args: unknown[]) => unknown) & { fn?: unknown };

/** The methods of a socket that tracing puts itself in front of. */
interface ClientSocket {
  readonly connected: boolean;
  readonly nsp?: string;
  /** The queue of Naru's client, if it has one. Socket.IO's client always has a list, and uses it with `retries`. */
  _queue?: object | undefined;
  readonly _opts?: { readonly retries?: number };
  /** The flags of the next event. Only Socket.IO's client shows them. */
  readonly flags?: { fromQueue?: boolean };
  emit(name: string, ...args: unknown[]): unknown;
  on(name: string, listener: Listener): unknown;
  once(name: string, listener: Listener): unknown;
  off(name?: string, listener?: Listener): unknown;
  addListener?(name: string, listener: Listener): unknown;
  removeListener?(name?: string, listener?: Listener): unknown;
}

/** The events that the socket emits itself. */
const OWN = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
  HELLO,
]);

/**
 * Traces the events of a socket. Call it before you add listeners. Nothing is added to events until the server has said
 * that it takes it. Returns the function that ends the tracing.
 */
export function traceSocket(socket: object, options: ClientTracesOptions = {}): () => void {
  const traces = new ClientTraces(socket as ClientSocket, options);
  return () => traces.close();
}

/** The tracing of one socket. */
class ClientTraces {
  readonly #socket: ClientSocket;
  readonly #spans: Spans;
  readonly #methods: Pick<ClientSocket, 'emit' | 'on' | 'once' | 'off'>;
  /** The functions that stand for listeners, by listener and event. */
  readonly #wrappers = new WeakMap<Listener, Map<string, Listener>>();
  readonly #isWrapper = new WeakSet<Listener>();
  /** Whether the server takes a `traceparent`. */
  #isAgreed = false;
  #isClosed = false;

  constructor(
    socket: ClientSocket,
    { tracer = trace.getTracer('@naru/traces'), attributes = 'messaging' }: ClientTracesOptions,
  ) {
    this.#socket = socket;
    this.#spans = new Spans(tracer, attributes);
    const { emit, on, once, off } = socket;
    this.#methods = { emit, on, once, off };
    const add = (method: typeof on) => (name: string, listener: Listener) =>
      method.call(socket, name, this.#wrapped(name, listener));
    const remove = (name?: string, listener?: Listener): unknown => {
      const known = listener && this.#wrappers.get(listener)?.get(String(name));
      if (name === undefined) return off.call(socket);
      return listener ? off.call(socket, name, known ?? listener) : off.call(socket, name);
    };
    on.call(socket, HELLO, this.#onHello);
    on.call(socket, 'connect', this.#sayHello);
    on.call(socket, 'disconnect', this.#onDisconnect);
    const methods = { emit: this.#emit, on: add(on), addListener: add(on), once: add(once), off: remove };
    Object.assign(socket, methods, { removeListener: remove });
    if (socket.connected) this.#sayHello();
  }

  /** Ends the tracing. The server may still send a `traceparent`, which listeners and callbacks do not get. */
  close(): void {
    const { off } = this.#methods;
    this.#isAgreed = false;
    this.#isClosed = true;
    off.call(this.#socket, HELLO, this.#onHello);
    off.call(this.#socket, 'connect', this.#sayHello);
    off.call(this.#socket, 'disconnect', this.#onDisconnect);
  }

  readonly #onHello = (answer?: unknown): void => {
    this.#isAgreed = !this.#isClosed;
    if (typeof answer === 'function') answer();
  };

  /** The event goes past the queue, in which all others would wait until a server acknowledges it. */
  readonly #sayHello = (): void => {
    const socket = this.#socket;
    const { _queue, flags } = socket;
    // Volatile events go past the queue, too, but may be dropped.
    if (flags) flags.fromQueue = true;
    else socket._queue = undefined;
    try {
      this.#methods.emit.call(socket, HELLO);
    } finally {
      socket._queue = _queue;
    }
  };

  readonly #onDisconnect = (): void => {
    this.#isAgreed = false;
  };

  readonly #emit = (name: string, ...args: unknown[]): unknown => {
    const { emit } = this.#methods;
    const last = args.at(-1);
    if (!this.#isAgreed || OWN.has(name) || isQueued(this.#socket)) {
      // The server adds a `traceparent` to each acknowledgement from then on.
      if (typeof last === 'function') args[args.length - 1] = untraced(last as Listener);
      return emit.call(this.#socket, name, ...args);
    }
    const parent = context.active();
    const at = new Date();
    const span = this.#spans.begin({ operation: 'send', namespace: this.#namespace, event: String(name) }, parent);
    const sent = withCarried(args, traceparentOf(span));
    const inside = contextIn(span, parent);
    if (typeof last === 'function') sent[sent.length - 1] = this.#answered(last as Listener, name, inside, at);
    try {
      return emit.call(this.#socket, name, ...sent);
    } finally {
      span.end();
    }
  };

  get #namespace(): string {
    return this.#socket.nsp ?? '/';
  }

  /** Returns the function that takes an acknowledgement. The socket may set properties of it. */
  #answered(answer: Listener, event: string, sent: Context, at: Date): Listener {
    return new Proxy(answer, {
      apply: (target, self, args: unknown[]) => {
        const parent = takeCarried(args) ?? sent;
        // Without an answer in time, the first argument is an error.
        const span = this.#spans.begin({ operation: 'acknowledge', namespace: this.#namespace, event }, parent, at);
        if (args[0] instanceof Error) span.setAttribute('error.type', args[0].name);
        span.end();
        return context.with(sent, () => Reflect.apply(target, self, args));
      },
    });
  }

  /** Returns the function that runs a listener inside a span, if the event has a `traceparent`. */
  #wrapped(name: string, listener: Listener): Listener {
    // `once` of socket.io-client calls `on` with a function of its own.
    const isWrapped = typeof listener.fn === 'function' && this.#isWrapper.has(listener.fn as Listener);
    if (OWN.has(name) || typeof listener !== 'function' || isWrapped) return listener;
    const known = this.#wrappers.get(listener) ?? new Map<string, Listener>();
    this.#wrappers.set(listener, known);
    const earlier = known.get(name);
    if (earlier) return earlier;
    const { nsp = '/' } = this.#socket;
    const isClosed = (): boolean => this.#isClosed;
    const begin = (parent: Context): Span =>
      this.#spans.begin({ operation: 'process', namespace: nsp, event: name, kind: SpanKind.CONSUMER }, parent);
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      const parent = takeCarried(args);
      if (!parent || isClosed()) return listener.apply(this, args);
      const span = begin(parent);
      try {
        return context.with(contextIn(span, parent), () => listener.apply(this, args));
      } finally {
        span.end();
      }
    };
    known.set(name, wrapper);
    this.#isWrapper.add(wrapper);
    return wrapper;
  }
}

/**
 * Whether events wait in a queue. It may send an event several times, and keep it until another server is there, so
 * nothing may be added to the event.
 */
function isQueued({ _queue, _opts }: ClientSocket): boolean {
  return Array.isArray(_queue) ? Boolean(_opts?.retries) : _queue !== undefined;
}

/** Returns the function that takes an acknowledgement without its `traceparent`. */
function untraced(answer: Listener): Listener {
  return new Proxy(answer, {
    apply: (target, self, args: unknown[]) => {
      takeCarried(args);
      return Reflect.apply(target, self, args);
    },
  });
}
