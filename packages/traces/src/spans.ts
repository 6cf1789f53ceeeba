/** Makes spans. */

import { describe, type Naming, type SpanFacts } from './names.js';
import { type Context, context, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from './opentelemetry.js';

/** Begins spans with the names of one kind. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #naming: Naming;

  constructor(tracer: Tracer, naming: Naming) {
    this.#tracer = tracer;
    this.#naming = naming;
  }

  /** Begins a span, at an earlier time if one is given. */
  begin(facts: SpanFacts, parent: Context = context.active(), startTime?: Date): Span {
    const [name, options] = describe(this.#naming, facts);
    return this.#tracer.startSpan(name, startTime ? { ...options, startTime } : options, parent);
  }
}

/** Returns the context in which a span is the current one. */
export function contextIn(span: Span, parent: Context = ROOT_CONTEXT): Context {
  return trace.setSpan(parent, span);
}

/** Notes that something has failed. The text of an error may have anything in it, so only its type is kept. */
export function fail(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', type);
}
