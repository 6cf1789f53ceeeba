/** The entry `naru/emitter`: emit into the rooms of all servers from a process without one. */

export { ConfigError, UnavailableError } from '../base/errors.js';
export type { DefaultEventsMap, EventNames, EventParams, EventsMap } from '../base/event-map.js';
export { Emitter, EmitterNamespace, type EmitterOptions } from '../emitter/emitter.js';
export { EmitterOperator } from '../emitter/operator.js';
export type { NamespaceNames } from '../namespace/event/namespace-names.js';
