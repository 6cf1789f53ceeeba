// One node of a cluster on a folder, with its spans in memory. It does what its parent asks, and tells its spans.

import { local } from '@naru/local';
import { trace } from '@naru/traces';
import { trace as api, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Server } from 'naru';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const io = new Server({ backplane: local(process.argv[2]) });
trace(io, { tracerProvider });
io.attach(0);

const acts = {
  async ask() {
    const root = tracerProvider.getTracer('test').startSpan('root');
    const active = api.setSpan(context.active(), root);
    const answers = await context.with(active, () => io.timeout(5_000).emitWithAck('ask', 'a secret argument'));
    root.end();
    return answers;
  },
  say() {
    const root = tracerProvider.getTracer('test').startSpan('root');
    context.with(api.setSpan(context.active(), root), () => {
      // A client is busy after an event, and would not get a volatile one then.
      io.volatile.emit('soon', 'a secret argument');
      io.emit('news', 'a secret argument');
    });
    root.end();
  },
  spans() {
    const shown = exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      trace: span.spanContext().traceId,
      attributes: span.attributes,
    }));
    exporter.reset();
    return shown;
  },
  async end() {
    await io.close();
    process.disconnect();
  },
};

process.on('message', async (act) => {
  const result = await acts[act]();
  if (act !== 'end') process.send({ act, result });
});
process.send({ act: 'begin', result: io.httpServer.address().port });
