// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// TracedServer
interface TracedServer {
    readonly _nsps: ReadonlyMap<string, TracedNamespace>;
}

// Traces
interface Traces {
    close(): void;
}

// TracesOptions
interface TracesOptions extends OptionsOf<typeof tracesTable> {
}

// trace
declare function trace(io: TracedServer | readonly TracedServer[], given?: TracesOptions): Traces;
