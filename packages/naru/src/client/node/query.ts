/** The query of sessions on wires without a URL, such as TCP. */

/** The parameters that the engine adds for HTTP and WebSocket. */
const ENGINE_PARAMETERS: readonly string[] = ['EIO', 'transport', 'sid', 'sse'];

/** Returns the application's parameters in the form of a URL's query, without the `?`. */
export function applicationQuery(query: Record<string, unknown>): string {
  const own = Object.entries(query).filter(([name]) => !ENGINE_PARAMETERS.includes(name));
  return new URLSearchParams(own as [string, string][]).toString();
}
