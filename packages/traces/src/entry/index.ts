/** The entry `@naru/traces`: traces of a server by OpenTelemetry. */
export type { TracesOptions } from '../server/options.js';
export type { TracedServer } from '../server/server-traces.js';
export { type Traces, trace } from '../traces.js';
