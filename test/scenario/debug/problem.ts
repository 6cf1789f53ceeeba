/** The messages between a test and the process with the servers of a problem. */

/** The servers of a problem. */
export interface Problem {
  /** The options of each server. */
  readonly servers: readonly object[];
  /** The address of the Redis that they share. */
  readonly home?: string;
}

/** The ports of the servers in their order, or the sids and pids that a server has given away. */
export type FromServers = { readonly ports: readonly number[] } | { readonly secrets: readonly string[] };
