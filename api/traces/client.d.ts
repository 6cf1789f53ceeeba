// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ClientTracesOptions
interface ClientTracesOptions {
    readonly tracer?: Tracer;
    readonly attributes?: Naming;
}

// traceSocket
declare function traceSocket(socket: object, options?: ClientTracesOptions): () => void;
