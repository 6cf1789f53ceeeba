/** Traces the events of servers with OpenTelemetry. */

import { ConfigError, readOptions, systemClock } from 'naru/base';
import { trace as api, type Tracer } from './opentelemetry.js';
import { type TracesOptions, tracesTable } from './server/options.js';
import { ServerTraces, type TracedServer } from './server/server-traces.js';

/** The traces of a process. */
export interface Traces {
  /** Ends the tracing. Spans that wait for an acknowledgement end now. */
  close(): void;
}

/**
 * Traces events from now on: their emits, appends, deliveries, listeners and acknowledgements. Give it all servers of
 * the process in one call, before clients connect. Throws ConfigError for invalid options.
 */
export function trace(io: TracedServer | readonly TracedServer[], given: TracesOptions = {}): Traces {
  const { tracer, tracerProvider, attributes, clients } = readOptions(tracesTable, given);
  const servers = [io].flat();
  if (servers.length === 0 || servers.some((server) => typeof server?._nsps?.get !== 'function'))
    throw new ConfigError('BAD_ARGUMENT', 'trace needs a server of Naru, or a list of them, as its first argument.');
  const chosen: Tracer = tracer ?? (tracerProvider ?? api).getTracer('@naru/traces');
  const traces = new ServerTraces(servers, { tracer: chosen, attributes, clients, clock: systemClock });
  return { close: () => traces.close() };
}
