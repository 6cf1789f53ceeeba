/** The query of sessions over TCP and UDP, which have no URL. */

/** The parameters that the engine adds for HTTP and WebSocket. */
const ENGINE_PARAMETERS: readonly string[] = ['EIO', 'transport', 'sid', 'sse'];

/** The parameters of the application, as a URL has them behind its `?`. */
export function applicationQuery(query: Record<string, unknown>): string {
  const own = Object.entries(query).filter(([name]) => !ENGINE_PARAMETERS.includes(name));
  return new URLSearchParams(own as [string, string][]).toString();
}
