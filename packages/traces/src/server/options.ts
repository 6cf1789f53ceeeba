/** The options of `trace`. */

import { flag, type OptionsOf, objectWith, oneOf, options } from 'naru/base';
import type { Tracer, TracerProvider } from '../opentelemetry.js';

/** The table of the options of `trace`. */
export const tracesTable = options('trace', {
  /** The tracer that makes the spans. Without it, `tracerProvider` gives one. */
  tracer: objectWith<Tracer>('a Tracer of @opentelemetry/api', ['startSpan']),
  /** The provider of the tracer. @default the global one of `@opentelemetry/api` */
  tracerProvider: objectWith<TracerProvider>('a TracerProvider of @opentelemetry/api', ['getTracer']),
  /**
   * The names of spans and attributes: those of OpenTelemetry's conventions for messaging, or those of
   * `@opentelemetry/instrumentation-socket.io`. @default "messaging"
   */
  attributes: oneOf(['messaging', 'socket.io'], 'messaging'),
  /**
   * Whether traces go on from clients that `traceSocket` of `@naru/traces/client` traces, and to them. Clients then
   * decide whether a trace is sampled, unless the sampler says otherwise. @default false
   */
  clients: flag(false),
});

/** The options of `trace`. */
export interface TracesOptions extends OptionsOf<typeof tracesTable> {}
